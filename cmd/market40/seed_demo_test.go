package main_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"market40/cmd/market40/app"
	"market40/cmd/market40/demo"
	"market40/frontend/apptest/program"
	"market40/merchants/access/roles"
	"market40/migrations/database"
	"market40/migrations/database/dbtest"
	"market40/reports"
)

// demoNow is the moment at which the tests' demos are drawn: the day after Tết's year has run.
var demoNow = time.Date(2026, 11, 27, 3, 0, 0, 0, time.UTC)

// mostSeeding is how many times as long as writing its payments alone the demo may take: most of it
// is the reports of 18 months, each counted over the whole province, and each day's figures proved.
const mostSeeding = 100

// demoSecret is someSecret(1).
var demoSecret = app.SecretKey(bytes.Repeat([]byte{1}, 32))

// chance are the columns that do not follow from the seed: what is sealed, keyed or made by the way
// of every other, and who.
var chance = []string{
	"market_id", "connection_id", "delivery_id", "debit_account", "credit_account", "actor_id", "phone", "phone_index",
	"number", "number_index", "name_checked_by",
	"particulars", "body", "digest", "repeat_index", "designated_by", "set_by", "recorded_by", "closed_by",
	"created_by", "alert_id", "detail", "contact",
}

// seeded are the tables that do, with the condition that leaves out what came as notices come.
var seeded = map[string]string{
	"stalls": "", "stall_states": "", "merchants": "", "tenancies": "", "accounts": "", "tenancy_accounts": "",
	"codes": "", "code_checks": "", "alerts": "", "incidents": "",
	"deliveries": "received_at < '2026-11-27 00:00+07'", "notices": "recorded_at < '2026-11-27 00:00+07'",
	"payments": "recorded_at < '2026-11-27 00:00+07'", "stall_days": "",
	"visits": "", "trainings": "", "attendances": "", "refusals": "", "consents": "", "declared_shares": "",
	"sample_plans": "", "sample_strata": "", "sample_slots": "",
	"survey_answers": "", "fee_summaries": "", "campaigns": "", "milestones": "", "targets": "", "programme_costs": "",
	"confirmations": "", "complaints": "",
}

// digestTables are what the seed drew, table by table.
func digestTables(t *testing.T, db *database.DB) map[string]string {
	t.Helper()
	sums := map[string]string{}
	for table, condition := range seeded {
		if condition == "" {
			condition = "true"
		}
		rows, err := db.Pool.Query(t.Context(), `SELECT (to_jsonb(t) - $1::text[])::text FROM `+table+` t WHERE `+
			condition, chance)
		must(t, err)
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		must(t, err)
		slices.Sort(lines)
		if len(lines) == 0 {
			t.Errorf("%s is empty", table)
		}
		sums[table] = fmt.Sprintf("%d rows, %x", len(lines), sha256.Sum256([]byte(strings.Join(lines, "\n"))))
	}
	return sums
}

// seedAt fills a database with the demo province of some months as of a moment.
func seedAt(ctx context.Context, url string, months int, now time.Time) error {
	p, closeProgram, err := app.OpenProgram(ctx, &app.Settings{
		DatabaseURL: url, MigrateURL: url, Secret: &demoSecret, DemoMonths: months,
		Now: func() time.Time { return now },
	})
	if err != nil {
		return err
	}
	defer closeProgram()
	if err := demo.Seed(ctx, p, nil); err != nil {
		return err
	}
	return demo.Report(ctx, p)
}

func seedDemo(t *testing.T, url string, months int) *database.DB {
	t.Helper()
	must(t, seedAt(t.Context(), url, months, demoNow))
	db, err := database.Open(t.Context(), url, database.Options{MaxConns: 2, StatementTimeout: 2 * time.Minute})
	must(t, err)
	t.Cleanup(db.Close)
	return db
}

// TestTheSameSeedDrawsTheSameProvince: two databases differ in secrets only, and one in which
// seeding was cut short twice does not differ either.
func TestTheSameSeedDrawsTheSameProvince(t *testing.T) {
	t.Parallel()
	whole := digestTables(t, seedDemo(t, dbtest.URL(t), 1))
	url := dbtest.URL(t)
	watch, err := database.Open(t.Context(), url, database.Options{MaxConns: 1})
	must(t, err)
	t.Cleanup(watch.Close)
	for _, reached := range []string{`SELECT EXISTS (SELECT FROM markets)`, `SELECT EXISTS (SELECT FROM
		ledger_accounts)`} {
		ctx, cut := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- seedAt(ctx, url, 1, demoNow) }()
		for yes := false; !yes && len(done) == 0; time.Sleep(5 * time.Millisecond) {
			must(t, watch.Pool.QueryRow(t.Context(), reached).Scan(&yes))
		}
		cut()
		if err := <-done; err == nil {
			t.Log("the seeding was quicker than its end")
		}
	}
	// Another length and a later day change nothing of a demo that was begun.
	must(t, seedAt(t.Context(), url, 5, demoNow.AddDate(0, 0, 3)))
	for table, digest := range digestTables(t, watch) {
		if digest != whole[table] {
			t.Errorf("%s: %s, and %s where it was not cut short", table, digest, whole[table])
		}
	}
	program.Want(t, 0, []string{"DATABASE_URL=" + url, "SECRET_KEY=" + program.SecretKey(1)}, "ledger", "verify")
}

