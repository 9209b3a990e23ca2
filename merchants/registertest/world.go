// Package registertest runs the register for tests of its parts. Only tests import it.
package registertest

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"market40/frontend/pages"
	"market40/merchants"
	"market40/merchants/access/invitations"
	"market40/merchants/access/signin"
	"market40/merchants/bulk"
	"market40/merchants/codes"
	"market40/merchants/platform/seal"
	"market40/merchants/platform/web"
	"market40/migrations/database/worldtest"
	"market40/payments/orders"
)

// Noon is the time of tests that set no clock of their own.
var Noon = time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)

type object = worldtest.Object

var must = worldtest.Must

// World is a register on its own database.
type World struct {
	*worldtest.World
	Registry *merchants.Registry
	Admin    string
	Market   string // CHODAM, in phường Nha Trang
	Phones   int
}

// New returns a register with the market CHODAM. The test runs beside others.
func New(t *testing.T) *World {
	t.Helper()
	t.Parallel()
	w := &World{World: worldtest.New(t, Noon)}
	w.Registry = merchants.New(w.DB, w.Keys, w.Now)
	shown, err := pages.New(w.Registry, orders.New(w.DB, w.Registry.Codes, w.Now), "https://cho.example.vn")
	must(t, err)
	signin.UserRoutes(w.Edge, w.People, w.APIKeys)
	invitations.New(w.DB, w.Now, w.People).Routes(w.Edge, web.Site{Cookies: true})
	w.Routes(
		w.Registry, bulk.New(w.DB, w.Keys, w.Now, w.Registry.Stalls),
		codes.NewPrints(w.Registry.Codes, "https://cho.example.vn"),
	)
	must(t, shown.Routes(w.Edge))
	w.Admin = w.Key("admin", "")
	w.Market = w.RegisterMarket(w.Admin, "CHODAM", "22366")
	return w
}

// Approve has a person approve a change.
func (w *World) Approve(change object) object {
	w.T.Helper()
	return w.Call(w.SignInAdmin(), "POST", "/api/v1/beneficiary-changes/"+change.Text("id")+"/approve", nil, 200)
}

// UploadList sends a board's list.
func (w *World) UploadList(key, query, name, content string, want int) object {
	w.T.Helper()
	return w.Upload(key, "/api/v1/markets/"+w.Market+"/stalls/import"+query, name, []byte(content), want)
}

// Merchant returns the body of a new merchant with a phone of its own.
func (w *World) Merchant(name string) object {
	w.Phones++
	return object{"full_name": name, "phone": fmt.Sprintf("0905%06d", w.Phones)}
}

// Account returns the body of an account.
func Account(bin, number string) object {
	return object{"bank_bin": bin, "account_number": number, "holder_name": "Trần Thị Đậm", "holder_kind": "ca_nhan"}
}

// StallOrder returns the body of a stall with a new merchant and one account at Vietcombank.
func (w *World) StallOrder(number, accountNumber string) object {
	return object{
		"number": number, "kind": "kiosk", "zone": "Khu A", "goods_group": "hai_san",
		"merchant": w.Merchant("Trần Thị Đậm"), "account": Account("970436", accountNumber),
	}
}

// Stall registers such a stall.
func (w *World) Stall(number, accountNumber string) object {
	w.T.Helper()
	return w.Call(w.Admin, "POST", "/api/v1/markets/"+w.Market+"/stalls", w.StallOrder(number, accountNumber), 201)
}

// Alerts returns the open alerts of a kind.
func (w *World) Alerts(kind string) []object {
	w.T.Helper()
	var found []object
	for _, a := range w.Call(w.Admin, "GET", "/api/v1/alerts?state=open", nil, 200).Items() {
		if kind == "" || a.Text("kind") == kind {
			found = append(found, a)
		}
	}
	return found
}

// WantAlerts checks the number of open alerts of a kind, and returns them.
func (w *World) WantAlerts(kind string, n int) []object {
	w.T.Helper()
	found := w.Alerts(kind)
	if len(found) != n {
		w.T.Errorf("%d alerts %q, want %d: %v", len(found), kind, n, found)
	}
	return found
}

// AdmitAdmin has a caller make an admin, who signs in.
func (w *World) AdmitAdmin(caller, login string) string {
	w.T.Helper()
	made := w.Call(caller, "POST", "/api/v1/users", object{
		"login": login, "full_name": login, "role": "admin",
		"scopes": []any{object{"scope": "all"}},
	}, 201)
	return w.Enter(login, made)
}

// RenewUser has a caller renew a user, who signs in.
func (w *World) RenewUser(caller, id, login string) string {
	w.T.Helper()
	made := w.Call(caller, "POST", "/api/v1/users/"+id+"/renewal", nil, 200)
	return w.Enter(login, made)
}

// Seal seals a value for a column, as the register does.
func (w *World) Seal(table, column, id, text string) []byte {
	w.T.Helper()
	sealed, err := w.Keys.Seal(w.T.Context(), seal.Place{Table: table, Column: column, ID: uuid.MustParse(id)},
		[]byte(text))
	must(w.T, err)
	return sealed
}
