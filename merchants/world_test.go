package merchants_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/pquerna/otp/totp"

	"market40/frontend/pages"
	"market40/merchants"
	"market40/merchants/access/signin"
	"market40/merchants/access/trail"
	"market40/merchants/bulk"
	"market40/merchants/codes"
	"market40/merchants/platform/seal"
	"market40/merchants/platform/web"
	"market40/migrations/database"
	"market40/migrations/database/dbtest"
	"market40/payments/orders"
)

// noon is the day on which tests without a clock of their own play.
var noon = time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)

// world is a register on its own database behind the real router.
type world struct {
	t        *testing.T
	db       *database.DB
	registry *merchants.Registry
	sealed   *seal.Keys
	keys     *signin.APIKeys
	people   *signin.People
	engine   http.Handler
	clock    time.Time
	admin    string
	market   string // CHODAM, in phường Nha Trang
	phones   int
	persons  int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	t.Parallel()
	w := &world{t: t, db: dbtest.New(t), clock: noon}
	now := func() time.Time { return w.clock }
	keys, err := seal.Open(t.Context(), w.db.Pool, [seal.KeySize]byte{1}, now)
	must(t, err)
	w.sealed, w.keys, w.people = keys, signin.NewAPIKeys(w.db, now), signin.NewPeople(w.db, keys, now)
	w.registry = merchants.New(w.db, keys, now)
	e := web.New(web.Parts{
		DB: w.db, Keys: keys, Gate: signin.Gate{Keys: w.keys, People: w.people},
		Trail: trail.NewTrail(w.db, keys, now), Now: now, Version: "test",
	})
	w.registry.Routes(e)
	(&web.Users{People: w.people, Keys: w.keys, Now: now}).Routes(e)
	(&web.Stalls{SignIn: &web.SignIn{People: w.people, Cookies: true}}).Routes(e)
	bulk.New(w.db, keys, now, w.registry.Stalls).Routes(e)
	codes.NewPrints(w.registry.Codes, "https://cho.example.vn").Routes(e)
	shown, err := pages.New(w.registry, orders.New(w.db, w.registry.Codes, now), "https://cho.example.vn")
	must(t, err)
	must(t, shown.Routes(e))
	w.engine = e.Engine
	w.admin = w.key("admin", "")
	w.market = w.newMarket("CHODAM", "22366")
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
	key, err := w.keys.Create(w.t.Context(), signin.Order{Name: w.t.Name(), Role: role, Scope: scope})
	must(w.t, err)
	return key
}

// session marks a session's token where a key is expected.
const session = "session:"

// signIn makes a user, and a session that is proved now.
func (w *world) signIn(login, role, scope string) (id uuid.UUID, key string) {
	w.t.Helper()
	made, err := w.people.Create(w.t.Context(), signin.UserOrder{
		Login: login, FullName: login, Role: role,
		Scopes: []signin.ScopeOrder{{Scope: scope}}, Password: "tôm hùm 9 con",
	})
	must(w.t, err)
	return made.ID, w.enter(login, "tôm hùm 9 con", made.Secret)
}

// enter signs a user in, who has proved who they are just now.
func (w *world) enter(login, password, secret string) string {
	w.t.Helper()
	code, err := totp.GenerateCode(secret, w.clock)
	must(w.t, err)
	token, _, err := w.people.SignIn(w.t.Context(), signin.Attempt{
		Login: login, Password: password, Code: code,
		Address: "127.0.0.1",
	})
	must(w.t, err)
	return session + token
}

// person signs in another admin, who has proved who they are just now.
func (w *world) person() string {
	w.t.Helper()
	w.persons++
	_, key := w.signIn(fmt.Sprint("person", w.persons), "admin", "")
	return key
}

// approve has a person approve a change.
func (w *world) approve(change object) object {
	w.t.Helper()
	return w.call(w.person(), "POST", "/api/v1/beneficiary-changes/"+change.text("id")+"/approve", nil, 200)
}