// TestDemoShowsADevelopment holds the eighteen months against what they are to show.
func TestDemoShowsADevelopment(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	began := time.Now()
	db := seedDemo(t, url, 18)
	took := time.Since(began)
	a := program.Want(t, 0, []string{"DATABASE_URL=" + url, "SECRET_KEY=" + program.SecretKey(1)}, "ledger", "verify")
	t.Logf("seeded in %s: %s", took, a.Out)
	number := func(sql string, args ...any) float64 {
		t.Helper()
		var n float64
		must(t, db.Pool.QueryRow(t.Context(), sql, args...).Scan(&n))
		return n
	}
	if n := number(`SELECT count(*) FROM payments`); n < 180_000 || n > 400_000 {
		t.Errorf("%.0f payments", n)
	}
	// The machine is measured by the same payments, written once more from a table into a table.
	began = time.Now()
	_, err := db.Pool.Exec(t.Context(), `CREATE UNLOGGED TABLE again (LIKE payments INCLUDING ALL)`)
	must(t, err)
	_, err = db.Pool.Exec(t.Context(), `INSERT INTO again SELECT * FROM payments`)
	must(t, err)
	if plain := time.Since(began); took > mostSeeding*plain {
		t.Errorf("seeding took %s, writing its payments alone %s", took, plain)
	}
	aDay := func(from, to string) float64 {
		return number(`SELECT sum(payments) / ($2::date - $1::date)::float8 FROM stall_days WHERE day >= $1::date
			AND day < $2::date`, from, to)
	}
	if before, tet, usual := aDay("2026-02-08", "2026-02-15"), aDay("2026-02-17", "2026-02-20"),
		aDay("2026-01-05", "2026-01-19"); tet > usual/10 || before < usual*5/4 {
		t.Errorf("a usual day has %.0f payments, one before Tết %.0f, one of Tết %.0f", usual, before, tet)
	}
	if sundays, tuesdays := number(`SELECT sum(payments) FROM stall_days WHERE extract(dow FROM day) = 0`),
		number(`SELECT sum(payments) FROM stall_days WHERE extract(dow FROM day) = 2`); sundays < tuesdays*11/10 {
		t.Errorf("%.0f payments on Sundays, %.0f on Tuesdays", sundays, tuesdays)
	}
	active := func(market, day string) float64 {
		return number(`SELECT count(DISTINCT tenancy_id) FROM stall_days d JOIN markets m ON m.id = d.market_id
			WHERE m.code = $1 AND day >= $2::date - 7 AND day < $2::date AND payments > 0`, market, day)
	}
	for _, market := range []string{"CHODAM", "VANGIA", "CHODINH"} {
		before, after, now := active(market, "2025-06-01"), active(market, "2025-07-10"), active(market, "2026-11-27")
		if after > before*85/100 || now < before {
			t.Errorf("%s: %.0f merchants before the tax changed, %.0f after, %.0f now", market, before, after, now)
		}
	}
	if first, last := active("CHOTHANH", "2025-09-01"), active("CHOTHANH", "2026-11-27"); first > 0 || last < 60 {
		t.Errorf("the late market went from %.0f to %.0f", first, last)
	}
	june, all := number(`SELECT count(*) FROM refusals WHERE kind = 'withdrawal' AND said_on >= '2025-06-01'
		AND said_on < '2025-07-16'`),
		number(`SELECT count(*) FROM refusals WHERE kind = 'withdrawal' AND reason = 'tax'`)
	if june < 100 || all < june*8/10 {
		t.Errorf("%.0f withdrew in that June, %.0f of all for the tax", june, all)
	}
	beside := func(market string) float64 {
		declared := number(`SELECT sum(transfers)::float8 / sum(customers) FROM declared_shares d
			JOIN markets m ON m.id = d.market_id WHERE m.code = $1 AND asked_on > '2026-01-01'`, market)
		return declared / number(`SELECT sum(cashless_sales)::float8 / sum(sales) FROM sample_slots s
			JOIN markets m ON m.id = s.market_id WHERE m.code = $1 AND starts_at > '2026-01-01'`, market)
	}
	if over, honest := beside("BANGOI"), beside("CAMDUC"); over < 2 || math.Abs(honest-1) > 0.25 {
		t.Errorf("declared beside sampled: %.2f where too much is reported, %.2f elsewhere", over, honest)
	}
	// Owners' own reports cover enough merchants of a market to be shown beside the banks', or
	// for none.
	const saying = ` FROM (SELECT count(DISTINCT tenancy_id) AS n FROM confirmations
		WHERE occurred_at >= '2026-10-28 00:00+07' GROUP BY market_id) m`
	if said, few := number(`SELECT count(*) FILTER (WHERE n >= 5)`+saying), number(`SELECT count(*) FILTER
		(WHERE n < 5)`+saying); said < 4 || few > 0 {
		t.Errorf("owners of %.0f markets say what came, of %.0f too few", said, few)
	}
	atLeastThree(t, number)
	checkHeadline(t, db)
	if owed, made := number(`SELECT count(*) FROM pilots WHERE market_id IS NOT NULL`), number(`SELECT count(*)
		FROM periodic_reports WHERE kind = 'month' AND period @> '2026-10-01'::date AND locality_id IS NOT NULL`); made != owed-1 {
		t.Errorf("%.0f of %.0f localities reported October, all but one should have", made, owed)
	}
	if n := number(`SELECT count(*) FROM report_versions WHERE version = 2 AND reason <> ''`); n == 0 {
		t.Error("no report was corrected")
	}
	if n := number(`SELECT count(*) FROM markets WHERE NOT demo`); n > 0 {
		t.Errorf("%.0f markets do not say that they are invented", n)
	}
}

