package reports_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/migrations/database/worldtest"
	"market40/reports"
	"market40/reports/campaigns"
)

var allBases = []string{"districts_2024", "districts_2024_merged", "communes_2025", "current"}

// phanRang is a place in the former province Ninh Thuận.
var phanRang = worldtest.DistrictThenCommune("582", "22759")

// campaignOf creates the campaign CHO40 of the districts. choose designates a pilot for a district.
func (w *world) campaignOf(starts string) (id uuid.UUID, choose func(district string, market uuid.UUID)) {
	w.T.Helper()
	id = uuid.New()
	w.Exec(`INSERT INTO campaigns (id, code, name, legal_ref, basis, starts_on, due_day, created_by, created_at)
		VALUES ($1, 'CHO40', 'Chợ 4.0', 'x', 'districts_2024', $2::text::date, 5, $3, now())`, id, starts, w.staff)
	return id, func(district string, market uuid.UUID) {
		w.Exec(`INSERT INTO pilots (id, campaign_id, locality_id, market_id, valid, designated_by, designated_at)
			SELECT $1, $2, locality_id, $3, '[2024-05-28,)', $5, now() FROM locality_versions WHERE level = 'district'
			AND code = $4`, uuid.New(), id, market, district, w.staff)
	}
}

func (w *world) targetOf(campaign uuid.UUID, district, value, due string) {
	w.T.Helper()
	w.Exec(`INSERT INTO targets (id, campaign_id, indicator, locality_id, value, due_on, set_by, set_at)
		VALUES ($1, $2, 'I05', (SELECT locality_id FROM locality_versions WHERE level = 'district' AND code = $3),
		$4::text::numeric, $5::text::date, $6, now())`,
		uuid.New(), campaign, district, value, due, w.staff)
}

// handedIn records a monthly report of a district, submitted at a time.
func (w *world) handedIn(campaign uuid.UUID, district, month, at string) {
	w.T.Helper()
	id := uuid.New()
	w.Exec(`INSERT INTO periodic_reports (id, campaign_id, locality_id, kind, period, due_on, state, created_by,
		created_at)
		VALUES ($1, $2, (SELECT locality_id FROM locality_versions WHERE level = 'district' AND code = $3), 'month',
			daterange($4::text::date, ($4::text::date + interval '1 month')::date),
			($4::text::date + interval '1 month')::date + 4, 'submitted', $5, now())`, id, campaign, district, month,
		w.staff)
	w.Exec(`INSERT INTO report_versions (report_id, version, basis, as_of, content, sha256, signature, frozen_by,
		frozen_at) VALUES ($1, 1, 'districts_2024', '2026-11-01', '{}', '', '', $2, now())`, id, w.staff)
	w.Exec(`INSERT INTO report_steps (id, report_id, step, version, actor_id, at)
		VALUES ($1, $2, 'submitted', 1, $3, $4::text::timestamptz)`, uuid.New(), id, w.staff, at)
}

// observe adds a connection of the platform that reports on every account until the day before
// asOf.
func (w *world) observe() {
	w.T.Helper()
	connection := uuid.New()
	w.Exec(`INSERT INTO bank_connections (id, provider, name, owner_kind, created_at)
		VALUES ($1, 'standard', 'x', 'platform', '2024-01-01')`, connection)
	w.Exec(`INSERT INTO connection_days (connection_id, day) VALUES ($1, '2026-11-21')`, connection)
}

func statusOf(s campaigns.Status) string {
	if s.Code == nil {
		return "none: " + s.Reason
	}
	return *s.Code + ": " + s.Reason
}

