package paymentstest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"market40/merchants"
	"market40/merchants/access/invitations"
	"market40/merchants/access/phonecodes"
	"market40/merchants/access/signin"
	"market40/merchants/access/staff"
	"market40/merchants/platform/notify"
	"market40/merchants/platform/web"
	"market40/migrations/database"
	"market40/migrations/database/dbtest"
	"market40/migrations/database/worldtest"
	"market40/payments/book"
	"market40/payments/ledger"
	"market40/payments/orders"
)

type object = worldtest.Object

var must = worldtest.Must

// World is one program on its own database. Tests call it over real HTTP, like banks and people.
type World struct {
	*worldtest.World
	Payments *Parts
	Admin    string
	Market   string
	Phones   int
	SMS      *SMSGateway
}

// New starts a program on a database of its own. It ends with the test.
func New(t testing.TB) *World {
	t.Helper()
	return NewOn(t, dbtest.New(t))
}

// NewOn does the same as New on a database that the test has opened.
func NewOn(t testing.TB, db *database.DB) *World {
	t.Helper()
	w := &World{World: worldtest.NewOn(t, db, time.Time{}), SMS: newSMSGateway(t)}
	site := web.Site{Cookies: true}
	codes := phonecodes.New(phonecodes.Parts{
		DB: w.DB, Keys: w.Keys, Now: w.Now, People: w.People, Host: "cho.example.vn",
		Sender: notify.NewGateway(w.SMS.URL, "gateway-token", http.DefaultClient),
	})
	t.Cleanup(codes.Wait)
	register := merchants.New(w.DB, w.Keys, w.Now)
	w.Payments = NewParts(w.DB, w.Keys, w.Now)
	signin.SessionRoutes(w.Edge, w.People, site)
	codes.Routes(w.Edge, site)
	invitations.New(w.DB, w.Now, w.People).Routes(w.Edge, site)
	staff.New(w.DB, w.Keys, w.Now, w.People).Routes(w.Edge, site)
	w.Routes(
		register, w.Payments, orders.New(w.DB, register.Codes, w.Now), book.New(w.DB, w.Keys, w.Now),
	)
	w.start()
	w.Admin = w.Key("admin", "")
	w.Market = w.RegisterMarket(w.Admin, "CHODAM", "22366")
	return w
}

func (w *World) start() {
	w.Serve()
	w.Payments.Start(context.WithoutCancel(w.T.Context()))
	w.T.Cleanup(w.Payments.Stop)
}

// Beside starts a second program with the payments alone, on the same database over other
// connections.
func (w *World) Beside(db *database.DB) *World {
	w.T.Helper()
	other := *w
	other.World = worldtest.NewOn(w.T, db, time.Time{})
	other.Payments = NewParts(db, other.Keys, other.Now)
	other.Routes(other.Payments)
	other.start()
	return &other
}

// At returns a second program with the register and orders, on the same database at a fixed moment.
func (w *World) At(moment time.Time) *worldtest.World {
	w.T.Helper()
	other := worldtest.NewOn(w.T, w.DB, moment)
	register := merchants.New(other.DB, other.Keys, other.Now)
	other.Routes(register, orders.New(other.DB, register.Codes, other.Now))
	return other
}

// Stall registers a stall with one account, and returns its id and memo code.
func (w *World) Stall(market, number, bin, account string) (id, code string) {
	w.T.Helper()
	w.Phones++
	made := w.Call(w.Admin, "POST", "/api/v1/markets/"+market+"/stalls", object{
		"number": number, "kind": "stall", "zone": "A", "goods_group": "hai_san",
		"merchant": object{"full_name": "Người bán " + number, "phone": fmt.Sprintf("0905%06d", w.Phones)},
		"account": object{
			"bank_bin": bin, "account_number": account, "holder_name": "NGUOI BAN",
			"holder_kind": "ca_nhan",
		},
	}, 201)
	return made.Text("id"), made.Text("code.code")
}

// SePayKey is the static key of SePay's webhooks.
const SePayKey = "sepay-test-key"

// SePay creates a SePay connection and returns its id.
func (w *World) SePay(more object) string {
	w.T.Helper()
	order := object{"provider": "sepay", "name": "SePay", "secrets": object{"api_key": SePayKey}}
	for k, v := range more {
		order[k] = v
	}
	return w.Call(w.Admin, "POST", "/api/v1/bank-connections", order, 201).Text("id")
}

