package reports_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/reports"
	"market40/reports/figures"
	"market40/reports/indicators"
)

// testStand is a market of twelve merchants who receive payments through a bank connection, with the
// keys of its manager and of the province.
type testStand struct {
	*world
	market, connection uuid.UUID
	tenancies          []uuid.UUID
	manager, province  string
}

func newTestStand(t *testing.T) *testStand {
	t.Helper()
	s := &testStand{world: newNovember(t), connection: uuid.New()}
	s.market = s.world.AddMarket("DAM", nhaTrang...)
	s.Exec(`INSERT INTO bank_connections (id, provider, name, owner_kind, created_at)
		VALUES ($1, 'standard', 'x', 'platform', '2026-01-01')`, s.connection)
	s.Exec(`INSERT INTO connection_days (connection_id, day) SELECT $1, d::date
		FROM generate_series(timestamp '2026-01-01', '2026-11-21', '1 day') d`, s.connection)
	for range 12 {
		tenancy := s.AddTenancy(s.operating(s.market), s.AddMerchant("Người bán"), sinceAlways)
		s.account(tenancy, "2026-01-02T00:00:00+07:00")
		s.tenancies = append(s.tenancies, tenancy)
	}
	s.manager, s.province = s.Key(roles.Manager, "market:DAM"), s.Key(roles.ProvinceOfficer, "")
	return s
}

// figure returns a figure of the market as its manager sees it, including small counts.
func (s *testStand) figure(code string) figures.Figure {
	s.T.Helper()
	return rowOf(s.T, s.adoption(s.manager, "basis=current"), "22366").Indicators[code]
}

// is compares a figure with "numerator/denominator value A B C D".
func (s *testStand) is(what string, f figures.Figure, want string) {
	s.T.Helper()
	got := shortFigure(f)
	if f.Value != nil {
		got += " " + *f.Value
	}
	if e := f.Evidence; e != nil {
		got += fmt.Sprintf(" %d %d %d %d", e.A, e.B, e.C, e.D)
	}
	if got != want {
		s.T.Errorf("%s is %s, not %s", what, got, want)
	}
}

// scanned records a scan at the stall of a tenancy, where its code is displayed.
func (s *testStand) scanned(tenancy uuid.UUID, by uuid.UUID, verdict, at string) {
	s.T.Helper()
	s.Exec(`INSERT INTO codes (code, kind, market_id, stall_id, tenancy_id, account_id, state, issued_at)
		SELECT 'C' || t.id, 'stall', t.market_id, t.stall_id, t.id, a.account_id, 'current', '2026-01-03'
		FROM tenancies t JOIN tenancy_accounts a ON a.tenancy_id = t.id
		WHERE t.id = $1 ON CONFLICT DO NOTHING`, tenancy)
	s.Exec(`INSERT INTO code_checks (id, market_id, stall_id, code, verdict, checked_at, actor_id)
		SELECT $2, market_id, stall_id, 'C' || id, $3, $4::text::timestamptz, $5 FROM tenancies WHERE id = $1`, tenancy,
		uuid.New(), verdict, at, by)
}

