package reports_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/migrations/database/worldtest"
	"market40/reports"
)

// pages are requests for a cached day and for other days, made by a manager, who also sees small
// counts.
var pages = []string{
	"adoption?basis=districts_2024&as_of=2026-11-22", "adoption?basis=current&as_of=2026-11-01&campaign=CHO40",
	"drill-down?indicator=I05&by=zone&as_of=2026-11-22", "trend?indicator=I17&from=2026-09&to=2026-10",
}

// newRecordedStand returns a stand with at least one fact of every kind.
func newRecordedStand(t *testing.T) *testStand {
	t.Helper()
	s := newTestStand(t)
	for i, tenancy := range s.tenancies {
		s.paid(tenancy, fmt.Sprintf("2026-10-%02d", 2+i), 3)
		if i < 8 {
			s.scanned(tenancy, s.staff, "official", "2026-10-20T09:00:00+07:00")
			s.scanned(tenancy, s.owner, "official", "2026-11-18T09:00:00+07:00")
		}
	}
	s.confirmed(s.tenancies[9], "2026-10-25T09:00:00+07:00")
	campaign, training, plan := uuid.New(), uuid.New(), uuid.New()
	s.Exec(`INSERT INTO campaigns (id, code, name, legal_ref, basis, starts_on, created_by, created_at)
		VALUES ($1, 'CHO40', 'x', 'x', 'districts_2024', '2026-01-01', $2, now())`, campaign, s.staff)
	s.Exec(`INSERT INTO pilots (id, campaign_id, locality_id, market_id, valid, designated_by, designated_at)
		SELECT gen_random_uuid(), $1, locality_id, $2, '[2026-01-01,)', $3, now() FROM locality_versions
		WHERE level = 'district' AND code = '568'`, campaign, s.market, s.staff)
	s.Exec(`INSERT INTO programme_costs (id, campaign_id, market_id, spent_on, purpose, amount, actor_id, recorded_at)
		VALUES (gen_random_uuid(), $1, $2, '2026-09-05', 'printing', 1000, $3, now())`, campaign, s.market, s.staff)
	s.Exec(`INSERT INTO trainings (id, market_id, held_on, topic, actor_id, recorded_at)
		VALUES ($1, $2, '2026-09-10', 'QR', $3, now())`, training, s.market, s.staff)
	s.Exec(`INSERT INTO attendances (training_id, merchant_id, market_id, actor_id, recorded_at)
		SELECT $1, merchant_id, market_id, $3, now() FROM tenancies WHERE id = ANY ($2)`, training, s.tenancies[:6],
		s.staff)
	s.Exec(`INSERT INTO visits (id, market_id, tenancy_id, visited_at, outcome, actor_id, recorded_at)
		SELECT gen_random_uuid(), market_id, id, '2026-09-20', 'helped', $2, now() FROM tenancies WHERE id = ANY ($1)`,
		s.tenancies[:5], s.staff)
	s.Exec(`INSERT INTO declared_shares (id, market_id, tenancy_id, asked_on, customers, transfers, actor_id,
		recorded_at) SELECT gen_random_uuid(), market_id, id, '2026-09-21', 10, 4, $2, now() FROM tenancies
		WHERE id = ANY ($1)`, s.tenancies[:7], s.staff)
	s.Exec(`INSERT INTO fee_summaries (market_id, month, version, due, paid, paid_by_transfer, actor_id, recorded_at)
		VALUES ($1, '2026-08-01', 1, 100, 90, 30, $2, now())`, s.market, s.staff)
	s.Exec(`INSERT INTO survey_answers (id, market_id, asked_on, smartphone, signal, active, sex, aged_60, minority,
		non_fixed) SELECT gen_random_uuid(), $1, '2026-09-01', true, true, i % 2 = 0, 'female', false, false, false
		FROM generate_series(1, 8) i`, s.market)
	s.Exec(`INSERT INTO incidents (id, market_id, kind, occurred_at, closed_at, actor_id, recorded_at)
		VALUES (gen_random_uuid(), $1, 'fake_transfer', '2026-10-21', '2026-10-22', $2, now())`, s.market, s.staff)
	s.Exec(`INSERT INTO sample_plans (id, market_id, days, seed, actor_id, recorded_at)
		VALUES ($1, $2, '[2026-09-01,2026-10-01)', 1, $3, now())`, plan, s.market, s.staff)
	s.Exec(`INSERT INTO sample_strata (plan_id, stratum, slots) VALUES ($1, 'sáng', 240)`, plan)
	s.Exec(`INSERT INTO sample_slots (id, plan_id, stratum, market_id, starts_at, sales, cashless_sales, turnover,
		cashless_turnover, actor_id, counted_at)
		SELECT gen_random_uuid(), $1, 'sáng', $2, timestamptz '2026-09-02 06:00+07' + i * interval '1 day', 20, 5 + i,
		1000, 300, $3, timestamptz '2026-09-02 07:00+07' + i * interval '1 day' FROM generate_series(1, 12) i`, plan,
		s.market, s.staff)
	s.Exec(`INSERT INTO connection_accounts (connection_id, bank_bin, number_index, last4)
		SELECT $1, '', a.number_index, '0000' FROM accounts a`, s.connection)
	return s
}