// checkHeadline holds that the province's headline is published on all days, and that nothing
// hidden beside it can be worked out.
func checkHeadline(t *testing.T, db *database.DB) {
	t.Helper()
	r := reports.New(db, func() time.Time { return demoNow })
	ctx := roles.With(t.Context(), roles.Principal{Role: roles.ProvinceOfficer, ScopeKind: roles.ScopeAll})
	for day := demoNow; day.After(demoNow.AddDate(0, -17, 0)); day = day.AddDate(0, 0, -67) {
		q := reports.Question{Basis: "districts_2024", AsOf: day.Format(time.DateOnly), Campaign: "CHO40-2024"}
		report, err := r.Adoption(ctx, q)
		must(t, err)
		for _, code := range []string{"I01", "I02", "I03", "I04", "I05", "I06", "I18"} {
			if report.Total[code].Suppressed {
				t.Errorf("on %s the province's %s is hidden", q.AsOf, code)
			}
		}
		must(t, r.Prove(ctx, q))
	}
}

// atLeastThree holds that each of what a screen shows is there three times.
func atLeastThree(t *testing.T, number func(sql string, args ...any) float64) {
	t.Helper()
	for what, sql := range map[string]string{
		"reports approved": `SELECT count(*) FROM periodic_reports WHERE state = 'approved'`,
		"reports handed in late": `SELECT count(*) FROM periodic_reports r
			JOIN report_steps s ON s.report_id = r.id AND s.step = 'submitted' WHERE s.at > r.due_on + 2`,
		"payments taken back":             `SELECT count(*) FROM payments WHERE reverses IS NOT NULL`,
		"stickers swapped":                `SELECT count(*) FROM code_checks WHERE verdict IN ('swapped', 'foreign')`,
		"codes replaced":                  `SELECT count(*) FROM codes WHERE state = 'superseded'`,
		"tenants changed":                 `SELECT count(*) FROM tenancies WHERE lower(valid) > '2025-06-01'`,
		"words of owners":                 `SELECT count(*) FROM confirmations`,
		"complaints open":                 `SELECT count(*) FROM complaints WHERE state = 'open'`,
		"complaints closed":               `SELECT count(*) FROM complaints WHERE state = 'closed' AND reason <> ''`,
		"kinds of complaint":              `SELECT count(DISTINCT kind) FROM complaints`,
		"cases assigned by two people":    `SELECT count(*) FROM cases WHERE state = 'assigned'`,
		"cases dismissed":                 `SELECT count(*) FROM cases WHERE state = 'dismissed'`,
		"cases proposed":                  `SELECT count(*) FROM cases WHERE state = 'proposed'`,
		"cases open":                      `SELECT count(*) FROM cases WHERE state = 'open'`,
		"consents to the list of dormant": `SELECT count(*) FROM consents WHERE purpose = 'dormant_list' AND given`,
	} {
		if number(sql) < 3 {
			t.Errorf("no %s", what)
		}
	}
}