func TestActivity(t *testing.T) {
	t.Parallel()
	s := newTestStand(t)
	for i := range 6 { // days of the window and of the window before it
		for day := range i {
			s.paid(s.tenancies[i], fmt.Sprintf("2026-11-%02d", 21-2*day), 3)
		}
		s.paid(s.tenancies[i], "2026-10-22", 1)
	}
	s.Exec(`UPDATE stall_days SET le_50k = 1, le_200k = 1, over_1m = 1`)
	s.confirmed(s.tenancies[6], "2026-11-15T00:00:00+07:00")
	s.confirmed(s.tenancies[6], "2026-11-14T23:59:59+07:00")
	// a bank confirms it too: it counts only as A
	s.confirmed(s.tenancies[1], "2026-11-03T12:00:00+07:00")
	s.is("I04", s.figure("I04"), "6/12 0.5000 5 1 0 0")
	s.is("I05", s.figure("I05"), "6/12 0.5000 5 1 0 0")
	s.is("strict", s.figure("I05").Parts["strict"], "2/12 0.1667 2 0 0 0")
	s.is("I09", s.figure("I09"), "47/6 7.8333 45 2 0 0")
	s.is("I10", s.figure("I10"), "15/45 0.3333 15 0 0 0")
	s.is("over 1m", s.figure("I10").Parts["over_1m"], "15/45 0.3333 15 0 0 0")
	if f := s.figure("I05"); f.Coverage == nil || *f.Coverage.Numerator != 12 || f.FreshAt == nil {
		t.Errorf("beside I05 there are %+v, %v", f.Coverage, f.FreshAt)
	}
	s.is("hours since the payment of 17:00", s.figure("I24").Parts["hours_since_update"], "null/null 7.0000")
}

// A merchant who is ready and not paid is dormant only if a live connection would have reported
// payments.
func TestNotObservedIsNotInactive(t *testing.T) {
	t.Parallel()
	s := newTestStand(t)
	for i := range 8 {
		s.scanned(s.tenancies[i], s.staff, "official", "2026-11-10T09:00:00+07:00")
	}
	s.paid(s.tenancies[0], "2026-11-20", 1)
	s.paid(s.tenancies[1], "2026-11-20", 1)
	s.is("I18", s.figure("I18"), "6/8 0.7500 6 0 0 0")
	s.is("I06", s.figure("I06"), "6/12 0.5000")
	r := rowOf(t, s.adoption(s.manager, "basis=current"), "22366")
	if r.Status.Code != nil || r.StatusReason != "no_campaign" || r.Rank != nil || *r.Funnel.Printed != 8 ||
		*r.Funnel.FirstPayment != 2 || *r.Funnel.Habitual != 0 {
		t.Errorf("%v %v %+v", r.Status, r.Rank, r.Funnel)
	}
	officer := s.Key(roles.LocalityOfficer, "locality:districts_2024/568")
	if r := rowOf(t, s.adoption(officer, "basis=districts_2024"), "568"); r.Rank != nil {
		t.Errorf("a caller who sees one locality sees its rank %d", *r.Rank)
	}
	// these accounts are wallets
	for provider, want := range map[string]string{"sepay": "0/2 0.0000 0 0 0 0", "momo": "6/8 0.7500 6 0 0 0"} {
		s.Exec(`UPDATE bank_connections SET provider = $1`, provider)
		s.is("I18 with a connection of "+provider, s.figure("I18"), want)
	}
	s.Exec(`DELETE FROM connection_days WHERE day >= '2026-11-15'`)
	if r := rowOf(t, s.adoption(s.province, "basis=current"), "22366"); r.Rank != nil {
		t.Errorf("a unit with little observation is ranked %d", *r.Rank)
	}
	s.is("I18 in the dark", s.figure("I18"), "0/2 0.0000 0 0 0 0")
	if r := rowOf(t, s.adoption(s.manager, "basis=current"), "22366"); r.Rank != nil || *r.Coverage.Numerator != 0 {
		t.Errorf("%v %+v", r.Rank, r.Coverage)
	}
}

