package programme_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/merchants/access/signin"
	"market40/merchants/platform/seal"
	"market40/merchants/platform/web"
	"market40/migrations/database"
	"market40/migrations/database/dbtest"
	"market40/reports/programme"
)

// today is the day of every test here, at noon.
const today = "2026-11-22"

type object map[string]any

func (o object) text(key string) string {
	s, _ := o[key].(string)
	return s
}

func (o object) in(key string) object {
	inner, _ := o[key].(map[string]any)
	return inner
}

// items returns the items of a list.
func (o object) items(key string) (list []object) {
	raw, _ := o[key].([]any)
	for _, item := range raw {
		list = append(list, item.(map[string]any))
	}
	return list
}

// world is the programme on a database of its own, called through the real router.
type world struct {
	t       testing.TB
	db      *database.DB
	apiKeys *signin.APIKeys
	engine  http.Handler
	admin   string
}

func newWorld(t testing.TB) *world {
	t.Helper()
	gin.SetMode(gin.TestMode)
	now := func() time.Time { return time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC) }
	w := &world{t: t, db: dbtest.New(t)}
	keys, err := seal.Open(t.Context(), w.db.Pool, [seal.KeySize]byte{1}, now)
	must(t, err)
	w.apiKeys = signin.NewAPIKeys(w.db, now)
	e := web.New(web.Parts{DB: w.db, Keys: keys, Gate: signin.Gate{Keys: w.apiKeys}, Now: now, Version: "test"})
	programme.New(w.db, now).Routes(e)
	w.engine = e.Engine
	w.admin = w.key(roles.Admin, "")
	return w
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) key(role roles.Role, scope string) string {
	w.t.Helper()
	key, err := w.apiKeys.Create(w.t.Context(), signin.Order{Name: "test", Role: string(role), Scope: scope})
	must(w.t, err)
	return key
}

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	_, err := w.db.Pool.Exec(w.t.Context(), sql, args...)
	must(w.t, err)
}

// market adds a market in a commune of today that was in a district before.
func (w *world) market(code, district, commune string) string {
	w.t.Helper()
	id := uuid.NewString()
	w.exec(`INSERT INTO markets (id, code, name, class, kind, created_at) VALUES ($1, $2, 'Chợ ' || $2, 1, 'dan_sinh',
		now())`, id, code)
	w.exec(`INSERT INTO market_places (id, market_id, locality_id, valid)
		SELECT gen_random_uuid(), $1, locality_id, p.valid FROM locality_versions v
		JOIN (VALUES ('district', $2, date '2024-05-28', daterange(NULL, '2025-07-01')), ('commune', $3,
		date '2025-07-01', daterange('2025-07-01', NULL))) AS p (level, code, on_day, valid)
		ON v.level = p.level AND v.code = p.code AND v.valid @> p.on_day`, id, district, commune)
	return id
}

// ask sends a request and expects a status. It returns nil if the answer is not an object.
func (w *world) ask(key, method, path string, body any, status int) object {
	w.t.Helper()
	got, o := w.try(key, method, path, body)
	if got != status {
		w.t.Fatalf("%s %s is answered with %d %v, not %d", method, path, got, o, status)
	}
	return o
}

func (w *world) try(key, method, path string, body any, headers ...string) (int, object) {
	w.t.Helper()
	raw, err := json.Marshal(body)
	must(w.t, err)
	req := httptest.NewRequestWithContext(w.t.Context(), method, path, bytes.NewReader(raw))
	req.Header.Set("Authorization", "Bearer "+key)
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	answer := httptest.NewRecorder()
	w.engine.ServeHTTP(answer, req)
	var o object
	_ = json.Unmarshal(answer.Body.Bytes(), &o)
	return answer.Code, o
}

// refused expects a refusal with a status and a code.
func (w *world) refused(key, method, path string, body any, status int, code string) {
	w.t.Helper()
	if got, o := w.try(key, method, path, body); got != status || o.text("code") != code {
		w.t.Errorf("%s %s %v is answered with %d %s (%s), not %d %s", method, path, body, got, o.text("code"),
			o.text("detail"), status, code)
	}
}

const campaigns = "/api/v1/campaigns"

// campaign creates a campaign in the districts of 2024.
func (w *world) campaign() string {
	w.t.Helper()
	w.ask(w.admin, "POST", campaigns, object{
		"code": "CHO40", "name": "Chợ 4.0", "legal_ref": "05/UBCĐS",
		"starts_on": "2024-05-28",
	}, 201)
	return campaigns + "/CHO40"
}