// A designation has one status, target and punctuality in every basis, and gives the reason.
func TestAStatusIsItsDesignations(t *testing.T) {
	t.Parallel()
	w := newNovember(t)
	w.observe()
	campaign, choose := w.campaignOf("2026-09-01")
	w.targetOf(campaign, "", "0.4500", "2026-12-15")
	w.targetOf(campaign, "569", "0.2500", "2026-12-31")
	for i, tt := range []struct {
		district string
		places   []place
		crowd    crowd
	}{
		{"568", nhaTrang, crowd{merchants: 20, registered: 20, noticed: 12}},
		{"569", camRanh, crowd{merchants: 20, registered: 20, noticed: 6}},
	} {
		market := w.AddMarket([]string{"DAM", "BA-NGOI"}[i], tt.places...)
		w.crowd(market, tt.crowd)
		choose(tt.district, market)
	}
	for _, district := range []string{"568", "569"} {
		w.handedIn(campaign, district, "2026-09-01", "2026-10-05T09:00:00+07:00")
	}
	w.handedIn(campaign, "569", "2026-10-01", "2026-11-05T09:00:00+07:00")
	admin := w.Key(roles.Admin, "")
	for _, basis := range allBases {
		report := w.adoption(admin, "campaign=CHO40&basis="+basis)
		dam, ngoi := "568", "569"
		if !strings.HasPrefix(basis, "districts") {
			dam, ngoi = "22366", "22420"
		}
		r := rowOf(t, report, dam)
		if got, want := statusOf(r.Status),
			"chua_dat: I05 60,0 % ≥ chỉ tiêu 45,0 % (hạn 15/12/2026); báo cáo đúng hạn 1/2"; got != want {
			t.Errorf("%s: %s, not %s", basis, got, want)
		}
		if shortFigure(r.Indicators["I24"]) != "1/2" || r.Target.Value != "0.4500" || len(r.Designations) != 1 ||
			r.Designations[0].Locality.Code != "568" {
			t.Errorf("%s: I24 %s, target %+v, designations %+v", basis, shortFigure(r.Indicators["I24"]), r.Target,
				r.Designations)
		}
		r = rowOf(t, report, ngoi)
		if got, want := statusOf(r.Status),
			"dat: I05 30,0 % ≥ chỉ tiêu 25,0 % (hạn 31/12/2026); báo cáo đúng hạn 2/2"; got != want ||
			r.Status.ReasonEN != "I05 30.0% ≥ target 25.0% (due 2026-12-31); reports on time 2/2" {
			t.Errorf("%s: %s (%s), not %s", basis, got, r.Status.ReasonEN, want)
		}
	}
	// A trend of a commune includes the target of the district that has its pilot there.
	trend := readAnswer[reports.Trend](t,
		w.get(admin, "/api/v1/reports/trend?indicator=I05&months=1&campaign=CHO40&basis=current&locality=22420"))
	if trend.Target == nil || trend.Target.Value != "0.2500" {
		t.Errorf("the trend of the commune has the target %+v", trend.Target)
	}
}

// Each rule with an example market. The first rule that applies decides.
func TestEveryStatusHasItsReason(t *testing.T) {
	t.Parallel()
	w := newNovember(t)
	campaign, choose := w.campaignOf("2026-11-10") // no report is due yet
	market := w.AddMarket("DAM", nhaTrang...)
	w.crowd(market, crowd{merchants: 20, registered: 20, noticed: 12})
	choose("568", market)
	admin := w.Key(roles.Admin, "")
	is := func(want, reason string) {
		t.Helper()
		r := rowOf(t, w.adoption(admin, "campaign=CHO40&basis=communes_2025"), "22366")
		if got := statusOf(r.Status); got != want || r.StatusReason != reason {
			t.Errorf("%s %q, not %s", got, r.StatusReason, want)
		}
	}
	is("khong_du_du_lieu: Độ phủ 0,0 % < 30 %", "")
	w.observe()
	is("none: Chưa giao chỉ tiêu", "no_target")
	w.targetOf(campaign, "", "0.6001", "2026-11-22")
	is("chua_den_han: I05 60,00 % < chỉ tiêu 60,0 % (hạn 22/11/2026)", "")
	w.Exec(`UPDATE targets SET due_on = '2026-11-21'`)
	is("chua_dat: I05 60,00 % < chỉ tiêu 60,0 % (hạn 21/11/2026)", "")
	w.Exec(`UPDATE targets SET value = 0.6`)
	is("chua_den_han: I05 60,0 % ≥ chỉ tiêu 60,0 % (hạn 21/11/2026); chưa có báo cáo nào đến hạn", "")
	w.Exec(`UPDATE campaigns SET starts_on = '2026-10-01'`)
	is("chua_dat: I05 60,0 % ≥ chỉ tiêu 60,0 % (hạn 21/11/2026); báo cáo đúng hạn 0/1", "")
	w.handedIn(campaign, "568", "2026-10-01", "2026-11-05T09:00:00+07:00")
	is("dat: I05 60,0 % ≥ chỉ tiêu 60,0 % (hạn 21/11/2026); báo cáo đúng hạn 1/1", "")
}