func TestAccountsAndField(t *testing.T) {
	t.Parallel()
	s := newTestStand(t)
	for i, how := range []string{"bank_lookup", "paper", "", "test_transfer"} {
		s.Exec(`UPDATE accounts SET name_checked_at = '2026-11-21T23:00:00+07:00', name_checked_how = $2
			WHERE id = (SELECT account_id FROM tenancy_accounts WHERE tenancy_id = $1)`, s.tenancies[i], how)
	}
	s.Exec(`UPDATE accounts SET name_checked_at = '2026-11-22T00:00:01+07:00' WHERE id = (SELECT account_id
		FROM tenancy_accounts WHERE tenancy_id = $1)`, s.tenancies[4])
	s.is("I02", s.figure("I02"), "4/12 0.3333 0 0 2 2")
	for i, outcome := range []string{"helped", "refused", "absent", "follow_up"} {
		s.Exec(`INSERT INTO visits (id, market_id, tenancy_id, visited_at, outcome, actor_id, recorded_at)
			VALUES ($1, $2, $3, '2025-01-01', $4, $5, now())`, uuid.New(), s.market, s.tenancies[i], outcome, s.staff)
	}
	s.is("I16", s.figure("I16"), "3/12 0.2500 0 0 0 3")
	training := func(day string, tenancies ...uuid.UUID) {
		id := uuid.New()
		s.Exec(`INSERT INTO trainings (id, market_id, held_on, topic, actor_id, recorded_at)
			VALUES ($1, $2, $3::text::date, 'QR', $4, now())`, id, s.market, day, s.staff)
		s.Exec(`INSERT INTO attendances (training_id, merchant_id, market_id, actor_id, recorded_at)
			SELECT $1, merchant_id, $2, $3, now() FROM tenancies WHERE id = ANY ($4)`, id, s.market, s.staff, tenancies)
	}
	training("2025-11-21", s.tenancies[11]) // more than a year ago
	training("2025-11-22", s.tenancies[10]) // before the connection: not observed
	training("2026-05-10", s.tenancies[:5]...)
	training("2026-10-23", s.tenancies[5:7]...) // its thirty days have not ended
	s.paid(s.tenancies[0], "2026-05-09", 1)     // was active before
	s.paid(s.tenancies[1], "2026-05-10", 1)     // on the day itself
	s.paid(s.tenancies[2], "2026-06-09", 1)     // thirty days after
	s.paid(s.tenancies[3], "2026-06-10", 1)     // too late
	s.confirmed(s.tenancies[4], "2026-05-11T00:00:00+07:00")
	s.is("I14", s.figure("I14"), "8/12 0.6667 0 0 0 8")
	s.is("I15", s.figure("I15"), "2/4 0.5000 1 1 0 0")
}

func TestRetention(t *testing.T) {
	t.Parallel()
	s := newTestStand(t)
	for i, days := range [][]string{
		{"2026-07-01", "2026-10-31"},
		{"2026-07-31", "2026-11-01"},
		{"2026-06-30", "2026-07-02", "2026-10-05"},
		{"2026-08-01", "2026-10-05"},
		{"2026-07-05"},
	} {
		for _, day := range days {
			s.paid(s.tenancies[i], day, 1)
		}
	}
	s.confirmed(s.tenancies[5], "2026-07-15T10:00:00+07:00")
	s.confirmed(s.tenancies[5], "2026-10-15T10:00:00+07:00")
	s.is("I17", s.figure("I17"), "2/4 0.5000 1 1 0 0")
	if got := s.figure("I17").Period; got != "2026-07" {
		t.Errorf("the month is %s", got)
	}
	// no merchant is observed as of 1 November
	s.Exec(`DELETE FROM connection_days WHERE day >= '2026-10-20' AND day < '2026-11-05'`)
	s.is("I17 in the dark", s.figure("I17"), "2/2 1.0000 1 1 0 0")
	// a merchant who left is not retained
	s.Exec(`UPDATE tenancies SET valid = '(,2026-09-01)' WHERE id = $1`, s.tenancies[4])
	s.is("I17 of who left", s.figure("I17"), "2/3 0.6667 1 1 0 0")
}

