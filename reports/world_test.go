package reports_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/uuid"

	"market40/migrations/database/worldtest"
	"market40/reports"
	"market40/reports/figures"
)

// asOf is the day of most reports here. The clock is set to noon of that day.
const asOf = "2026-11-22"

type (
	object = worldtest.Object
	place  = worldtest.Place
)

var must = worldtest.Must

// world is the reports on a database of their own.
type world struct {
	*worldtest.World
	staff  uuid.UUID // the actor of the API keys that scan and confirm
	owner  uuid.UUID
	seller uuid.UUID // a person who sells at a stall for its owner
	stalls []townStall
}

// newWorld returns a world with the reports of a moment. API keys use the machine's clock.
func newWorld(t testing.TB, now string) *world {
	t.Helper()
	w := &world{World: worldtest.New(t, time.Time{})}
	w.Routes(reports.New(w.DB, func() time.Time { return parseMoment(t, now) }))
	w.staff, w.owner, w.seller = uuid.New(), uuid.New(), uuid.New()
	w.Exec(`INSERT INTO actors (id, role) VALUES ($1, 'team'), ($2, 'merchant'), ($3, 'staff')`, w.staff, w.owner,
		w.seller)
	w.Exec(`INSERT INTO api_keys (id, name, role, scope_kind, prefix, hash, created_at)
		VALUES ($1, 'staff', 'team', 'all', '', '1', now())`, w.staff)
	w.Exec(`INSERT INTO api_keys (id, name, role, scope_kind, merchant_id, prefix, hash, created_at)
		VALUES ($1, 'owner', 'merchant', 'all', $2, '', '2', now())`, w.owner, w.AddMerchant("Người bán"))
	return w
}

func newNovember(t testing.TB) *world {
	t.Helper()
	return newWorld(t, asOf+"T12:00:00+07:00")
}

func parseMoment(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, s)
	must(t, err)
	return at
}

var (
	nhaTrang = worldtest.DistrictThenCommune("568", "22366")
	camRanh  = worldtest.DistrictThenCommune("569", "22420")
)

func (w *world) operating(market uuid.UUID) uuid.UUID {
	w.T.Helper()
	return w.AddStall(worldtest.Stall{Market: market, States: worldtest.Operating})
}

// account lets a tenancy receive payments on a new account from a moment on.
func (w *world) account(tenancy uuid.UUID, since string) uuid.UUID {
	w.T.Helper()
	id := uuid.New()
	w.Exec(`INSERT INTO accounts (id, merchant_id, kind, number, number_index, last4, holder_name, holder_kind,
		created_at)
		SELECT $1, merchant_id, 'ewallet', '', $1::uuid::text::bytea, '', 'X', 'ca_nhan', now() FROM tenancies
		WHERE id = $2`, id, tenancy)
	w.Exec(`INSERT INTO tenancy_accounts (tenancy_id, account_id, since) VALUES ($1, $2, $3::text::timestamptz)`,
		tenancy, id, since)
	return id
}

func (w *world) paid(tenancy uuid.UUID, day string, payments int) {
	w.T.Helper()
	w.Exec(`INSERT INTO stall_days (tenancy_id, day, market_id, payments, amount, last_at)
		SELECT id, $2::text::date, market_id, $3, 1000, ($2 || ' 17:00+07')::timestamptz
		FROM tenancies WHERE id = $1`, tenancy, day, payments)
}

func (w *world) confirmed(tenancy uuid.UUID, at string) {
	w.T.Helper()
	w.Exec(`INSERT INTO confirmations (id, market_id, tenancy_id, amount, occurred_at, recorded_at, actor_id)
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
	w.T.Helper()
	if c.on == "" {
		c.on = asOf
	}
	w.Exec(`WITH people AS MATERIALIZED (
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

func (w *world) get(key, path string) *httptest.ResponseRecorder {
	w.T.Helper()
	return w.Send(key, http.MethodGet, path, nil)
}

// adoption returns the report that a key can read.
func (w *world) adoption(key, query string) reports.Adoption {
	w.T.Helper()
	answer := w.get(key, "/api/v1/reports/adoption?"+query)
	if answer.Code != http.StatusOK {
		w.T.Fatalf("%s is answered with %d: %s", query, answer.Code, answer.Body)
	}
	var report reports.Adoption
	must(w.T, json.Unmarshal(answer.Body.Bytes(), &report))
	return report
}

// rowOf returns the row of a unit by its code.
func rowOf(t testing.TB, report reports.Adoption, code string) reports.Row {
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
