package privacy_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"market40/frontend/pages"
	"market40/merchants"
	"market40/merchants/privacy"
	"market40/migrations/database/worldtest"
	"market40/payments/banks"
	"market40/payments/money"
	"market40/payments/orders"
	"market40/payments/paymentstest"
)

// friday is the day on which tests play, at noon in Vietnam.
var friday = time.Date(2026, 11, 20, 5, 0, 0, 0, time.UTC)

type object = worldtest.Object

var must = worldtest.Must

// world is the register, the payments and the desk on one database.
type world struct {
	*worldtest.World
	desk     *privacy.Desk
	payments *paymentstest.Parts
	admin    string
	market   string
	feed     uuid.UUID // a bank's connection
	sent     int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	t.Parallel()
	w := &world{World: worldtest.New(t, friday)}
	w.desk, w.payments = privacy.New(w.DB, w.Keys, w.Now), paymentstest.NewParts(w.DB, w.Keys, w.Now)
	register := merchants.New(w.DB, w.Keys, w.Now)
	shown, err := pages.New(register, orders.New(w.DB, register.Codes, w.Now), "")
	must(t, err)
	w.Routes(register, w.payments, w.desk)
	must(t, shown.Routes(w.Edge))
	w.payments.Start(context.WithoutCancel(t.Context()))
	t.Cleanup(w.payments.Stop)
	w.admin = w.Key("admin", "")
	w.market = w.RegisterMarket(w.admin, "CHODAM", "22366")
	w.feed = uuid.MustParse(w.Call(w.admin, "POST", "/api/v1/bank-connections", object{
		"provider": "sepay",
		"name":     "SePay", "secrets": object{"api_key": "a long enough key"},
	}, 201).Text("id"))
	return w
}

// lan is who the tests are about.
var lan = object{
	"full_name": "Nguyễn Thị Lan", "phone": "0905123456", "household_name": "Hộ kinh doanh Lan Hải Sản",
	"tax_code": "4201234567",
}

const (
	lansAccount = "0123456789012"
	lansMemo    = "chi Bay tra tien ca "
)

// stall registers a stall of a merchant with an account at MB.
func (w *world) stall(number string, merchant object, account string) object {
	w.T.Helper()
	return w.Call(w.admin, "POST", "/api/v1/markets/"+w.market+"/stalls", object{
		"number": number, "kind": "stall", "zone": "A", "goods_group": "hai_san", "merchant": merchant,
		"account": object{
			"bank_bin": "970422", "account_number": account, "holder_name": "NGUYEN THI LAN",
			"holder_kind": "ca_nhan", "virtual_account": "VA" + account,
		},
	}, 201)
}

// pay lets the bank notify the program of money on an account.
func (w *world) pay(account, memo, amount string) {
	w.T.Helper()
	w.sent++
	dong, err := money.Parse(amount)
	must(w.T, err)
	must(w.T, w.payments.Intake.Receive(w.T.Context(), w.feed, []banks.Notice{{
		ExternalID: fmt.Sprint(w.sent), BankBIN: "970422", Account: account, Direction: banks.In, Amount: dong,
		Currency: money.Currency, Memo: memo,
		Reference: fmt.Sprintf("FT2632400000%04d", w.sent), StrongReference: true, OccurredAt: w.Clock,
		Precision: banks.Second,
	}}))
}
