package paymentstest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/pquerna/otp/totp"

	"market40/merchants"
	"market40/merchants/access/signin"
	"market40/merchants/access/trail"
	"market40/merchants/phones"
	"market40/merchants/platform/notify"
	"market40/merchants/platform/seal"
	"market40/merchants/platform/web"
	"market40/migrations/database"
	"market40/migrations/database/dbtest"
	"market40/payments/book"
	"market40/payments/ledger"
	"market40/payments/orders"
)

// World is one program on its own database. Tests call it over real HTTP, like banks and people.
type World struct {
	T        *testing.T
	DB       *database.DB
	Keys     *seal.Keys
	APIKeys  *signin.APIKeys
	People   *signin.People
	Payments *Parts
	Server   *httptest.Server
	Admin    string
	Market   string
	Phones   int
	SMS      *SMSGateway
	Trail    *trail.Trail
}

// New starts a program on a database of its own. It ends with the test.
func New(t *testing.T) *World {
	t.Helper()
	return NewOn(t, dbtest.New(t))
}

// NewOn does the same as New on a database that the test has opened.
func NewOn(t *testing.T, db *database.DB) *World {
	t.Helper()
	w := &World{T: t, DB: db}
	keys, err := seal.Open(t.Context(), w.DB.Pool, [seal.KeySize]byte{1}, time.Now)
	Must(t, err)
	w.Keys, w.APIKeys = keys, signin.NewAPIKeys(w.DB, time.Now)
	w.Payments = NewParts(w.DB, keys, time.Now)
	people := signin.NewPeople(w.DB, keys, time.Now)
	w.People = people
	w.SMS, w.Trail = newSMSGateway(t), trail.NewTrail(w.DB, keys, time.Now)
	e := web.New(web.Parts{
		DB: w.DB, Keys: keys, Gate: signin.Gate{Keys: w.APIKeys, People: people}, Trail: w.Trail,
		Now: time.Now, Version: "test",
	})
	signIn := &web.SignIn{People: people, Cookies: true}
	signIn.Routes(e)
	codes := signin.NewPhoneCodes(people, notify.NewGateway(w.SMS.URL, "gateway-token", http.DefaultClient),
		"cho.example.vn")
	(&web.Stalls{SignIn: signIn, Codes: codes, Phone: phones.Normalize}).Routes(e)
	register := merchants.New(w.DB, keys, time.Now)
	register.Routes(e)
	w.Payments.Routes(e)
	orders.New(w.DB, register.Codes, time.Now).Routes(e)
	book.New(w.DB, keys, time.Now).Routes(e)
	w.Payments.Start(context.WithoutCancel(t.Context()))
	w.Server = httptest.NewServer(e.Engine)
	t.Cleanup(func() {
		w.Payments.Stop()
		w.Server.Close()
		codes.Wait()
	})
	w.Admin = w.Key("admin", "")
	w.Market = w.NewMarket("CHODAM")
	return w
}

// Must ends the test on an error.
func Must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Key creates an API key of a role and scope.
func (w *World) Key(role, scope string) string {
	w.T.Helper()
	key, err := w.APIKeys.Create(w.T.Context(), signin.Order{Name: w.T.Name(), Role: role, Scope: scope})
	Must(w.T, err)
	return key
}

// Object is a decoded JSON object.
type Object map[string]any

// Text returns the member at a path of names as text; "" where it is absent.
func (o Object) Text(path string) string {
	var at any = map[string]any(o)
	for name := range strings.SplitSeq(path, ".") {
		m, _ := at.(map[string]any)
		at = m[name]
	}
	if at == nil {
		return ""
	}
	return fmt.Sprint(at)
}

// At returns a member of an object; nil where it is absent.
func (o Object) At(name string) any { return o[name] }

// Items returns the members of a list's page.
func (o Object) Items() []Object {
	list, _ := o["items"].([]any)
	items := make([]Object, len(list))
	for i, item := range list {
		items[i] = item.(map[string]any)
	}
	return items
}