func TestCodesAndIncidents(t *testing.T) {
	t.Parallel()
	s := newTestStand(t)
	s.scanned(s.tenancies[0], s.staff, "official", "2026-11-20T09:00:00+07:00")
	s.scanned(s.tenancies[1], s.owner, "official", "2026-11-20T09:00:00+07:00")
	// more than a week ago
	s.scanned(s.tenancies[2], s.staff, "official", "2026-11-14T23:59:59+07:00")
	s.scanned(s.tenancies[3], s.staff, "swapped", "2026-11-16T09:00:00+07:00")
	s.scanned(s.tenancies[3], s.staff, "foreign", "2026-11-16T10:00:00+07:00") // the same finding
	s.scanned(s.tenancies[3], s.staff, "official", "2026-11-16T12:30:00+07:00")
	s.scanned(s.tenancies[4], s.staff, "foreign", "2026-11-21T09:00:00+07:00") // not replaced yet
	f := s.figure("I19")
	s.is("I19", f, "4/5 0.8000 0 1 0 3")
	s.is("swapped", f.Parts["swapped"], "2/5 0.4000")
	s.is("hours to replace", f.Parts["hours_to_replace"], "1/2 3.5000")
	s.paid(s.tenancies[0], "2026-11-20", 2000)
	for _, i := range [][]any{
		{"fake_transfer", "2026-11-01T00:00:00+07:00", "2026-11-01T10:00:00+07:00"},
		{"swapped_code", "2026-10-23T00:00:00+07:00", "2026-11-22T00:00:00+07:00"},
		{"wrong_account", "2026-11-21T10:00:00+07:00", nil},
		{"wrong_account", "2026-10-22T23:59:59+07:00", nil},
	} {
		s.Exec(`INSERT INTO incidents (id, market_id, kind, occurred_at, closed_at, actor_id, recorded_at)
			VALUES ($1, $2, $3, $4::text::timestamptz, $5::text::timestamptz, $6, now())`,
			uuid.New(), s.market, i[0], i[1], i[2], s.staff)
	}
	f = s.figure("I20")
	s.is("I20", f, "3/2000 15.0000 0 0 0 3")
	s.is("fake transfers", f.Parts["fake_transfer"], "1/2000 5.0000 0 0 0 1")
	s.is("hours to close", f.Parts["hours_to_close"], "1/3 10.0000")
}

