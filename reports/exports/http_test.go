package exports_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"
	"github.com/google/uuid"
	"github.com/xuri/excelize/v2"

	"market40/merchants/access/roles"
	"market40/merchants/access/signin"
	"market40/merchants/platform/seal"
	"market40/merchants/platform/web"
	"market40/merchants/platform/web/webtest"
	"market40/migrations/database/dbtest"
	"market40/reports"
	"market40/reports/exports"
	"market40/reports/exports/verify"
	"market40/reports/periodic"
	"market40/reports/programme"
)

// world is the reports on a database of their own, called through the real router on 5 November
// 2026.
type world struct {
	t      *testing.T
	engine http.Handler
	keys   *signin.APIKeys
}

func newWorld(t *testing.T) *world {
	t.Helper()
	gin.SetMode(gin.TestMode)
	db := dbtest.New(t)
	clock := func() time.Time { return time.Date(2026, 11, 5, 3, 0, 0, 0, time.UTC) }
	keys, err := seal.Open(t.Context(), db.Pool, [seal.KeySize]byte{1}, clock)
	must(t, err)
	w := &world{t: t, keys: signin.NewAPIKeys(db, clock)}
	e := web.New(web.Parts{DB: db, Keys: keys, Gate: signin.Gate{Keys: w.keys}, Now: clock, Version: "test"})
	e.API.OpenAPI().Components.Schemas = huma.NewMapRegistry("#/components/schemas/",
		func(of reflect.Type, _ string) string {
			for of.Kind() == reflect.Pointer {
				of = of.Elem()
			}
			return strings.NewReplacer("/", "_", "[", "_", "]", "_", ".", "_", "*", "_").Replace(of.String())
		})
	r, p := reports.New(db, clock), programme.New(db, clock)
	frozen := periodic.New(periodic.Parts{DB: db, Keys: keys, Reports: r, Programme: p, Now: clock})
	r.Routes(e)
	p.Routes(e)
	exports.New(r, frozen).Routes(e)
	frozen.Routes(e)
	w.engine = e.Engine
	market := uuid.New()
	for _, sql := range []string{
		`INSERT INTO markets (id, code, name, class, kind, demo, created_at)
			VALUES ('%s', 'DAM', 'Chợ Đầm', 1, 'dan_sinh', true, now())`,
		`INSERT INTO market_places (id, market_id, locality_id, valid) SELECT gen_random_uuid(), '%s', locality_id,
			'(,)' FROM locality_versions
			WHERE level = 'district' AND code = '568' AND valid @> date '2024-05-28'`,
		`WITH people AS MATERIALIZED (SELECT gen_random_uuid() AS stall, gen_random_uuid() AS merchant
			FROM generate_series(1, 12)),
			s AS (INSERT INTO stalls (id, market_id, number, kind, goods_group, created_at)
			SELECT stall, '%[1]s', stall, 'stall', 'khac', now() FROM people),
			m AS (INSERT INTO merchants (id, full_name, created_at) SELECT merchant, 'X', now() FROM people)
			INSERT INTO tenancies (id, market_id, stall_id, merchant_id, valid, approved_at, created_at)
			SELECT gen_random_uuid(), '%[1]s', stall, merchant, '(,)', '2024-01-01', now() FROM people`,
		`INSERT INTO stall_days (tenancy_id, day, market_id, payments, amount) SELECT id, '2026-10-20', market_id, 1,
			1000 FROM tenancies WHERE market_id = '%s' ORDER BY id LIMIT 7`,
	} {
		_, err := db.Pool.Exec(t.Context(), fmt.Sprintf(sql, market))
		must(t, err)
	}
	admin := w.key(roles.Admin, "")
	w.ask(admin, "POST", "/api/v1/campaigns", map[string]any{
		"code": "CHO40", "name": "Mô hình chợ 4.0",
		"legal_ref": "Công văn 05/UBCĐS", "starts_on": "2024-05-28",
	}, 201)
	w.ask(admin, "PUT", "/api/v1/campaigns/CHO40/pilots/568", map[string]any{"market_id": market}, 200)
	return w
}

func (w *world) key(role roles.Role, scope string) string {
	w.t.Helper()
	key, err := w.keys.Create(w.t.Context(), signin.Order{Name: "test", Role: string(role), Scope: scope})
	must(w.t, err)
	return key
}