// changes are statements that may change a table of facts. Some record a late fact that affects
// earlier days.
var changes = []string{
	`UPDATE stall_days SET payments = payments + 2 WHERE day = '2026-10-03'`,
	`UPDATE stall_days SET payments = 0 WHERE day = '2026-10-04'`,
	`INSERT INTO stall_days (tenancy_id, day, market_id, payments, amount) SELECT tenancy_id, '2026-09-29', market_id,
		5, 5000 FROM stall_days WHERE day = '2026-10-05'`,
	`DELETE FROM stall_days WHERE day = '2026-10-06'`,
	`DELETE FROM connection_days WHERE day BETWEEN '2026-10-20' AND '2026-11-01'`,
	`INSERT INTO connection_days SELECT DISTINCT connection_id, date '2026-10-31' FROM connection_days`,
	`INSERT INTO confirmations (id, market_id, tenancy_id, amount, occurred_at, recorded_at, actor_id)
		SELECT gen_random_uuid(), market_id, id, 1, '2026-09-12', now(), (SELECT actor_id FROM confirmations LIMIT 1)
		FROM tenancies ORDER BY id LIMIT 3`,
	`UPDATE confirmations SET occurred_at = occurred_at - interval '20 days'`,
	`DELETE FROM confirmations`,
	`UPDATE code_checks SET verdict = 'swapped' WHERE checked_at > '2026-11-01' AND stall_id = (SELECT stall_id
		FROM code_checks ORDER BY stall_id LIMIT 1)`,
	`DELETE FROM code_checks WHERE stall_id = (SELECT stall_id FROM code_checks ORDER BY stall_id DESC LIMIT 1)`,
	`INSERT INTO code_checks (id, market_id, stall_id, code, verdict, checked_at, actor_id)
		SELECT gen_random_uuid(), market_id, stall_id, code, 'official', '2026-10-30', actor_id FROM code_checks
		LIMIT 1`,
	`UPDATE codes SET ended_at = '2026-10-25', state = 'superseded' WHERE code = (SELECT min(code) FROM codes)`,
	`DELETE FROM codes WHERE code NOT IN (SELECT code FROM code_checks)`,
	`UPDATE accounts SET name_checked_at = '2026-09-15', name_checked_how = 'bank_lookup' WHERE id = (SELECT account_id
		FROM tenancy_accounts ORDER BY account_id LIMIT 1)`,
	`UPDATE accounts SET number_index = 'x' WHERE id = (SELECT account_id FROM tenancy_accounts ORDER BY account_id DESC
		LIMIT 1)`,
	`DELETE FROM connection_accounts WHERE number_index = (SELECT number_index
		FROM connection_accounts ORDER BY number_index LIMIT 1)`,
	`UPDATE tenancy_accounts SET replaced_at = '2026-10-10' WHERE account_id = (SELECT account_id
		FROM tenancy_accounts ORDER BY account_id LIMIT 1)`,
	`UPDATE stall_states SET state = 'suspended' WHERE stall_id = (SELECT stall_id FROM stall_states ORDER BY stall_id
		LIMIT 1)`,
	`UPDATE tenancies SET valid = tstzrange(lower(valid), '2026-10-15') WHERE id = (SELECT id FROM tenancies ORDER BY id
		LIMIT 1)`,
	`UPDATE tenancies SET approved_at = NULL WHERE id = (SELECT id FROM tenancies ORDER BY id DESC LIMIT 1)`,
	`UPDATE stalls SET zone = 'Khu mới'`,
	`UPDATE stalls SET kind = 'mobile' WHERE id = (SELECT id FROM stalls ORDER BY id LIMIT 1)`,
	`UPDATE actors SET role = 'merchant' WHERE role = 'team'`,
	`UPDATE bank_connections SET created_at = '2026-10-15'`,
	`UPDATE bank_connections SET owner_kind = 'market', owner_id = gen_random_uuid()`,
	`UPDATE trainings SET held_on = '2026-10-12'`,
	`DELETE FROM attendances WHERE merchant_id = (SELECT merchant_id FROM attendances ORDER BY merchant_id LIMIT 1)`,
	`UPDATE visits SET outcome = 'absent'`,
	`DELETE FROM visits`,
	`UPDATE declared_shares SET transfers = 7`,
	`DELETE FROM declared_shares WHERE id = (SELECT id FROM declared_shares LIMIT 1)`,
	`INSERT INTO fee_summaries SELECT market_id, month, 2, due, paid - 5, paid_by_transfer, actor_id, recorded_at
		FROM fee_summaries`,
	`UPDATE survey_answers SET active = true`,
	`DELETE FROM survey_answers`,
	`UPDATE incidents SET closed_at = NULL`,
	`DELETE FROM incidents`,
	`UPDATE sample_slots SET cashless_sales = cashless_sales + 1`,
	`UPDATE sample_strata SET slots = 100`,
	`UPDATE sample_plans SET market_id = market_id`,
	`DELETE FROM sample_slots WHERE id = (SELECT id FROM sample_slots ORDER BY id LIMIT 1)`,
	`UPDATE programme_costs SET amount = 2000`,
	`DELETE FROM programme_costs`,
}