// Transfer is one incoming transfer as SePay reports it.
type Transfer struct {
	ID        int
	Gateway   string // default MBBank
	Account   string
	Sub       string
	Memo      string
	Amount    any
	Reference string
	Date      string
	Type      string // default in
}

// Body returns the transfer as SePay's webhook writes it.
func (n Transfer) Body() object {
	def := func(s, otherwise string) string {
		if s == "" {
			return otherwise
		}
		return s
	}
	return object{
		"id": n.ID, "gateway": def(n.Gateway, "MBBank"), "transactionDate": def(n.Date, "2026-11-20 10:11:12"),
		"accountNumber": n.Account,
		"code":          nil, "content": n.Memo, "transferType": def(n.Type, "in"), "transferAmount": n.Amount,
		"accumulated": 0,
		"subAccount":  n.Sub, "referenceCode": n.Reference, "description": "",
	}
}

// SendTransfer posts a webhook body signed by SePay's static key and returns the status and the
// answer.
func (w *World) SendTransfer(connection string, n Transfer) (int, string) {
	w.T.Helper()
	raw, err := json.Marshal(n.Body())
	must(w.T, err)
	return w.Hook("/webhooks/sepay/"+connection, "Apikey "+SePayKey, raw)
}

// Hook posts a webhook body and returns the status and the answer.
func (w *World) Hook(path, authorization string, raw []byte) (int, string) {
	w.T.Helper()
	answer := w.Send("", http.MethodPost, path, raw, "Authorization", authorization)
	return answer.Code, answer.Body.String()
}

// Accept sends a transfer and checks that it succeeds. While the server is busy it retries, like a
// bank.
func (w *World) Accept(connection string, n Transfer) {
	w.T.Helper()
	status, answer := w.SendTransfer(connection, n)
	for until := time.Now().Add(worldtest.Patience); status == http.StatusServiceUnavailable &&
		time.Now().Before(until); time.Sleep(100 * time.Millisecond) {
		status, answer = w.SendTransfer(connection, n)
	}
	if status != http.StatusOK {
		w.T.Fatalf("notice %d answered %d: %s", n.ID, status, answer)
	}
}

// Notice returns the only notice of a connection's transfer.
func (w *World) Notice(connection string, id int) object {
	w.T.Helper()
	items := w.Call(w.Admin, "GET", fmt.Sprintf("/api/v1/notices?connection_id=%s&external_id=%d", connection, id), nil,
		200).Items()
	if len(items) != 1 {
		w.T.Fatalf("notice %d: %d found", id, len(items))
	}
	return items[0]
}

// Paid returns a stall's payments, newest first.
func (w *World) Paid(stall string) []object {
	w.T.Helper()
	return w.Call(w.Admin, "GET", "/api/v1/stalls/"+stall+"/payments?limit=200", nil, 200).Items()
}

// WantPaid checks the amounts of a stall's payments, newest first.
func (w *World) WantPaid(stall string, amounts ...string) {
	w.T.Helper()
	if got := w.Amounts(stall); fmt.Sprint(got) != fmt.Sprint(amounts) {
		w.T.Errorf("stall %s was paid %v, want %v", stall, got, amounts)
	}
}

// WantNotice checks the state of a notice, and that its reason begins with why.
func (w *World) WantNotice(connection string, id int, state, why string) object {
	w.T.Helper()
	n := w.Notice(connection, id)
	if n.Text("state") != state || (why != "" && !strings.HasPrefix(n.Text("why"), why)) {
		w.T.Errorf("notice %d is %s (%s), want %s (%s)", id, n.Text("state"), n.Text("why"), state, why)
	}
	return n
}

// VerifyBooks checks the proof of the books.
func (w *World) VerifyBooks() {
	w.T.Helper()
	VerifyBooks(w.T, w.DB)
}

// VerifyBooks checks the proof of the books in a database.
func VerifyBooks(t testing.TB, db *database.DB) {
	t.Helper()
	proof, err := ledger.Verify(t.Context(), db.Pool)
	must(t, err)
	for _, f := range proof.Faults {
		t.Errorf("ledger: %s %s: %s", f.Rule, f.What, f.Found)
	}
}

// NewID returns a new id.
func NewID() string { return uuid.Must(uuid.NewV7()).String() }