func (w *world) ask(key, method, path string, body any, status int) *httptest.ResponseRecorder {
	w.t.Helper()
	raw, err := json.Marshal(body)
	must(w.t, err)
	req := httptest.NewRequestWithContext(w.t.Context(), method, path, bytes.NewReader(raw))
	req.Header.Set("Authorization", "Bearer "+key)
	req.Header.Set("Content-Type", "application/json")
	res := httptest.NewRecorder()
	w.engine.ServeHTTP(res, req)
	if res.Code != status {
		w.t.Fatalf("%s %s is answered with %d, not %d: %.500s", method, path, res.Code, status, res.Body)
	}
	return res
}

// TestFilesOfAFrozenReport freezes October, downloads it in every kind and verifies each file with
// the public key alone.
func TestFilesOfAFrozenReport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	office := w.key(roles.LocalityOfficer, "locality:568")
	var made struct{ ID string }
	must(t, json.Unmarshal(w.ask(office, "POST", "/api/v1/periodic-reports", map[string]any{
		"campaign": "CHO40",
		"locality": "568", "kind": "month", "period": "2026-10",
	}, 201).Body.Bytes(), &made))
	one := "/api/v1/periodic-reports/" + made.ID
	w.ask(office, "POST", one+"/submit", map[string]any{}, 200)
	var key struct {
		PublicKey []byte `json:"public_key"`
	}
	must(t, json.Unmarshal(w.ask(w.key(roles.Team, ""), "GET", "/api/v1/reports/key", nil, 200).Body.Bytes(), &key))
	version := w.ask(office, "GET", one+"/versions/1", nil, 200).Body.Bytes()
	if proof, err := verify.Check(version, key.PublicKey, nil); err != nil || !proof.Proven() {
		t.Errorf("the API's own answer: %v %+v", err, proof)
	}
	seal, err := exports.ReadSeal(version)
	must(t, err)
	for kind, k := range exports.Kinds {
		res := w.ask(office, "GET", one+"/versions/1."+kind, nil, 200)
		if got := res.Header().Get("Content-Type") + " " + res.Header().Get("Content-Disposition"); got != k.Media+
			` attachment; filename="bao-cao-CHO40-2026-10-568-v1.`+kind+`"` {
			t.Error(got)
		}
		proof, err := verify.Check(res.Body.Bytes(), key.PublicKey, library(seal))
		if err != nil || !proof.Proven() || proof.Kind != kind {
			t.Errorf("%s: %v %+v", kind, err, proof)
		}
		w.ask(w.key(roles.LocalityOfficer, "locality:569"), "GET", one+"/versions/1."+kind, nil, 404)
		w.ask(w.key(roles.Team, ""), "GET", one+"/versions/1."+kind, nil, 403)
		w.ask("", "GET", one+"/versions/1."+kind, nil, 401)
	}
	for _, missing := range []string{"2.pdf", "0.pdf", "x.pdf", "1.exe", "1.", ".pdf", "99999999999999999999.pdf"} {
		w.ask(office, "GET", one+"/versions/"+missing, nil, 404)
	}
	if base64.StdEncoding.EncodeToString(key.PublicKey) == "" {
		t.Error("no key")
	}
}

func TestTheLiveWorkbook(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	province := w.key(roles.ProvinceOfficer, "")
	res := w.ask(province, "GET", "/api/v1/reports/adoption.xlsx?basis=districts_2024&as_of=2026-11-01", nil, 200)
	if got := res.Header().Get(
		"Content-Disposition"); got != `attachment; filename="adoption-districts_2024-2026-11-01.xlsx"` {
		t.Error(got)
	}
	report := &exports.Content{}
	must(t, json.Unmarshal(w.ask(province, "GET", "/api/v1/reports/adoption?basis=districts_2024&as_of=2026-11-01", nil,
		200).Body.Bytes(), &report.Report))
	file, err := excelize.OpenReader(res.Body)
	must(t, err)
	rows, err := file.GetRows("Số liệu", excelize.Options{RawCellValue: true})
	must(t, err)
	sameRows(t, found(rows), wantedRows(t, report))
	if got := rows[1][22]; got != "dữ liệu minh họa" {
		t.Errorf("the note is %q", got)
	}
	webtest.CheckIndependentReaders(
		t,
		w.engine,
		"/api/v1/reports/adoption.xlsx",
		province,
		w.key(roles.ProvinceOfficer, ""),
	)
	w.ask(province, "GET", "/api/v1/reports/adoption.xlsx?basis=nowhere", nil, 422)
	w.ask(w.key(roles.Team, ""), "GET", "/api/v1/reports/adoption.xlsx", nil, 403)
}
