package merchants_test

import (
	"fmt"
	"testing"
	"time"

	"market40/frontend/pages"
	"market40/merchants"
	"market40/merchants/bulk"
	"market40/merchants/codes"
	"market40/merchants/platform/web"
	"market40/migrations/database/worldtest"
	"market40/payments/orders"
)

// noon is the day on which tests without a clock of their own play.
var noon = time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)

type object = worldtest.Object

var must = worldtest.Must

// world is a register on its own database.
type world struct {
	*worldtest.World
	registry *merchants.Registry
	admin    string
	market   string // CHODAM, in phường Nha Trang
	phones   int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	t.Parallel()
	w := &world{World: worldtest.New(t, noon)}
	w.registry = merchants.New(w.DB, w.Keys, w.Now)
	shown, err := pages.New(w.registry, orders.New(w.DB, w.registry.Codes, w.Now), "https://cho.example.vn")
	must(t, err)
	w.Routes(
		w.registry, &web.Users{People: w.People, Keys: w.APIKeys, Now: w.Now},
		&web.Stalls{SignIn: &web.SignIn{People: w.People, Cookies: true}},
		bulk.New(w.DB, w.Keys, w.Now, w.registry.Stalls), codes.NewPrints(w.registry.Codes, "https://cho.example.vn"),
	)
	must(t, shown.Routes(w.Edge))
	w.admin = w.Key("admin", "")
	w.market = w.RegisterMarket(w.admin, "CHODAM", "22366")
	return w
}

// approve has a person approve a change.
func (w *world) approve(change object) object {
	w.T.Helper()
	return w.Call(w.SignInAdmin(), "POST", "/api/v1/beneficiary-changes/"+change.Text("id")+"/approve", nil, 200)
}

// upload sends a board's list.
func (w *world) upload(key, query, name, content string, want int) object {
	w.T.Helper()
	return w.Upload(key, "/api/v1/markets/"+w.market+"/stalls/import"+query, name, []byte(content), want)
}

func (w *world) merchant(name string) object {
	w.phones++
	return object{"full_name": name, "phone": fmt.Sprintf("0905%06d", w.phones)}
}

func account(bin, number string) object {
	return object{"bank_bin": bin, "account_number": number, "holder_name": "Trần Thị Đậm", "holder_kind": "ca_nhan"}
}

// stallOrder is a stall with a new merchant and one account at Vietcombank.
func (w *world) stallOrder(number, accountNumber string) object {
	return object{
		"number": number, "kind": "kiosk", "zone": "Khu A", "goods_group": "hai_san",
		"merchant": w.merchant("Trần Thị Đậm"), "account": account("970436", accountNumber),
	}
}

// stall registers such a stall.
func (w *world) stall(number, accountNumber string) object {
	w.T.Helper()
	return w.Call(w.admin, "POST", "/api/v1/markets/"+w.market+"/stalls", w.stallOrder(number, accountNumber), 201)
}