// TestCachedFactsEqualReadFacts changes every fact of cached days. After each change the cached
// reports must equal reports that are counted anew.
func TestCachedFactsEqualReadFacts(t *testing.T) {
	t.Parallel()
	s := newRecordedStand(t)
	moved := 0
	before := readPages(s.World, s.manager)
	for _, change := range changes {
		s.Exec(change)
		fresh := worldtest.NewOn(t, s.DB, time.Time{})
		fresh.Routes(reports.New(s.DB, func() time.Time { return parseMoment(t, asOf+"T12:00:00+07:00") }))
		cached, read := readPages(s.World, s.manager), readPages(fresh, s.manager)
		for i, page := range pages {
			if cached[i] != read[i] {
				t.Errorf("after %s\n%s is cached as\n%s\nand counted as\n%s", change, page, cached[i], read[i])
			}
		}
		if !slices.Equal(read, before) {
			moved++
		}
		before = read
	}
	if moved < len(changes)-8 {
		t.Errorf("only %d of %d changes affect a figure", moved, len(changes))
	}
}

func readPages(w *worldtest.World, key string) (answers []string) {
	w.T.Helper()
	for _, page := range pages {
		answer := w.Send(key, http.MethodGet, "/api/v1/reports/"+page, nil)
		if answer.Code != http.StatusOK {
			w.T.Fatalf("%s is answered with %d: %s", page, answer.Code, answer.Body)
		}
		answers = append(answers, answer.Body.String())
	}
	return answers
}

