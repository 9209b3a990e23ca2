package reports_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/merchants/access/signin"
	"market40/merchants/platform/web"
	"market40/migrations/database"
	"market40/migrations/database/dbtest"
	"market40/reports"
	"market40/reports/figures"
)

// asOf is the day of most reports here. The clock is set to noon of that day.
const asOf = "2026-11-22"

// world is the reports on a database of their own, called through the real router.
type world struct {
	t       testing.TB
	db      *database.DB
	apiKeys *signin.APIKeys
	engine  http.Handler
	edge    *web.Edge
	staff   uuid.UUID // the actor of the API keys that scan and confirm
	owner   uuid.UUID
	seller  uuid.UUID // a person who sells at a stall for its owner
	stalls  []townStall
}

func newWorld(t testing.TB, now string) *world {
	t.Helper()
	gin.SetMode(gin.TestMode)
	w := &world{t: t, db: dbtest.New(t)}
	w.apiKeys = signin.NewAPIKeys(w.db, time.Now)
	w.edge = web.New(web.Parts{DB: w.db, Gate: signin.Gate{Keys: w.apiKeys}, Now: time.Now, Version: "test"})
	w.engine = w.edge.Engine
	reports.New(w.db, func() time.Time { return moment(t, now) }).Routes(w.edge)
	w.staff, w.owner, w.seller = uuid.New(), uuid.New(), uuid.New()
	w.exec(`INSERT INTO actors (id, role) VALUES ($1, 'team'), ($2, 'merchant'), ($3, 'staff')`, w.staff, w.owner,
		w.seller)
	w.exec(`INSERT INTO api_keys (id, name, role, scope_kind, prefix, hash, created_at)
		VALUES ($1, 'staff', 'team', 'all', '', '1', now())`, w.staff)
	merchant := w.merchant()
	w.exec(`INSERT INTO api_keys (id, name, role, scope_kind, merchant_id, prefix, hash, created_at)
		VALUES ($1, 'owner', 'merchant', 'all', $2, '', '2', now())`, w.owner, merchant)
	return w
}

func newNovember(t testing.TB) *world {
	t.Helper()
	return newWorld(t, asOf+"T12:00:00+07:00")
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func moment(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, s)
	must(t, err)
	return at
}

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	_, err := w.db.Pool.Exec(w.t.Context(), sql, args...)
	must(w.t, err)
}

// place is a unit by its level, its code and a day on which it had the code, and the days on which
// a market is there.
type place struct{ level, code, on, valid string }

var (
	nhaTrang = []place{{"district", "568", "2024-05-28", "(,2025-07-01)"}, {
		"commune", "22366", "2025-07-01",
		"[2025-07-01,)",
	}}
	camRanh = []place{{"district", "569", "2024-05-28", "(,2025-07-01)"}, {
		"commune", "22420", "2025-07-01",
		"[2025-07-01,)",
	}}
)

func (w *world) market(code string, places ...place) uuid.UUID {
	w.t.Helper()
	id := uuid.New()
	w.exec(`INSERT INTO markets (id, code, name, class, kind, created_at) VALUES ($1, $2, 'Chợ ' || $2, 1, 'dan_sinh',
		now())`, id, code)
	for _, p := range places {
		w.exec(`INSERT INTO market_places (id, market_id, locality_id, valid) SELECT $1, $2, (SELECT locality_id
			FROM locality_versions
			WHERE level = $3 AND code = $4 AND valid @> $5::text::date), $6::text::daterange`, uuid.New(), id, p.level,
			p.code, p.on, p.valid)
	}
	return id
}

func (w *world) merchant() uuid.UUID {
	w.t.Helper()
	id := uuid.New()
	w.exec(`INSERT INTO merchants (id, full_name, created_at) VALUES ($1, 'Người bán', now())`, id)
	return id
}

// stall adds a stall. states maps each state to one or more ranges, such as {"operating":
// "[2026-01-01,)"}.
func (w *world) stall(market uuid.UUID, kind string, states map[string]string) uuid.UUID {
	w.t.Helper()
	id := uuid.New()
	w.exec(`INSERT INTO stalls (id, market_id, number, kind, goods_group, created_at)
		VALUES ($1, $2, $1::uuid::text, $3, 'khac', now())`, id, market, kind)
	for state, valid := range states {
		w.exec(`INSERT INTO stall_states (id, stall_id, state, valid) VALUES ($1, $2, $3, $4::text::tstzrange)`,
			uuid.New(), id, state, valid)
	}
	return id
}

func (w *world) operating(market uuid.UUID) uuid.UUID {
	w.t.Helper()
	return w.stall(market, "stall", map[string]string{"operating": "(,)"})
}

func (w *world) tenancy(market, stall, merchant uuid.UUID, valid string) uuid.UUID {
	w.t.Helper()
	id := uuid.New()
	w.exec(`INSERT INTO tenancies (id, market_id, stall_id, merchant_id, valid, approved_at, created_at)
		VALUES ($1, $2, $3, $4, $5::text::tstzrange, '2024-01-01', now())`, id, market, stall, merchant, valid)
	return id
}

