package payments_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/pquerna/otp/totp"

	"market40/merchants"
	"market40/merchants/auth"
	"market40/merchants/edge"
	"market40/merchants/notify"
	"market40/merchants/phones"
	"market40/merchants/seal"
	"market40/migrations/database"
	"market40/migrations/database/dbtest"
	"market40/payments/book"
	"market40/payments/ledger"
	"market40/payments/orders"
	"market40/payments/paymentstest"
)

// world is one program on its own database, reached over real HTTP as banks and people reach it.
type world struct {
	t        *testing.T
	db       *database.DB
	keys     *seal.Keys
	apiKeys  *auth.APIKeys
	people   *auth.People
	payments *paymentstest.Parts
	server   *httptest.Server
	admin    string
	market   string
	phones   int
	sms      *gateway
	trail    *auth.Trail
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldOn(t, dbtest.New(t))
}

// newWorldOn is newWorld on a database that the test opened.
func newWorldOn(t *testing.T, db *database.DB) *world {
	t.Helper()
	w := &world{t: t, db: db}
	keys, err := seal.Open(t.Context(), w.db.Pool, [seal.KeySize]byte{1}, time.Now)
	must(t, err)
	w.keys, w.apiKeys = keys, auth.NewAPIKeys(w.db, time.Now)
	w.payments = paymentstest.NewParts(w.db, keys, time.Now)
	people := auth.NewPeople(w.db, keys, time.Now)
	w.people = people
	w.sms, w.trail = newGateway(t), auth.NewTrail(w.db, keys, time.Now)
	e := edge.New(edge.Parts{DB: w.db, Keys: keys, Gate: auth.Gate{Keys: w.apiKeys, People: people}, Trail: w.trail, Now: time.Now, Version: "test"})
	signIn := &edge.SignIn{People: people, Cookies: true}
	signIn.Routes(e)
	codes := auth.NewPhoneCodes(people, notify.NewGateway(w.sms.URL, "gateway-token", http.DefaultClient), "cho.example.vn")
	(&edge.Stalls{SignIn: signIn, Codes: codes, Phone: phones.Normal}).Routes(e)
	register := merchants.New(w.db, keys, time.Now)
	register.Routes(e)
	w.payments.Routes(e)
	orders.New(w.db, register, time.Now).Routes(e)
	book.New(w.db, keys, time.Now).Routes(e)
	w.payments.Start(context.WithoutCancel(t.Context()))
	w.server = httptest.NewServer(e.Engine)
	t.Cleanup(func() {
		w.payments.Stop()
		w.server.Close()
		codes.Wait()
	})
	w.admin = w.key("admin", "")
	w.market = w.newMarket("CHODAM")
	return w
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) key(role, scope string) string {
	w.t.Helper()
	key, err := w.apiKeys.Create(w.t.Context(), auth.Order{Name: w.t.Name(), Role: role, Scope: scope})
	must(w.t, err)
	return key
}

// object is a decoded JSON object.
type object map[string]any