func TestSharesAndAmounts(t *testing.T) {
	t.Parallel()
	s := newTestStand(t)
	for _, code := range []string{"I07", "I08", "I11", "I12", "I13", "I23", "I24"} {
		if f := s.figure(code); f.Numerator != nil || f.Denominator != nil || f.Value != nil || f.Suppressed {
			t.Errorf("%s without data is %+v", code, f)
		}
	}
	for i, transfers := range []int{3, 5, 10} {
		s.Exec(`INSERT INTO declared_shares (id, market_id, tenancy_id, asked_on, customers, transfers, actor_id,
			recorded_at) VALUES ($1, $2, $3, '2026-08-24', 10, $4, $5, now())`,
			uuid.New(), s.market, s.tenancies[i], transfers, s.staff)
	}
	f := s.figure("I07")
	s.is("I07 declared", f, "18/30 0.6000 0 0 18 0")
	if f.Interval == nil || f.Interval.High != "1.0000" {
		t.Errorf("the interval is %+v", f.Interval)
	}
	plan := uuid.New()
	s.Exec(`INSERT INTO sample_plans (id, market_id, days, seed, actor_id, recorded_at)
		VALUES ($1, $2, '[2026-11-01,2026-11-15)', 1, $3, now())`, plan, s.market, s.staff)
	for _, stratum := range []string{"morning", "noon"} {
		s.Exec(`INSERT INTO sample_strata (plan_id, stratum, slots) VALUES ($1, $2, 100)`, plan, stratum)
		s.Exec(`INSERT INTO sample_slots (id, plan_id, stratum, market_id, starts_at, sales, cashless_sales, turnover,
			cashless_turnover, actor_id, counted_at)
			SELECT gen_random_uuid(), $1, $2, $3, timestamptz '2026-11-01 05:00+07' + i * interval '1 day', 10,
			2 + i % 2, 100000, 60000, $4, now() FROM generate_series(1, 5) i`, plan, stratum, s.market, s.staff)
	}
	f = s.figure("I07")
	s.is("I07 sampled", f, "26/100 0.2600 0 0 0 26")
	s.is("I07 C", f.Parts["C"], "18/30 0.6000 0 0 18 0")
	begun := uuid.New()
	s.Exec(`INSERT INTO sample_plans (id, market_id, days, seed, actor_id, recorded_at)
		VALUES ($1, $2, '[2026-11-15,2026-11-22)', 2, $3, now())`, begun, s.market, s.staff)
	s.Exec(`INSERT INTO sample_strata (plan_id, stratum, slots) VALUES ($1, 'morning', 50), ($1, 'noon', 50)`, begun)
	count := func(stratum string, n int) {
		s.Exec(`INSERT INTO sample_slots (id, plan_id, stratum, market_id, starts_at, sales, cashless_sales, actor_id,
			counted_at)
			SELECT gen_random_uuid(), $1, $2, $3, timestamptz '2026-11-15 05:00+07' + i * interval '1 day', 10, 9, $4,
			now() FROM generate_series(1, $5) i`, begun, stratum, s.market, s.staff, n)
	}
	count("morning", 3)
	s.is("I07 while another sample has just begun", s.figure("I07"), "26/100 0.2600 0 0 0 26")
	count("noon", 2)
	s.is("I07 with both", s.figure("I07"), "71/150 0.4733 0 0 0 71")
	s.Exec(`DELETE FROM sample_slots WHERE plan_id = $1`, begun)
	if f.Interval == nil || f.Interval.Low >= "0.2600" || f.Interval.High <= "0.2600" {
		t.Errorf("the interval is %+v", f.Interval)
	}
	s.is("I08", s.figure("I08"), `"600000"/"1000000" 0.6000`)
	for _, m := range []struct {
		month   string
		version int
		paid    int
	}{{"2026-10-01", 1, 1}, {"2026-10-01", 2, 800}, {"2026-11-01", 1, 5}, {"2026-09-01", 1, 7}} {
		s.Exec(`INSERT INTO fee_summaries (market_id, month, version, due, paid, paid_by_transfer, actor_id,
			recorded_at) VALUES ($1, $2::text::date, $3, 1000, $4, 1, $5, now())`, s.market, m.month, m.version, m.paid,
			s.staff)
	}
	s.is("I11", s.figure("I11"), `"1"/"800" 0.0013`)
	s.is("I12", s.figure("I12"), `"800"/"1000" 0.8000`)
	for i := range 12 {
		s.Exec(`INSERT INTO survey_answers (id, market_id, asked_on, smartphone, signal, active, sex, aged_60, minority,
			non_fixed) VALUES ($1, $2, '2026-03-01', $3, true, $4, $5, false, null, false)`,
			uuid.New(), s.market, i < 9, i < 6, []string{"female", "male"}[i%2])
	}
	s.is("I21", s.figure("I21"), "9/12 0.7500 0 0 9 0")
	s.is("women", s.figure("I22").Parts["female"], "3/6 0.5000 0 0 3 0")
	s.is("minorities", s.figure("I22").Parts["minority"], "0/0 0 0 0 0")
	inclusion := rowOf(t, s.adoption(s.province, "basis=current"), "22366").Indicators["I22"]
	if !inclusion.Parts["female"].Suppressed || inclusion.Parts["fixed"].Suppressed || inclusion.Suppressed {
		t.Errorf("three active women: %+v", inclusion)
	}
	// Turnover is hidden if one merchant has more than half of the turnover that banks reported.
	s.paid(s.tenancies[0], "2026-11-20", 1)
	if f := rowOf(t, s.adoption(s.province, "basis=current"), "22366").Indicators["I08"]; !f.Suppressed ||
		f.Value != nil {
		t.Errorf("a market with one payer: %+v", f)
	}
}