// account lets a tenancy receive payments on a new account from a moment on.
func (w *world) account(tenancy uuid.UUID, since string) uuid.UUID {
	w.t.Helper()
	id := uuid.New()
	w.exec(`INSERT INTO accounts (id, merchant_id, kind, number, number_index, last4, holder_name, holder_kind,
		created_at)
		SELECT $1, merchant_id, 'ewallet', '', $1::uuid::text::bytea, '', 'X', 'ca_nhan', now() FROM tenancies
		WHERE id = $2`, id, tenancy)
	w.exec(`INSERT INTO tenancy_accounts (tenancy_id, account_id, since) VALUES ($1, $2, $3::text::timestamptz)`,
		tenancy, id, since)
	return id
}

func (w *world) paid(tenancy uuid.UUID, day string, payments int) {
	w.t.Helper()
	w.exec(`INSERT INTO stall_days (tenancy_id, day, market_id, payments, amount, last_at)
		SELECT id, $2::text::date, market_id, $3, 1000, ($2 || ' 17:00+07')::timestamptz
		FROM tenancies WHERE id = $1`, tenancy, day, payments)
}

func (w *world) confirmed(tenancy uuid.UUID, at string) {
	w.t.Helper()
	w.exec(`INSERT INTO confirmations (id, market_id, tenancy_id, amount, occurred_at, recorded_at, actor_id)
		SELECT $2, market_id, id, 1000, $3::text::timestamptz, now(), $4 FROM tenancies WHERE id = $1`, tenancy,
		uuid.New(), at, w.owner)
}

// crowd is the merchants of a market, each with one stall: how many are registered, and how many
// are active by a bank's notice and by the owner's confirmation.
type crowd struct {
	merchants, registered, noticed, confirmed int
	on                                        string // the day after their activity; empty: asOf
}

func (w *world) crowd(market uuid.UUID, c crowd) {
	w.t.Helper()
	if c.on == "" {
		c.on = asOf
	}
	w.exec(`WITH people AS MATERIALIZED (
			SELECT i, gen_random_uuid() AS stall, gen_random_uuid() AS merchant, gen_random_uuid() AS tenancy
			FROM generate_series(1, $2::int) AS i
		), s AS (
			INSERT INTO stalls (id, market_id, number, kind, goods_group, created_at) SELECT stall, $1, stall, 'stall',
			'khac', now() FROM people
		), m AS (
			INSERT INTO merchants (id, full_name, created_at) SELECT merchant, 'X', now() FROM people
		), t AS (
			INSERT INTO tenancies (id, market_id, stall_id, merchant_id, valid, approved_at, created_at)
			SELECT tenancy, $1, stall, merchant, '(,)', '2024-01-01', now() FROM people
		), a AS (
			INSERT INTO accounts (id, merchant_id, kind, number, number_index, last4, holder_name, holder_kind,
			created_at)
			SELECT tenancy, merchant, 'ewallet', '', tenancy::text::bytea, '', 'X', 'ca_nhan', now() FROM people
			WHERE i <= $3::int
		), r AS (
			INSERT INTO tenancy_accounts (tenancy_id, account_id, since) SELECT tenancy, tenancy, '2024-01-01'
			FROM people WHERE i <= $3::int
		), d AS (
			INSERT INTO stall_days (tenancy_id, day, market_id, payments, amount, last_at)
			SELECT tenancy, $6::text::date - 1, $1, 1, 1000, $6::text::date::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh' -
			interval '7 hours' FROM people WHERE i <= $4::int
		)
		INSERT INTO confirmations (id, market_id, tenancy_id, amount, occurred_at, recorded_at, actor_id)
		SELECT tenancy, $1, tenancy, 1000, $6::text::date - 1, now(), $7 FROM people WHERE i > $4::int
		AND i <= $4::int + $5::int`,
		market, c.merchants, c.registered, c.noticed, c.confirmed, c.on, w.owner)
}

func (w *world) key(role roles.Role, scope string) string {
	w.t.Helper()
	key, err := w.apiKeys.Create(w.t.Context(), signin.Order{Name: "test", Role: string(role), Scope: scope})
	must(w.t, err)
	return key
}

func (w *world) get(key, path string) *httptest.ResponseRecorder {
	w.t.Helper()
	req := httptest.NewRequestWithContext(w.t.Context(), http.MethodGet, path, nil)
	req.Header.Set("Authorization", "Bearer "+key)
	answer := httptest.NewRecorder()
	w.engine.ServeHTTP(answer, req)
	return answer
}

// adoption returns the report that a key can read.
func (w *world) adoption(key, query string) reports.Adoption {
	w.t.Helper()
	answer := w.get(key, "/api/v1/reports/adoption?"+query)
	if answer.Code != http.StatusOK {
		w.t.Fatalf("%s is answered with %d: %s", query, answer.Code, answer.Body)
	}
	var report reports.Adoption
	must(w.t, json.Unmarshal(answer.Body.Bytes(), &report))
	return report
}

// row returns the row of a unit by its code.
func row(t testing.TB, report reports.Adoption, code string) reports.Row {
	t.Helper()
	for _, r := range report.Rows {
		if r.Locality.Code == code {
			return r
		}
	}
	t.Fatalf("no row %s in %s", code, report.Basis)
	return reports.Row{}
}

// shortFigure returns a short form of a figure: "7/12" or "hidden/12".
func shortFigure(i figures.Figure) string {
	raw, _ := json.Marshal(i.Denominator)
	if i.Suppressed {
		return "hidden/" + string(raw)
	}
	numerator, _ := json.Marshal(i.Numerator)
	return string(numerator) + "/" + string(raw)
}
