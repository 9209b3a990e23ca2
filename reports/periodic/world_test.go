package periodic_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/merchants/access/signin"
	"market40/merchants/platform/bizday"
	"market40/merchants/platform/seal"
	"market40/merchants/platform/web"
	"market40/migrations/database"
	"market40/migrations/database/dbtest"
	"market40/reports"
	"market40/reports/periodic"
	"market40/reports/programme"
)

type object map[string]any

func (o object) text(key string) string {
	s, _ := o[key].(string)
	return s
}

func (o object) in(key string) object {
	inner, _ := o[key].(map[string]any)
	return inner
}

func (o object) items(key string) (list []object) {
	raw, _ := o[key].([]any)
	for _, item := range raw {
		list = append(list, item.(map[string]any))
	}
	return list
}

// world is the reports on a database of their own, called through the real router. The test sets
// its clock.
type world struct {
	t       testing.TB
	db      *database.DB
	apiKeys *signin.APIKeys
	engine  http.Handler
	clock   atomic.Pointer[time.Time]

	// API keys; the last two belong to the offices of districts 568 and 569
	admin, province, nhaTrang, camRanh string
}

const (
	all      = "/api/v1/periodic-reports"
	campaign = "CHO40"
)

// newWorld returns a world with a campaign of the districts of 2024 and reports due on the 5th. The
// market Đầm is the pilot of 568.
func newWorld(t testing.TB, now string) *world {
	t.Helper()
	gin.SetMode(gin.TestMode)
	w := &world{t: t, db: dbtest.New(t)}
	w.at(now)
	clock := func() time.Time { return *w.clock.Load() }
	keys, err := seal.Open(t.Context(), w.db.Pool, [seal.KeySize]byte{1}, clock)
	must(t, err)
	w.apiKeys = signin.NewAPIKeys(w.db, clock)
	e := web.New(web.Parts{DB: w.db, Keys: keys, Gate: signin.Gate{Keys: w.apiKeys}, Now: clock, Version: "test"})
	// Two packages may each have a type Target.
	e.API.OpenAPI().Components.Schemas = huma.NewMapRegistry("#/components/schemas/",
		func(t reflect.Type, hint string) string {
			for t.Kind() == reflect.Pointer {
				t = t.Elem()
			}
			if t.Name() == "" {
				return huma.DefaultSchemaNamer(t, hint)
			}
			return strings.NewReplacer("/", "_", "[", "_", "]", "_", ".", "_").Replace(t.String())
		})
	p := programme.New(w.db, clock)
	p.Routes(e)
	periodic.New(periodic.Parts{
		DB: w.db, Keys: keys, Reports: reports.New(w.db, clock), Programme: p,
		Now: clock,
	}).Routes(e)
	w.engine = e.Engine
	w.admin, w.province = w.key(roles.Admin, ""), w.key(roles.ProvinceOfficer, "")
	w.nhaTrang, w.camRanh = w.key(roles.LocalityOfficer, "locality:568"), w.key(roles.LocalityOfficer, "locality:569")
	w.ask(w.admin, "POST", "/api/v1/campaigns", object{
		"code": campaign, "name": "Chợ 4.0", "legal_ref": "05/UBCĐS",
		"starts_on": "2024-05-28",
	}, 201)
	w.market("DAM", "568", 12, 7)
	return w
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// at sets the clock to a time in Vietnam, such as "2026-11-05 08:00".
func (w *world) at(now string) {
	w.t.Helper()
	t, err := time.ParseInLocation("2006-01-02 15:04", now, bizday.Vietnam)
	must(w.t, err)
	w.clock.Store(&t)
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

// market adds the pilot of a district with some merchants; active of them were paid on 20 October
// 2026.
func (w *world) market(code, district string, merchants, active int) uuid.UUID {
	w.t.Helper()
	id := uuid.New()
	w.exec(`INSERT INTO markets (id, code, name, class, kind, created_at) VALUES ($1, $2, 'Chợ ' || $2, 1, 'dan_sinh',
		now())`, id, code)
	w.exec(`INSERT INTO market_places (id, market_id, locality_id, valid) SELECT gen_random_uuid(), $1, locality_id,
		'(,)' FROM locality_versions
		WHERE level = 'district' AND code = $2 AND valid @> date '2024-05-28'`, id, district)
	w.exec(`WITH people AS MATERIALIZED (
			SELECT gen_random_uuid() AS stall, gen_random_uuid() AS merchant FROM generate_series(1, $2::int)
		), s AS (
			INSERT INTO stalls (id, market_id, number, kind, goods_group, created_at) SELECT stall, $1, stall, 'stall',
			'khac', now() FROM people
		), m AS (
			INSERT INTO merchants (id, full_name, created_at) SELECT merchant, 'X', now() FROM people
		)
		INSERT INTO tenancies (id, market_id, stall_id, merchant_id, valid, approved_at, created_at)
		SELECT gen_random_uuid(), $1, stall, merchant, '(,)', '2024-01-01', now() FROM people`, id, merchants)
	w.paid(id, active, "2026-10-20")
	w.ask(w.admin, "PUT", "/api/v1/campaigns/"+campaign+"/pilots/"+district, object{"market_id": id}, 200)
	return id
}

// paid gives so many further merchants of a market a payment on a day.
func (w *world) paid(market uuid.UUID, merchants int, day string) {
	w.t.Helper()
	w.exec(`INSERT INTO stall_days (tenancy_id, day, market_id, payments, amount, last_at)
		SELECT id, $3::text::date, market_id, 1, 1000, ($3 || ' 17:00+07')::timestamptz FROM tenancies t
		WHERE market_id = $1 AND NOT EXISTS (SELECT FROM stall_days d WHERE d.tenancy_id = t.id) ORDER BY id LIMIT $2`,
		market, merchants, day)
}

// send sends a request and returns the answer.
func (w *world) send(key, method, path string, body any, headers ...string) *httptest.ResponseRecorder {
	w.t.Helper()
	raw := []byte{}
	if body != nil {
		var err error
		raw, err = json.Marshal(body)
		must(w.t, err)
	}
	req := httptest.NewRequestWithContext(w.t.Context(), method, path, bytes.NewReader(raw))
	req.Header.Set("Authorization", "Bearer "+key)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	answer := httptest.NewRecorder()
	w.engine.ServeHTTP(answer, req)
	return answer
}

func (w *world) ask(key, method, path string, body any, status int) object {
	w.t.Helper()
	answer := w.send(key, method, path, body)
	if answer.Code != status {
		w.t.Fatalf("%s %s is answered with %d %s, not %d", method, path, answer.Code, answer.Body, status)
	}
	var o object
	_ = json.Unmarshal(answer.Body.Bytes(), &o)
	return o
}

// refused expects a refusal with a status and a code.
func (w *world) refused(key, method, path string, body any, status int, code string) {
	w.t.Helper()
	answer := w.send(key, method, path, body)
	var o object
	_ = json.Unmarshal(answer.Body.Bytes(), &o)
	if answer.Code != status || o.text("code") != code {
		w.t.Errorf("%s %s %v is answered %d %s, not %d %s", method, path, body, answer.Code, answer.Body, status, code)
	}
}

// october creates the report of October 2026 for a district and returns its path.
func (w *world) october(key, district string) string {
	w.t.Helper()
	return all + "/" + w.ask(key, "POST", all, object{
		"campaign": campaign, "locality": district, "kind": "month",
		"period": "2026-10",
	}, 201).text("id")
}
