package privacy_test

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

	"market40/frontend/pages"
	"market40/merchants"
	"market40/merchants/access/roles"
	"market40/merchants/access/signin"
	"market40/merchants/access/trail"
	"market40/merchants/platform/seal"
	"market40/merchants/platform/web"
	"market40/merchants/privacy"
	"market40/migrations/database"
	"market40/migrations/database/dbtest"
	"market40/payments/banks"
	"market40/payments/ledger"
	"market40/payments/money"
	"market40/payments/orders"
	"market40/payments/paymentstest"
)

// friday is the day on which tests play, at noon in Vietnam.
var friday = time.Date(2026, 11, 20, 5, 0, 0, 0, time.UTC)

// world is the register, the payments and the desk on one database behind the real router.
type world struct {
	t        *testing.T
	db       *database.DB
	desk     *privacy.Desk
	payments *paymentstest.Parts
	apiKeys  *signin.APIKeys
	people   *signin.People
	engine   http.Handler
	clock    time.Time
	admin    string
	market   string
	feed     uuid.UUID // a bank's connection
	sent     int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	t.Parallel()
	w := &world{t: t, db: dbtest.New(t), clock: friday}
	now := func() time.Time { return w.clock }
	keys, err := seal.Open(t.Context(), w.db.Pool, [seal.KeySize]byte{1}, now)
	must(t, err)
	w.apiKeys, w.people = signin.NewAPIKeys(w.db, now), signin.NewPeople(w.db, keys, now)
	w.desk, w.payments = privacy.New(w.db, keys, now), paymentstest.NewParts(w.db, keys, now)
	e := web.New(web.Parts{
		DB: w.db, Keys: keys, Gate: signin.Gate{Keys: w.apiKeys, People: w.people},
		Trail: trail.NewTrail(w.db, keys, now), Now: now, Version: "test",
	})
	register := merchants.New(w.db, keys, now)
	register.Routes(e)
	w.payments.Routes(e)
	shown, err := pages.New(register, orders.New(w.db, register.Codes, now), "")
	must(t, err)
	must(t, shown.Routes(e))
	w.desk.Routes(e)
	w.engine = e.Engine
	w.payments.Start(context.WithoutCancel(t.Context()))
	t.Cleanup(w.payments.Stop)
	w.admin = w.key("admin", "")
	w.market = w.newMarket("CHODAM", "22366")
	w.feed = uuid.MustParse(w.call(w.admin, "POST", "/api/v1/bank-connections", object{
		"provider": "sepay",
		"name":     "SePay", "secrets": object{"api_key": "a long enough key"},
	}, 201).text("id"))
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
	key, err := w.apiKeys.Create(w.t.Context(), signin.Order{Name: w.t.Name(), Role: role, Scope: scope})
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

func (o object) list(name string) []object {
	list, _ := o[name].([]any)
	items := make([]object, len(list))
	for i, item := range list {
		items[i] = item.(map[string]any)
	}
	return items
}

// session marks a session's token in the place of a key.
const session = "session:"

// invited signs the merchant of a stall in by an invitation: it reads what is of all its stalls.
func (w *world) invited(stall string) string {
	w.t.Helper()
	inviter := roles.Principal{Role: roles.Admin, ScopeKind: roles.ScopeAll}
	must(w.t, w.db.Pool.QueryRow(w.t.Context(), `SELECT id FROM actors WHERE role = 'admin' LIMIT 1`).Scan(
		&inviter.ActorID))
	_, card, err := w.people.Invite(w.t.Context(), inviter, uuid.MustParse(stall))
	must(w.t, err)
	token, _, err := w.people.Accept(w.t.Context(), card, signin.Visit{Address: "127.0.0.1"})
	must(w.t, err)
	return session + token
}

// person signs in an admin, who has proved who they are just now.
func (w *world) person() string {
	w.t.Helper()
	const password = "tôm hùm 9 con"
	login := fmt.Sprint("person-", uuid.New())
	made, err := w.people.Create(w.t.Context(), signin.UserOrder{
		Login: login, FullName: login, Role: "admin",
		Scopes: []signin.ScopeOrder{{}}, Password: password,
	})
	must(w.t, err)
	code, err := totp.GenerateCode(made.Secret, w.clock)
	must(w.t, err)
	token, _, err := w.people.SignIn(w.t.Context(), signin.Attempt{
		Login: login, Password: password, Code: code,
		Address: "127.0.0.1",
	})
	must(w.t, err)
	return session + token
}

func (w *world) ask(key, method, path string, body any) *httptest.ResponseRecorder {
	w.t.Helper()
	var reader io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		must(w.t, err)
		reader = bytes.NewReader(raw)
	}
	req := httptest.NewRequestWithContext(w.t.Context(), method, path, reader)
	req.Header.Set("Content-Type", "application/json")
	if token, signedIn := strings.CutPrefix(key, session); signedIn {
		req.AddCookie(&http.Cookie{Name: signin.Cookie, Value: token})
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	} else if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	rec := httptest.NewRecorder()
	w.engine.ServeHTTP(rec, req)
	return rec
}

// call wants a status and answers the JSON object.
func (w *world) call(key, method, path string, body any, want int) object {
	w.t.Helper()
	rec := w.ask(key, method, path, body)
	if rec.Code != want {
		w.t.Fatalf("%s %s answered %d, want %d: %s", method, path, rec.Code, want, rec.Body)
	}
	o := object{}
	if rec.Body.Len() > 0 {
		must(w.t, json.Unmarshal(rec.Body.Bytes(), &o))
	}
	return o
}

// refuse wants a refusal with its status and code.
func (w *world) refuse(key, method, path string, body any, status int, code string) object {
	w.t.Helper()
	o := w.call(key, method, path, body, status)
	if o.text("code") != code {
		w.t.Fatalf("%s %s was refused as %q, want %q: %v", method, path, o.text("code"), code, o)
	}
	return o
}

func (w *world) newMarket(code, commune string) string {
	w.t.Helper()
	return w.call(w.admin, "POST", "/api/v1/markets", object{
		"code": code, "name": "Chợ " + code, "class": 1, "kind": "dan_sinh", "commune_code": commune,
		"operator": object{"kind": "ban_quan_ly", "name": "Ban quản lý"},
	}, 201).text("id")
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
	w.t.Helper()
	return w.call(w.admin, "POST", "/api/v1/markets/"+w.market+"/stalls", object{
		"number": number, "kind": "stall", "zone": "A", "goods_group": "hai_san", "merchant": merchant,
		"account": object{
			"bank_bin": "970422", "account_number": account, "holder_name": "NGUYEN THI LAN",
			"holder_kind": "ca_nhan", "virtual_account": "VA" + account,
		},
	}, 201)
}

// pay lets the bank notify the program of money on an account.
func (w *world) pay(account, memo, amount string) {
	w.t.Helper()
	w.sent++
	dong, err := money.Parse(amount)
	must(w.t, err)
	must(w.t, w.payments.Intake.Receive(w.t.Context(), w.feed, []banks.Notice{{
		ExternalID: fmt.Sprint(w.sent), BankBIN: "970422", Account: account, Direction: banks.In, Amount: dong,
		Currency: money.Currency, Memo: memo,
		Reference: fmt.Sprintf("FT2632400000%04d", w.sent), StrongReference: true, OccurredAt: w.clock,
		Precision: banks.Second,
	}}))
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