// A unit that owes nothing has no status. It is not reported as having chosen no market.
func TestExemptUnitHasNoWarning(t *testing.T) {
	t.Parallel()
	w := newNovember(t)
	_, choose := w.campaignOf("2026-09-01")
	market := w.AddMarket("DAM", nhaTrang...)
	w.crowd(market, crowd{merchants: 12})
	choose("568", market)
	w.Exec(`INSERT INTO pilots (id, campaign_id, locality_id, exempt_reason, valid, designated_by, designated_at)
		SELECT $1, id, (SELECT locality_id FROM locality_versions WHERE level = 'district' AND code = '576'), 'đảo',
		'[2024-05-28,)', $2, now() FROM campaigns`, uuid.New(), w.staff)
	admin := w.Key(roles.Admin, "")
	for _, basis := range allBases {
		found := map[string]int{}
		for _, r := range w.adoption(admin, "campaign=CHO40&basis="+basis).Rows {
			if r.Status.Code == nil {
				found[r.StatusReason]++
			}
			if r.Status.Reason == "" || r.Status.ReasonEN == "" {
				t.Errorf("%s: %s has no reason in words", basis, r.Locality.Name)
			}
		}
		want := map[string]map[string]int{
			"districts_2024": {"exempt": 1, "no_market": 7}, "districts_2024_merged": {
				"exempt": 1, "no_market": 7,
				"not_required": 7,
			},
			"communes_2025": {"not_required": 64}, "current": {"not_required": 64},
		}[basis]
		for reason, n := range want {
			if found[reason] != n {
				t.Errorf("%s: %d units are %s, not %d", basis, found[reason], reason, n)
			}
		}
		if len(found) != len(want) {
			t.Errorf("%s: %v, not %v", basis, found, want)
		}
	}
	for _, r := range w.adoption(admin, "basis=districts_2024").Rows {
		if r.Status.Code != nil || r.StatusReason != "no_campaign" {
			t.Errorf("without a campaign %s is %+v", r.Locality.Name, r.Status)
		}
	}
}

// A hidden figure decides nothing. Coverage and visible warnings are checked before it.
func TestAHiddenFigureIsNoExcuse(t *testing.T) {
	t.Parallel()
	w := newNovember(t)
	campaign, choose := w.campaignOf("2026-11-10")
	w.targetOf(campaign, "", "0.5000", "2026-12-15")
	market := w.AddMarket("DAM", nhaTrang...)
	w.crowd(market, crowd{merchants: 12, registered: 12, noticed: 2})
	choose("568", market)
	admin := w.Key(roles.Admin, "")
	is := func(want, reason string) {
		t.Helper()
		r := rowOf(t, w.adoption(admin, "campaign=CHO40&basis=districts_2024"), "568")
		if got := statusOf(r.Status); !r.Indicators["I05"].Suppressed || got != want || r.StatusReason != reason {
			t.Errorf("%s %q, not %s", got, r.StatusReason, want)
		}
	}
	is("khong_du_du_lieu: Độ phủ 0,0 % < 30 %", "")
	w.observe()
	is("none: Ẩn: số liệu nói về dưới 5 người", "hidden")
}

// Before its first day and later than the day after its last, a campaign requires nothing. There is
// no status, no target, no I13 and no I24, in any basis.
func TestUnitOutsideCampaignHasNoWarning(t *testing.T) {
	t.Parallel()
	w := newNovember(t)
	w.observe()
	campaign, choose := w.campaignOf("2026-11-23")
	w.targetOf(campaign, "", "0.9000", "2026-12-15")
	market := w.AddMarket("DAM", nhaTrang...)
	w.crowd(market, crowd{merchants: 20, registered: 20, noticed: 12})
	choose("568", market)
	admin := w.Key(roles.Admin, "")
	silent := func(why, words string) {
		t.Helper()
		for _, basis := range allBases {
			report := w.adoption(admin, "campaign=CHO40&basis="+basis)
			for _, r := range report.Rows {
				if r.Status.Code != nil || r.StatusReason != why || r.Status.Reason != words || r.Target != nil ||
					len(r.Designations) > 0 {
					t.Errorf("%s: %s has %s %s, target %+v, %d designations", basis, r.Locality.Name,
						statusOf(r.Status), r.StatusReason, r.Target, len(r.Designations))
				}
			}
			for _, code := range []string{"I13", "I24"} {
				if f := report.Total[code]; f.Numerator != nil || f.Denominator != nil {
					t.Errorf("%s: %s is %s", basis, code, shortFigure(f))
				}
			}
		}
		trend := readAnswer[reports.Trend](
			t,
			w.get(
				admin,
				"/api/v1/reports/trend?indicator=I05&months=1&campaign=CHO40&basis=districts_2024&locality=568",
			),
		)
		if trend.Target != nil || trend.Points[0].Target != nil {
			t.Errorf("the trend has the target %+v", trend.Target)
		}
	}
	silent("not_begun", "Chiến dịch bắt đầu ngày 23/11/2026")
	w.Exec(`UPDATE campaigns SET starts_on = '2026-09-01', ends_on = '2026-11-20'`)
	silent("campaign_ended", "Chiến dịch đã kết thúc ngày 20/11/2026")
	w.Exec(`UPDATE targets SET due_on = '2026-11-21'`)
	// 00:00 of the next day reports on the last day
	w.Exec(`UPDATE campaigns SET ends_on = '2026-11-21'`)
	report := w.adoption(admin, "campaign=CHO40&basis=districts_2024")
	if got := rowOf(t, report, "569").StatusReason; got != "no_market" || shortFigure(report.Total["I13"]) != "0/9" ||
		shortFigure(report.Total["I24"]) != "0/18" {
		t.Errorf(
			"of its last day %s, I13 %s, I24 %s",
			got,
			shortFigure(report.Total["I13"]),
			shortFigure(report.Total["I24"]),
		)
	}
	if got := statusOf(rowOf(t, report, "568").Status); !strings.HasPrefix(got,
		"chua_dat: I05 60,0 % < chỉ tiêu 90,0 % (hạn 21/11/2026)") {
		t.Errorf("a target that was due on its last day: %s", got)
	}
	// the campaign's first day
	w.Exec(`UPDATE campaigns SET starts_on = '2026-11-22', ends_on = NULL`)
	if got := rowOf(
		t,
		w.adoption(admin, "campaign=CHO40&basis=districts_2024"),
		"569",
	).StatusReason; got != "no_market" {
		t.Errorf("on its first day %s", got)
	}
}