// List returns the objects of a member that is a list.
func (o Object) List(name string) []Object {
	list, _ := o[name].([]any)
	items := make([]Object, len(list))
	for i, item := range list {
		items[i] = item.(map[string]any)
	}
	return items
}

// Session is the prefix of a session's token that is used like a key.
const Session = "session:"

// SignInAdmin signs in a new admin with password and code, and returns the session as a key.
func (w *World) SignInAdmin() string {
	w.T.Helper()
	const password = "tôm hùm 9 con"
	login := fmt.Sprint("person-", uuid.New())
	made, err := w.People.Create(w.T.Context(), signin.UserOrder{
		Login: login, FullName: login, Role: "admin",
		Scopes: []signin.ScopeOrder{{}}, Password: password,
	})
	Must(w.T, err)
	code, err := totp.GenerateCode(made.Secret, time.Now())
	Must(w.T, err)
	token, _, err := w.People.SignIn(w.T.Context(), signin.Attempt{
		Login: login, Password: password, Code: code,
		Address: "127.0.0.1",
	})
	Must(w.T, err)
	return Session + token
}

// Call calls our own API, checks the status, and returns the answer.
func (w *World) Call(key, method, path string, body any, want int) Object {
	w.T.Helper()
	return w.Ask(w.Server.URL, key, method, path, body, want)
}

// At returns Call for a second program on the same database, with its clock at a fixed moment.
func (w *World) At(moment time.Time) func(key, method, path string, body any, want int) Object {
	w.T.Helper()
	now := func() time.Time { return moment }
	e := web.New(web.Parts{DB: w.DB, Keys: w.Keys, Gate: signin.Gate{Keys: w.APIKeys}, Now: now, Version: "test"})
	register := merchants.New(w.DB, w.Keys, now)
	register.Routes(e)
	orders.New(w.DB, register.Codes, now).Routes(e)
	server := httptest.NewServer(e.Engine)
	w.T.Cleanup(server.Close)
	return func(key, method, path string, body any, want int) Object {
		w.T.Helper()
		return w.Ask(server.URL, key, method, path, body, want)
	}
}