// TestReportedDayIsCached renames the table of days, so that reports can only come from the
// cache. A cached day is still answered, and only that day. Payments of the present day invalidate
// nothing.
func TestReportedDayIsCached(t *testing.T) {
	t.Parallel()
	s := newRecordedStand(t)
	ask := func(day string) int {
		return s.get(s.manager, "/api/v1/reports/adoption?as_of="+day).Code
	}
	const day, other = "2026-11-01", "2026-11-08"
	if ask(day) != http.StatusOK || ask(other) != http.StatusOK {
		t.Fatal("no report")
	}
	lines := func() (n int) {
		must(t, s.DB.Pool.QueryRow(t.Context(), `SELECT count(*) FROM fact_changes`).Scan(&n))
		return n
	}
	had := lines()
	s.Exec(`INSERT INTO stall_days (tenancy_id, day, market_id, payments, amount)
		SELECT id, (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date, market_id, 1, 1 FROM tenancies`)
	s.Exec(`UPDATE stall_days SET payments = payments + 1 WHERE day = (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date`)
	if got := lines(); got != had {
		t.Errorf("payments of today wrote %d lines", got-had)
	}
	s.paid(s.tenancies[0], "2026-11-05", 1) // affects only the second day
	s.Exec(`ALTER TABLE stall_days RENAME TO gone`)
	if got := ask(day); got != http.StatusOK {
		t.Errorf("the cached day is answered with %d", got)
	}
	if got := ask(other); got != http.StatusInternalServerError {
		t.Errorf("the day that changed is answered with %d", got)
	}
}

// TestEveryFactRecordsItsChanges reads the counted tables from the queries. Each of them must have
// a trigger that records changes.
func TestEveryFactRecordsItsChanges(t *testing.T) {
	t.Parallel()
	w := newNovember(t)
	read := readAnswer[struct {
		Items []struct{ Code, SQL string }
	}](t, w.get(w.Key(roles.Admin, ""), "/api/v1/indicators"))
	named, common := map[string]bool{}, map[string]bool{}
	for _, d := range read.Items {
		if d.Code == "I13" || d.Code == "I24" {
			continue // indicators of localities are not cached
		}
		for _, m := range regexp.MustCompile(`(?:FROM|JOIN) ([a-z_]+)`).FindAllStringSubmatch(d.SQL, -1) {
			named[m[1]] = true
		}
		for _, m := range regexp.MustCompile(`([a-z_]+) AS (?:MATERIALIZED )?\(`).FindAllStringSubmatch(d.SQL, -1) {
			common[m[1]] = true
		}
	}
	tables := 0
	for name := range named {
		var exists, hasTrigger bool
		must(t, w.DB.Pool.QueryRow(t.Context(), `SELECT to_regclass($1) IS NOT NULL, EXISTS (SELECT FROM pg_trigger
			WHERE tgrelid = to_regclass($1) AND tgname LIKE 'counted\_%')`, name).Scan(&exists, &hasTrigger))
		if !exists || common[name] {
			continue
		}
		tables++
		if !hasTrigger && name != "first_days" { // first_days changes together with stall_days

			t.Errorf("%s is counted and records no changes", name)
		}
	}
	if tables < 20 {
		t.Errorf("only %d tables were found", tables)
	}
}

func TestPagesAreCountedAhead(t *testing.T) {
	t.Parallel()
	s := newRecordedStand(t)
	s.Exec(`INSERT INTO fact_changes (since) SELECT date '2026-01-01' + i % 300 FROM generate_series(1, 5000) i`)
	r := reports.New(s.DB, func() time.Time { return parseMoment(t, asOf+"T12:00:00+07:00") })
	must(t, r.WarmUp(t.Context(), 0))
	var lines int
	var first string
	must(t, s.DB.Pool.QueryRow(t.Context(), `SELECT count(*), min(since)::text FROM fact_changes`).Scan(&lines, &first))
	if lines != 1 || first != "-infinity" {
		t.Errorf("%d lines since %s are left", lines, first)
	}
	s.Exec(`ALTER TABLE stall_days RENAME TO gone`)
	w := worldtest.NewOn(t, s.DB, time.Time{})
	w.Routes(r)
	for _, page := range []string{
		"adoption", "adoption?basis=districts_2024&campaign=CHO40",
		"trend?indicator=I05&campaign=CHO40", "trend?indicator=I17", "drill-down?indicator=I05&by=zone",
	} {
		if got := w.Send(s.province, http.MethodGet, "/api/v1/reports/"+page, nil).Code; got != http.StatusOK {
			t.Errorf("%s is answered with %d: it was not cached in advance", page, got)
		}
	}
}