// Two pilots in one unit each have their own status. The unit itself has none.
func TestTwoDesignationsInOneUnit(t *testing.T) {
	t.Parallel()
	w := newNovember(t)
	w.observe()
	campaign, choose := w.campaignOf("2026-11-10")
	w.targetOf(campaign, "568", "0.5000", "2026-10-31")
	w.targetOf(campaign, "569", "0.9000", "2026-10-31")
	for i, district := range []string{"568", "569"} {
		market := w.AddMarket([]string{"MA", "MB"}[i], worldtest.DistrictThenCommune(district, "22366")...)
		w.crowd(market, crowd{merchants: 20, registered: 20, noticed: 12})
		choose(district, market)
	}
	r := rowOf(t, w.adoption(w.Key(roles.Admin, ""), "campaign=CHO40&basis=current"), "22366")
	if r.Status.Code != nil || r.StatusReason != "several" || r.Target != nil || !strings.HasPrefix(r.Status.Reason,
		"2 chợ thí điểm: Chợ MA: chưa đến hạn (I05 60,0 %") {
		t.Errorf("%+v %s %+v", r.Status, r.StatusReason, r.Target)
	}
	if d := r.Designations; len(d) != 2 || *d[0].Status.Code != "chua_den_han" || *d[1].Status.Code != "chua_dat" ||
		d[1].Target.Value != "0.9000" || d[1].Locality.Code != "569" {
		t.Errorf("%+v", d)
	}
}

// Markets that no unit of a basis contains are listed beside the total.
func TestWhatTheTotalLeavesOut(t *testing.T) {
	t.Parallel()
	w := newNovember(t)
	w.crowd(w.AddMarket("DAM", nhaTrang...), crowd{merchants: 12})
	w.crowd(w.AddMarket("PHAN-RANG", phanRang...), crowd{merchants: 12, noticed: 8})
	w.crowd(w.AddMarket("NOWHERE"), crowd{merchants: 6})
	admin := w.Key(roles.Admin, "")
	for basis, want := range map[string]string{
		"districts_2024":        "NOWHERE PHAN-RANG 18",
		"districts_2024_merged": "NOWHERE 6", "communes_2025": "NOWHERE 6", "current": "NOWHERE 6",
	} {
		var report struct {
			Total struct {
				Outside struct {
					Markets, Merchants int
					Listed             []struct{ Code string }
				}
				I05 struct{ Denominator int }
			}
		}
		must(t, json.Unmarshal(w.get(admin, jsonPath+"?basis="+basis).Body.Bytes(), &report))
		codes := ""
		for _, m := range report.Total.Outside.Listed {
			codes += m.Code + " "
		}
		left := report.Total.Outside
		if got := codes + strconv.Itoa(left.Merchants); got != want || left.Markets != len(left.Listed) ||
			report.Total.I05.Denominator+left.Merchants != 30 {
			t.Errorf("%s leaves out %s, not %s, of a total of %d", basis, got, want, report.Total.I05.Denominator)
		}
	}
	if got := shortFigure(
		rowOf(t, w.adoption(admin, "basis=districts_2024_merged"), "582").Indicators["I05"],
	); got != "8/12" {
		t.Errorf("Phan Rang - Tháp Chàm has I05 %s", got)
	}
	if csv := w.get(admin, csvPath+"?basis=districts_2024").Body.String(); !strings.Contains(csv,
		`districts_2024,2026-11-22,outside,,"2 chợ, 18 tiểu thương ngoài danh sách này",NOWHERE PHAN-RANG,`) {
		t.Errorf("the table does not name what is left out")
	}
	own := w.adoption(w.Key(roles.Manager, "market:DAM"), "basis=districts_2024")
	if own.Outside == nil || own.Outside.Markets != 0 {
		t.Errorf("a caller who sees one market sees %+v left out", own.Outside)
	}
}