// object is a decoded JSON object.
type object map[string]any

// at walks "accounts.0.bank_bin"; nil where nothing is.
func (o object) at(path string) any {
	var at any = map[string]any(o)
	for name := range strings.SplitSeq(path, ".") {
		switch here := at.(type) {
		case map[string]any:
			at = here[name]
		case []any:
			var i int
			if _, err := fmt.Sscan(name, &i); err != nil || i >= len(here) {
				return nil
			}
			at = here[i]
		default:
			return nil
		}
	}
	return at
}

func (o object) text(path string) string {
	if at := o.at(path); at != nil {
		return fmt.Sprint(at)
	}
	return ""
}

func (o object) items() []object {
	list, _ := o["items"].([]any)
	items := make([]object, len(list))
	for i, item := range list {
		items[i] = item.(map[string]any)
	}
	return items
}

func (w *world) send(req *http.Request, key string) *httptest.ResponseRecorder {
	w.t.Helper()
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
	var reader io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		must(w.t, err)
		reader = bytes.NewReader(raw)
	}
	req := httptest.NewRequestWithContext(w.t.Context(), method, path, reader)
	req.Header.Set("Content-Type", "application/json")
	rec := w.send(req, key)
	if rec.Code != want {
		w.t.Fatalf("%s %s answered %d, want %d: %s", method, path, rec.Code, want, rec.Body)
	}
	var o object
	must(w.t, json.Unmarshal(rec.Body.Bytes(), &o))
	return o
}

// refuse wants a refusal with its status and code.
func (w *world) refuse(key, method, path string, body any, status int, code string) {
	w.t.Helper()
	if o := w.call(key, method, path, body, status); o.text("code") != code {
		w.t.Fatalf("%s %s was refused as %q, want %q: %v", method, path, o.text("code"), code, o)
	}
}

// fetch gets a plain address without a key.
func (w *world) fetch(path string, want int) []byte {
	w.t.Helper()
	rec := w.send(httptest.NewRequestWithContext(w.t.Context(), "GET", path, nil), "")
	if rec.Code != want {
		w.t.Fatalf("GET %s answered %d, want %d: %s", path, rec.Code, want, rec.Body)
	}
	return rec.Body.Bytes()
}

// upload sends a board's list.
func (w *world) upload(key, query, name, content string, want int) object {
	w.t.Helper()
	var form bytes.Buffer
	parts := multipart.NewWriter(&form)
	part, err := parts.CreateFormFile("file", name)
	must(w.t, err)
	_, err = io.WriteString(part, content)
	must(w.t, err)
	must(w.t, parts.Close())
	req := httptest.NewRequestWithContext(w.t.Context(), "POST", "/api/v1/markets/"+w.market+"/stalls/import"+query,
		&form)
	req.Header.Set("Content-Type", parts.FormDataContentType())
	rec := w.send(req, key)
	if rec.Code != want {
		w.t.Fatalf("import answered %d, want %d: %s", rec.Code, want, rec.Body)
	}
	var o object
	must(w.t, json.Unmarshal(rec.Body.Bytes(), &o))
	return o
}

func marketOrder(code, commune string) object {
	return object{
		"code": code, "name": "Chợ " + code, "class": 1, "kind": "dan_sinh", "latitude": 12.253, "longitude": 109.193,
		"commune_code": commune, "operator": object{"kind": "ban_quan_ly", "name": "Ban quản lý"},
		"stall_capacity": 100,
	}
}

func (w *world) newMarket(code, commune string) string {
	w.t.Helper()
	return w.call(w.admin, "POST", "/api/v1/markets", marketOrder(code, commune), 201).text("id")
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
	w.t.Helper()
	return w.call(w.admin, "POST", "/api/v1/markets/"+w.market+"/stalls", w.stallOrder(number, accountNumber), 201)
}