// Ask does the same as Call for a server.
func (w *World) Ask(server, key, method, path string, body any, want int) Object {
	w.T.Helper()
	var reader io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		Must(w.T, err)
		reader = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(w.T.Context(), method, server+path, reader)
	Must(w.T, err)
	req.Header.Set("Content-Type", "application/json")
	if token, signedIn := strings.CutPrefix(key, Session); signedIn {
		req.AddCookie(&http.Cookie{Name: signin.Cookie, Value: token})
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	} else if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	res, err := http.DefaultClient.Do(req)
	Must(w.T, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	Must(w.T, err)
	if res.StatusCode != want {
		w.T.Fatalf("%s %s answered %d, want %d: %s", method, path, res.StatusCode, want, raw)
	}
	answered := Object{}
	if len(raw) > 0 {
		Must(w.T, json.Unmarshal(raw, &answered))
	}
	return answered
}

// NewMarket registers a market and returns its id.
func (w *World) NewMarket(code string) string {
	w.T.Helper()
	return w.Call(w.Admin, "POST", "/api/v1/markets", Object{
		"code": code, "name": "Chợ " + code, "class": 1, "kind": "dan_sinh", "latitude": 12.25, "longitude": 109.19,
		"commune_code": "22366", "operator": Object{"kind": "ban_quan_ly", "name": "Ban quản lý"},
		"stall_capacity": 100,
	}, 201).Text("id")
}

// Stall registers a stall with one account, and returns its id and memo code.
func (w *World) Stall(market, number, bin, account string) (id, code string) {
	w.T.Helper()
	w.Phones++
	made := w.Call(w.Admin, "POST", "/api/v1/markets/"+market+"/stalls", Object{
		"number": number, "kind": "stall", "zone": "A", "goods_group": "hai_san",
		"merchant": Object{"full_name": "Người bán " + number, "phone": fmt.Sprintf("0905%06d", w.Phones)},
		"account": Object{
			"bank_bin": bin, "account_number": account, "holder_name": "NGUOI BAN",
			"holder_kind": "ca_nhan",
		},
	}, 201)
	return made.Text("id"), made.Text("code.code")
}

// SePayKey is the static key of SePay's webhooks.
const SePayKey = "sepay-test-key"

// SePay creates a SePay connection and returns its id.
func (w *World) SePay(more Object) string {
	w.T.Helper()
	order := Object{"provider": "sepay", "name": "SePay", "secrets": Object{"api_key": SePayKey}}
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
func (n Transfer) Body() Object {
	def := func(s, otherwise string) string {
		if s == "" {
			return otherwise
		}
		return s
	}
	return Object{
		"id": n.ID, "gateway": def(n.Gateway, "MBBank"), "transactionDate": def(n.Date, "2026-11-20 10:11:12"),
		"accountNumber": n.Account,
		"code":          nil, "content": n.Memo, "transferType": def(n.Type, "in"), "transferAmount": n.Amount,
		"accumulated": 0,
		"subAccount":  n.Sub, "referenceCode": n.Reference, "description": "",
	}
}

// Send posts a webhook body signed by SePay's static key and returns the status and the answer.
func (w *World) Send(connection string, n Transfer) (int, string) {
	w.T.Helper()
	raw, err := json.Marshal(n.Body())
	Must(w.T, err)
	return w.Hook("/webhooks/sepay/"+connection, "Apikey "+SePayKey, raw)
}

// Hook posts a webhook body and returns the status and the answer.
func (w *World) Hook(path, authorization string, raw []byte) (int, string) {
	w.T.Helper()
	req, err := http.NewRequestWithContext(w.T.Context(), http.MethodPost, w.Server.URL+path, bytes.NewReader(raw))
	Must(w.T, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", authorization)
	res, err := http.DefaultClient.Do(req)
	Must(w.T, err)
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	Must(w.T, err)
	return res.StatusCode, string(answer)
}

// Patience is how long anything may take on a busy machine.
const Patience = time.Minute

// Accept sends a transfer and checks that it succeeds. While the server is busy it retries, like a
// bank.
func (w *World) Accept(connection string, n Transfer) {
	w.T.Helper()
	status, answer := w.Send(connection, n)
	for until := time.Now().Add(Patience); status == http.StatusServiceUnavailable &&
		time.Now().Before(until); time.Sleep(100 * time.Millisecond) {
		status, answer = w.Send(connection, n)
	}
	if status != http.StatusOK {
		w.T.Fatalf("notice %d answered %d: %s", n.ID, status, answer)
	}
}

// Notice returns the only notice of a connection's transfer.
func (w *World) Notice(connection string, id int) Object {
	w.T.Helper()
	items := w.Call(w.Admin, "GET", fmt.Sprintf("/api/v1/notices?connection_id=%s&external_id=%d", connection, id), nil,
		200).Items()
	if len(items) != 1 {
		w.T.Fatalf("notice %d: %d found", id, len(items))
	}
	return items[0]
}

// Paid returns a stall's payments, newest first.
func (w *World) Paid(stall string) []Object {
	w.T.Helper()
	return w.Call(w.Admin, "GET", "/api/v1/stalls/"+stall+"/payments?limit=200", nil, 200).Items()
}

// WantPaid checks the amounts of a stall's payments, newest first.
func (w *World) WantPaid(stall string, amounts ...string) {
	w.T.Helper()
	var got []string
	for _, p := range w.Paid(stall) {
		got = append(got, p.Text("amount"))
	}
	if fmt.Sprint(got) != fmt.Sprint(amounts) {
		w.T.Errorf("stall %s was paid %v, want %v", stall, got, amounts)
	}
}

// WantNotice checks the state of a notice, and that its reason begins with why.
func (w *World) WantNotice(connection string, id int, state, why string) Object {
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
	proof, err := ledger.Verify(w.T.Context(), w.DB.Pool)
	Must(w.T, err)
	for _, f := range proof.Faults {
		w.T.Errorf("ledger: %s %s: %s", f.Rule, f.What, f.Found)
	}
}

// NewID returns a new id.
func NewID() string { return uuid.Must(uuid.NewV7()).String() }