func TestACampaign(t *testing.T) {
	t.Parallel()
	s := newTestStand(t)
	other := s.world.AddMarket("OTHER", nhaTrang...)
	s.crowd(other, crowd{merchants: 9, registered: 9, noticed: 9})
	campaign := uuid.New()
	s.Exec(`INSERT INTO campaigns (id, code, name, legal_ref, basis, starts_on, due_day, created_by, created_at)
		VALUES ($1, 'CHO40', 'Chợ 4.0', 'x', 'districts_2024', '2026-08-15', 5, $2, now())`, campaign, s.staff)
	district := func(code string) (id uuid.UUID) {
		must(t, s.DB.Pool.QueryRow(t.Context(), `SELECT locality_id FROM locality_versions WHERE level = 'district'
			AND code = $1`, code).Scan(&id))
		return id
	}
	s.Exec(`INSERT INTO pilots (id, campaign_id, locality_id, market_id, valid, designated_by, designated_at)
		VALUES ($1, $2, $3, $4, '[2026-08-15,)', $5, now())`, uuid.New(), campaign, district("568"), s.market, s.staff)
	s.Exec(`INSERT INTO pilots (id, campaign_id, locality_id, exempt_reason, valid, designated_by, designated_at)
		VALUES ($1, $2, $3, 'không có chợ', '[2026-08-15,)', $4, now())`, uuid.New(), campaign, district("576"),
		s.staff)
	s.Exec(`INSERT INTO milestones (id, campaign_id, market_id, milestone, reached_on, recorded_by, recorded_at)
		VALUES ($1, $2, $3, 'launched', '2026-11-21', $4, now())`, uuid.New(), campaign, s.market, s.staff)
	s.Exec(`INSERT INTO targets (id, campaign_id, indicator, value, due_on, set_by, set_at)
		VALUES ($1, $2, 'I05', 0.5, '2026-12-31', $3, now())`, uuid.New(), campaign, s.staff)
	s.Exec(`INSERT INTO programme_costs (id, campaign_id, market_id, spent_on, purpose, amount, actor_id, recorded_at)
		VALUES ($1, $2, $3, '2026-11-21', 'printing', 1000000, $4, now())`, uuid.New(), campaign, s.market, s.staff)
	report := func(month string, at string) {
		id := uuid.New()
		s.Exec(`INSERT INTO periodic_reports (id, campaign_id, locality_id, kind, period, due_on, state, created_by,
			created_at)
			VALUES ($1, $2, $3, 'month', daterange($4::text::date, ($4::text::date + interval '1 month')::date),
			($4::text::date + interval '1 month')::date + 4, 'submitted', $5, now())`, id, campaign, district("568"),
			month, s.staff)
		s.Exec(`INSERT INTO report_versions (report_id, version, basis, as_of, content, sha256, signature, frozen_by,
			frozen_at) VALUES ($1, 1, 'districts_2024', '2026-11-01', '{}', '', '', $2, now())`, id, s.staff)
		s.Exec(`INSERT INTO report_steps (id, report_id, step, version, actor_id, at)
			VALUES ($1, $2, 'submitted', 1, $3, $4::text::timestamptz)`, uuid.New(), id, s.staff, at)
	}
	report("2026-08-01", "2026-09-05T23:59:59+07:00")
	report("2026-09-01", "2026-10-06T00:00:00+07:00") // late; October's report was never made
	for i := range 7 {
		s.paid(s.tenancies[i], "2026-11-20", 1)
	}
	r := s.adoption(s.province, "basis=districts_2024&campaign=CHO40")
	pilot := rowOf(t, r, "568")
	s.is("I05", pilot.Indicators["I05"], "7/12 0.5833 7 0 0 0")
	s.is("I13 of the unit", pilot.Indicators["I13"], "1/1 1.0000 0 0 1 0")
	s.is("I13", r.Total["I13"], "1/8 0.1250 0 0 1 0")
	s.is("I24 of the unit", pilot.Indicators["I24"], "1/3 0.3333 0 0 1 0")
	s.is("I24", r.Total["I24"], "1/24 0.0417 0 0 1 0")
	s.is("I23", pilot.Indicators["I23"], `"1000000"/7 142857`)
	if pilot.Rank == nil || *pilot.Rank != 1 {
		t.Errorf("the province sees the rank %v", pilot.Rank)
	}
	if len(pilot.Markets) != 1 || *r.Campaign != "CHO40" || pilot.Target.Value != "0.5000" || pilot.Status.Code == nil {
		t.Errorf("%+v of %v, %+v, %v", pilot.Markets, r.Campaign, pilot.Target, pilot.Status)
	}
	if exempt := rowOf(t, r, "576"); exempt.Exempt == nil || *exempt.Exempt != "không có chợ" ||
		shortFigure(exempt.Indicators["I13"]) != "0/0" || exempt.Status.Code != nil || exempt.StatusReason != "exempt" {
		t.Errorf("the exempt unit is %+v", exempt)
	}
	s.Exec(`INSERT INTO targets (id, campaign_id, indicator, value, due_on, set_by, set_at)
		VALUES ($1, $2, 'I05', 0.3, '2026-10-31', $3, now())`, uuid.New(), campaign, s.staff)
	for _, of := range []string{
		"basis=districts_2024&locality=568", "market=" + s.market.String(),
		"basis=districts_2024",
	} {
		wanted := ""
		for _, p := range readAnswer[reports.Trend](t,
			s.get(s.province, "/api/v1/reports/trend?indicator=I05&campaign=CHO40&months=3&"+of)).Points {
			wanted += p.AsOf + " " + p.Target.Value + " "
		}
		if wanted != "2026-10-01 0.3000 2026-11-01 0.5000 2026-11-22 0.5000 " {
			t.Errorf("%s: the targets are %s", of, wanted)
		}
	}
	if p := readAnswer[reports.Trend](t,
		s.get(s.province, "/api/v1/reports/trend?indicator=I05&campaign=CHO40&months=1&market="+
			other.String())).Points[0]; p.Target != nil {
		t.Errorf("a market that is not a pilot has the target %+v", p.Target)
	}
	byID := s.adoption(s.province, "basis=communes_2025&campaign="+campaign.String())
	s.is("I05 in communes", rowOf(t, byID, "22366").Indicators["I05"], "7/12 0.5833 7 0 0 0")
	s.is("I13 in communes", byID.Total["I13"], "1/8 0.1250 0 0 1 0")
	if f := rowOf(t, byID, "22366").Indicators["I13"]; f.Denominator != nil {
		t.Errorf("a commune has I13 %+v", f)
	}
}