func (o object) text(path string) string {
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

// at is a member of an object; nil where nothing is.
func (o object) at(name string) any { return o[name] }

func (o object) items() []object {
	list, _ := o["items"].([]any)
	items := make([]object, len(list))
	for i, item := range list {
		items[i] = item.(map[string]any)
	}
	return items
}

// session stands before a session's token where a key would stand.
const session = "session:"

// person signs in an admin, who has proved who they are just now.
func (w *world) person() string {
	w.t.Helper()
	const password = "tôm hùm 9 con"
	login := fmt.Sprint("person-", uuid.New())
	made, err := w.people.Create(w.t.Context(), auth.UserOrder{Login: login, FullName: login, Role: "admin", Scopes: []auth.ScopeOrder{{}}, Password: password})
	must(w.t, err)
	code, err := totp.GenerateCode(made.Secret, time.Now())
	must(w.t, err)
	token, _, err := w.people.SignIn(w.t.Context(), auth.Attempt{Login: login, Password: password, Code: code, Address: "127.0.0.1"})
	must(w.t, err)
	return session + token
}

// call asks our own API and wants a status.
func (w *world) call(key, method, path string, body any, want int) object {
	w.t.Helper()
	return w.ask(w.server.URL, key, method, path, body, want)
}

// at is call, of a second program on the same database whose clock stands at a moment.
func (w *world) at(moment time.Time) func(key, method, path string, body any, want int) object {
	w.t.Helper()
	now := func() time.Time { return moment }
	e := edge.New(edge.Parts{DB: w.db, Keys: w.keys, Gate: auth.Gate{Keys: w.apiKeys}, Now: now, Version: "test"})
	register := merchants.New(w.db, w.keys, now)
	register.Routes(e)
	orders.New(w.db, register, now).Routes(e)
	server := httptest.NewServer(e.Engine)
	w.t.Cleanup(server.Close)
	return func(key, method, path string, body any, want int) object {
		w.t.Helper()
		return w.ask(server.URL, key, method, path, body, want)
	}
}

func (w *world) ask(server, key, method, path string, body any, want int) object {
	w.t.Helper()
	var reader io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		must(w.t, err)
		reader = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(w.t.Context(), method, server+path, reader)
	must(w.t, err)
	req.Header.Set("Content-Type", "application/json")
	if token, signedIn := strings.CutPrefix(key, session); signedIn {
		req.AddCookie(&http.Cookie{Name: auth.Cookie, Value: token})
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	} else if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	res, err := http.DefaultClient.Do(req)
	must(w.t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	must(w.t, err)
	if res.StatusCode != want {
		w.t.Fatalf("%s %s answered %d, want %d: %s", method, path, res.StatusCode, want, raw)
	}
	answered := object{}
	if len(raw) > 0 {
		must(w.t, json.Unmarshal(raw, &answered))
	}
	return answered
}

func (w *world) newMarket(code string) string {
	w.t.Helper()
	return w.call(w.admin, "POST", "/api/v1/markets", object{
		"code": code, "name": "Chợ " + code, "class": 1, "kind": "dan_sinh", "latitude": 12.25, "longitude": 109.19,
		"commune_code": "22366", "operator": object{"kind": "ban_quan_ly", "name": "Ban quản lý"}, "stall_capacity": 100,
	}, 201).text("id")
}

// stall registers a stall whose merchant receives on one account, and returns its id and memo code.
func (w *world) stall(market, number, bin, account string) (id, code string) {
	w.t.Helper()
	w.phones++
	made := w.call(w.admin, "POST", "/api/v1/markets/"+market+"/stalls", object{
		"number": number, "kind": "stall", "zone": "A", "goods_group": "hai_san",
		"merchant": object{"full_name": "Người bán " + number, "phone": fmt.Sprintf("0905%06d", w.phones)},
		"account":  object{"bank_bin": bin, "account_number": account, "holder_name": "NGUOI BAN", "holder_kind": "ca_nhan"},
	}, 201)
	return made.text("id"), made.text("code.code")
}

const sepayKey = "sepay-test-key"

// sepay makes a SePay connection and returns its id.
func (w *world) sepay(more object) string {
	w.t.Helper()
	order := object{"provider": "sepay", "name": "SePay", "secrets": object{"api_key": sepayKey}}
	for k, v := range more {
		order[k] = v
	}
	return w.call(w.admin, "POST", "/api/v1/bank-connections", order, 201).text("id")
}

// transfer is one incoming transfer as SePay tells it.
type transfer struct {
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

func (n transfer) body() object {
	def := func(s, otherwise string) string {
		if s == "" {
			return otherwise
		}
		return s
	}
	return object{
		"id": n.ID, "gateway": def(n.Gateway, "MBBank"), "transactionDate": def(n.Date, "2026-11-20 10:11:12"), "accountNumber": n.Account,
		"code": nil, "content": n.Memo, "transferType": def(n.Type, "in"), "transferAmount": n.Amount, "accumulated": 0,
		"subAccount": n.Sub, "referenceCode": n.Reference, "description": "",
	}
}

// send posts a webhook body signed by SePay's static key and returns the status and the answer.
func (w *world) send(connection string, n transfer) (int, string) {
	w.t.Helper()
	raw, err := json.Marshal(n.body())
	must(w.t, err)
	return w.hook("/webhooks/sepay/"+connection, "Apikey "+sepayKey, raw)
}

func (w *world) hook(path, authorization string, raw []byte) (int, string) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.server.URL+path, bytes.NewReader(raw))
	must(w.t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", authorization)
	res, err := http.DefaultClient.Do(req)
	must(w.t, err)
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	must(w.t, err)
	return res.StatusCode, string(answer)
}

// patience is how long anything may take on a busy machine.
const patience = time.Minute

// accept sends a transfer and wants success, of a busy server as a bank does: by sending it again.
func (w *world) accept(connection string, n transfer) {
	w.t.Helper()
	status, answer := w.send(connection, n)
	for until := time.Now().Add(patience); status == http.StatusServiceUnavailable && time.Now().Before(until); time.Sleep(100 * time.Millisecond) {
		status, answer = w.send(connection, n)
	}
	if status != http.StatusOK {
		w.t.Fatalf("notice %d answered %d: %s", n.ID, status, answer)
	}
}

func (w *world) notice(connection string, id int) object {
	w.t.Helper()
	items := w.call(w.admin, "GET", fmt.Sprintf("/api/v1/notices?connection_id=%s&external_id=%d", connection, id), nil, 200).items()
	if len(items) != 1 {
		w.t.Fatalf("notice %d: %d found", id, len(items))
	}
	return items[0]
}

func (w *world) paid(stall string) []object {
	w.t.Helper()
	return w.call(w.admin, "GET", "/api/v1/stalls/"+stall+"/payments?limit=200", nil, 200).items()
}

func (w *world) wantPaid(stall string, amounts ...string) {
	w.t.Helper()
	var got []string
	for _, p := range w.paid(stall) {
		got = append(got, p.text("amount"))
	}
	if fmt.Sprint(got) != fmt.Sprint(amounts) {
		w.t.Errorf("stall %s was paid %v, want %v", stall, got, amounts)
	}
}

func (w *world) wantNotice(connection string, id int, state, why string) object {
	w.t.Helper()
	n := w.notice(connection, id)
	if n.text("state") != state || (why != "" && !strings.HasPrefix(n.text("why"), why)) {
		w.t.Errorf("notice %d is %s (%s), want %s (%s)", id, n.text("state"), n.text("why"), state, why)
	}
	return n
}

func (w *world) openCases(kind string) []object {
	w.t.Helper()
	var found []object
	for _, c := range w.call(w.admin, "GET", "/api/v1/cases?state=open", nil, 200).items() {
		if !slices.Contains(enumOfKinds(), c.text("kind")) {
			w.t.Errorf("a case is of the kind %s, which the interface does not name", c.text("kind"))
		}
		if c.text("kind") == kind {
			found = append(found, c)
		}
	}
	return found
}

func (w *world) wantCases(kind string, n int) []object {
	w.t.Helper()
	found := w.openCases(kind)
	if len(found) != n {
		w.t.Errorf("%d open cases %q, want %d", len(found), kind, n)
	}
	return found
}

// wantSound proves the books.
func (w *world) wantSound() {
	w.t.Helper()
	proof, err := ledger.Verify(w.t.Context(), w.db.Pool)
	must(w.t, err)
	for _, f := range proof.Faults {
		w.t.Errorf("ledger: %s %s: %s", f.Rule, f.What, f.Found)
	}
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }
