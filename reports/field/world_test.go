package field_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"market40/merchants/access/signin"
	"market40/merchants/access/trail"
	"market40/merchants/platform/seal"
	"market40/merchants/platform/web"
	"market40/migrations/database"
	"market40/migrations/database/dbtest"
	"market40/reports"
	"market40/reports/field"
)

// noon is the time of tests that set no clock of their own.
var noon = time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)

// world is the field duties on a database of their own, called through the real router. The market
// CHODAM has the stalls A-1 (tenant Hoa), A-2 (tenant Lan; Hoa until 10 November) and A-3 (vacant).
// The market BANGOI has the stall B-1.
type world struct {
	t             testing.TB
	db            *database.DB
	keys          *signin.APIKeys
	engine        http.Handler
	clock         time.Time
	dam, ngoi     uuid.UUID
	a1, a2, a3    uuid.UUID
	hoa, lan, nga uuid.UUID
	admin, team   string
	at            string // CHODAM's path
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, db: dbtest.New(t), clock: noon}
	now := func() time.Time { return w.clock }
	sealed, err := seal.Open(t.Context(), w.db.Pool, [seal.KeySize]byte{1}, now)
	must(t, err)
	w.keys = signin.NewAPIKeys(w.db, now)
	e := web.New(web.Parts{DB: w.db, Keys: sealed, Gate: signin.Gate{Keys: w.keys}, Trail: trail.NewTrail(w.db, sealed,
		now), Now: now, Version: "test"})
	field.New(w.db, reports.New(w.db, now), now).Routes(e)
	w.engine = e.Engine
	w.dam, w.ngoi = w.market("CHODAM", "568"), w.market("BANGOI", "569")
	w.hoa, w.lan, w.nga = w.merchant("Nguyễn Thị Hoa"), w.merchant("Trần Thị Lan"), w.merchant("Lê Thị Nga")
	w.a1, w.a2, w.a3 = w.stall(w.dam, "A-1"), w.stall(w.dam, "A-2"), w.stall(w.dam, "A-3")
	w.tenancy(w.dam, w.a1, w.hoa, "(,)")
	w.tenancy(w.dam, w.a2, w.hoa, "(,2026-11-10 00:00+07)")
	w.tenancy(w.dam, w.a2, w.lan, "[2026-11-10 00:00+07,)")
	w.tenancy(w.ngoi, w.stall(w.ngoi, "B-1"), w.nga, "(,)")
	w.admin, w.team = w.key("admin", ""), w.key("team", "market:CHODAM")
	w.at = "/api/v1/markets/" + w.dam.String()
	return w
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	_, err := w.db.Pool.Exec(w.t.Context(), sql, args...)
	must(w.t, err)
}

func (w *world) count(sql string, args ...any) (n int) {
	w.t.Helper()
	must(w.t, w.db.Pool.QueryRow(w.t.Context(), sql, args...).Scan(&n))
	return n
}

func (w *world) market(code, district string) uuid.UUID {
	w.t.Helper()
	id := uuid.New()
	w.exec(`INSERT INTO markets (id, code, name, class, kind, created_at) VALUES ($1, $2, 'Chợ ' || $2, 1, 'dan_sinh',
		now())`, id, code)
	w.exec(`INSERT INTO market_places (id, market_id, locality_id, valid) SELECT gen_random_uuid(), $1, locality_id,
		'(,)' FROM locality_versions
		WHERE level = 'district' AND code = $2 AND valid @> '2024-05-28'::date`, id, district)
	return id
}

func (w *world) merchant(name string) uuid.UUID {
	w.t.Helper()
	id := uuid.New()
	w.exec(`INSERT INTO merchants (id, full_name, created_at) VALUES ($1, $2, now())`, id, name)
	return id
}

func (w *world) stall(market uuid.UUID, number string) uuid.UUID {
	w.t.Helper()
	id := uuid.New()
	w.exec(`INSERT INTO stalls (id, market_id, number, kind, goods_group, created_at)
		VALUES ($1, $2, $3, 'stall', 'khac', now())`, id, market, number)
	w.exec(`INSERT INTO stall_states (id, stall_id, state, valid) VALUES (gen_random_uuid(), $1, 'operating', '(,)')`,
		id)
	return id
}

func (w *world) tenancy(market, stall, merchant uuid.UUID, valid string) {
	w.t.Helper()
	w.exec(`INSERT INTO tenancies (id, market_id, stall_id, merchant_id, valid, approved_at, created_at)
		VALUES (gen_random_uuid(), $1, $2, $3, $4::text::tstzrange, now(), now())`,
		market, stall, merchant, valid)
}

func (w *world) key(role, scope string) string {
	w.t.Helper()
	key, err := w.keys.Create(w.t.Context(), signin.Order{Name: "test", Role: role, Scope: scope})
	must(w.t, err)
	return key
}

// object is a decoded JSON object.
type object map[string]any

// text returns the value at a path such as "rows.0.action", or "" if there is none.
func (o object) text(path string) string {
	var at any = map[string]any(o)
	for name := range strings.SplitSeq(path, ".") {
		switch here := at.(type) {
		case map[string]any:
			at = here[name]
		case []any:
			var i int
			if _, err := fmt.Sscan(name, &i); err != nil || i >= len(here) {
				return ""
			}
			at = here[i]
		}
	}
	if at == nil {
		return ""
	}
	return fmt.Sprint(at)
}

func (o object) items() (list []object) {
	all, _ := o["items"].([]any)
	for _, item := range all {
		one, _ := item.(map[string]any)
		list = append(list, one)
	}
	return list
}

// send sends a request and returns the status and the answer.
func (w *world) send(key, method, path string, body []byte, headers ...string) (int, object) {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), method, path, bytes.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+key)
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer := httptest.NewRecorder()
	w.engine.ServeHTTP(answer, r)
	o := object{}
	if answer.Body.Len() > 0 {
		must(w.t, json.Unmarshal(answer.Body.Bytes(), &o))
	}
	return answer.Code, o
}

// call sends a request and expects a status.
func (w *world) call(key, method, path string, body any, want int, headers ...string) object {
	w.t.Helper()
	var raw []byte
	if body != nil {
		var err error
		raw, err = json.Marshal(body)
		must(w.t, err)
	}
	got, o := w.send(key, method, path, raw, headers...)
	if got != want {
		w.t.Fatalf("%s %s %s is answered with %d %v, not %d", method, path, raw, got, o, want)
	}
	return o
}

// upload sends a list. Each try has another boundary, as in browsers.
func (w *world) upload(key, path, name string, file []byte, want int, headers ...string) object {
	w.t.Helper()
	var form bytes.Buffer
	writer := multipart.NewWriter(&form)
	part, err := writer.CreateFormFile("file", name)
	must(w.t, err)
	_, err = part.Write(file)
	must(w.t, err)
	must(w.t, writer.Close())
	got, o := w.send(key, "POST", path, form.Bytes(), append(headers, "Content-Type", writer.FormDataContentType())...)
	if got != want {
		w.t.Fatalf("%s %s is answered with %d %v, not %d", path, name, got, o, want)
	}
	return o
}