func TestDefinitions(t *testing.T) {
	t.Parallel()
	w := newNovember(t)
	var list struct{ Items []indicators.Definition }
	must(t, json.Unmarshal(w.get(w.Key(roles.Team, ""), "/api/v1/indicators").Body.Bytes(), &list))
	if len(list.Items) != len(indicators.Rows) {
		t.Fatalf("%d indicators", len(list.Items))
	}
	figures := w.adoption(w.Key(roles.Admin, ""), "").Total
	for i, d := range list.Items {
		if d.Code != indicators.Rows[i].Code || figures[d.Code].Definition != d.Version {
			t.Errorf("%s has version %d, its figure %d", d.Code, d.Version, figures[d.Code].Definition)
		}
		if !strings.Contains(d.SQL, "SELECT") {
			t.Errorf("%s shows no query", d.Code)
		}
		for key := range figures[d.Code].Parts {
			if !slices.ContainsFunc(d.Parts, func(p indicators.DefinedPart) bool { return p.Key == key }) {
				t.Errorf("%s has a part %s that is not defined", d.Code, key)
			}
		}
	}
	if got := w.get(w.Key(roles.Admin, ""), "/api/v1/indicators/I99").Code; got != http.StatusNotFound {
		t.Errorf("I99 is answered with %d", got)
	}
}
