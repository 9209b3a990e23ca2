package reports_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/migrations/database/worldtest"
	"market40/reports"
	"market40/reports/figures"
)

// communes are units of 2025, each with the district that its markets were in before.
var communes = [][]place{
	nhaTrang,
	worldtest.DistrictThenCommune("568", "22333"),
	worldtest.DistrictThenCommune("568", "22390"),
	camRanh,
	worldtest.DistrictThenCommune("569", "22480"),
	worldtest.DistrictThenCommune("572", "22528"),
}

// summarize returns I05 of each unit with a market, and of the total, in a short form.
func summarize(report reports.Adoption) string {
	var s strings.Builder
	for _, r := range report.Rows {
		if len(r.Markets) > 0 {
			fmt.Fprintf(&s, "%s %s, ", r.Locality.Code, shortFigure(r.Indicators["I05"]))
		}
	}
	return s.String() + "total " + shortFigure(report.Total["I05"])
}

func TestSuppression(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name                 string
		crowds               map[int]crowd // by index in communes
		communes2025, of2024 string
	}{
		{
			"five of twelve",
			map[int]crowd{0: {merchants: 12, noticed: 5}},
			"22366 5/12, total 5/12",
			"568 5/12, total 5/12",
		},
		{
			"four of twelve",
			map[int]crowd{0: {merchants: 12, noticed: 4}},
			"22366 hidden/12, total hidden/12",
			"568 hidden/12, total hidden/12",
		},
		{"none is shown", map[int]crowd{0: {merchants: 12}}, "22366 0/12, total 0/12", "568 0/12, total 0/12"},
		{
			"all but two",
			map[int]crowd{0: {merchants: 12, noticed: 10}},
			"22366 10/12, total 10/12",
			"568 10/12, total 10/12",
		},
		{
			"none of four",
			map[int]crowd{0: {merchants: 4}},
			"22366 hidden/4, total hidden/4",
			"568 hidden/4, total hidden/4",
		},
		{
			"few registered: the register says so anyway",
			map[int]crowd{0: {merchants: 12, registered: 1, noticed: 7}},
			"22366 7/12, total 7/12", "568 7/12, total 7/12",
		},
		{
			"nearly all: the better, the brighter",
			map[int]crowd{0: {merchants: 40, noticed: 38}},
			"22366 38/40, total 38/40", "568 38/40, total 38/40",
		},
		{
			"one hidden: the total stays, another unit goes",
			map[int]crowd{
				0: {merchants: 12, noticed: 7},
				3: {merchants: 30, noticed: 3},
			},
			"22366 hidden/12, 22420 hidden/30, total 10/42", "568 hidden/12, 569 hidden/30, total 10/42",
		},
		{
			"two hidden, five together",
			map[int]crowd{
				0: {merchants: 12, noticed: 7}, 1: {merchants: 9, noticed: 2},
				3: {merchants: 30, noticed: 3},
			},
			"22333 hidden/9, 22366 7/12, 22420 hidden/30, total 12/51", "568 hidden/21, 569 hidden/30, total 12/51",
		},
		{
			"two hidden, four together",
			map[int]crowd{
				0: {merchants: 12, noticed: 7}, 1: {merchants: 9, noticed: 1},
				3: {merchants: 30, noticed: 3},
			},
			"22333 hidden/9, 22366 7/12, 22420 hidden/30, total 11/51", "568 hidden/21, 569 hidden/30, total 11/51",
		},
		{
			"two of under five, all of them active",
			map[int]crowd{
				0: {merchants: 12, noticed: 7},
				3: {merchants: 3, noticed: 3}, 4: {merchants: 4, noticed: 4},
			},
			"22366 7/12, 22420 hidden/3, 22480 hidden/4, total 14/19", "568 7/12, 569 7/7, total 14/19",
		},
		{
			"two hidden, four together, beside a district of two communes",
			map[int]crowd{
				0: {merchants: 12, noticed: 7}, 1: {merchants: 9, noticed: 6}, 3: {merchants: 30, noticed: 3},
				5: {merchants: 30, noticed: 1},
			},
			"22333 6/9, 22366 7/12, 22420 hidden/30, 22528 hidden/30, total 17/81",
			"568 13/21, 569 hidden/30, 572 hidden/30, total 17/81",
		},
		{
			"its district stays, the other commune goes",
			map[int]crowd{
				0: {merchants: 12, noticed: 7},
				1: {merchants: 9, noticed: 1}, 3: {merchants: 30, noticed: 9},
			},
			"22333 hidden/9, 22366 hidden/12, 22420 9/30, total 17/51", "568 8/21, 569 9/30, total 17/51",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newNovember(t)
			for i, c := range tt.crowds {
				w.crowd(w.AddMarket(fmt.Sprintf("M%d", i), communes[i]...), c)
			}
			for _, role := range []roles.Role{roles.Admin, roles.ProvinceOfficer, roles.Auditor} {
				key := w.Key(role, "")
				for basis, want := range map[string]string{
					"communes_2025":  tt.communes2025,
					"districts_2024": tt.of2024,
				} {
					if got := summarize(w.adoption(key, "basis="+basis)); got != want {
						t.Errorf("%s to %s: %s, not %s", basis, role, got, want)
					}
				}
			}
		})
	}
}

func TestHiddenCellContainsNoFigure(t *testing.T) {
	t.Parallel()
	w := newNovember(t)
	w.crowd(w.AddMarket("DAM", nhaTrang...), crowd{merchants: 12, registered: 10, noticed: 3})
	w.crowd(w.AddMarket("BA-NGOI", camRanh...), crowd{merchants: 12, registered: 10, noticed: 3})
	for _, scope := range []string{"locality:569", "locality:22420", "market:BA-NGOI"} {
		for _, role := range []roles.Role{roles.LocalityOfficer, roles.Manager} {
			report := w.adoption(w.Key(role, scope), "basis=current")
			i := rowOf(t, report, "22420").Indicators
			if role == roles.Manager && scope == "market:BA-NGOI" {
				if shortFigure(i["I05"]) != "3/12" || shortFigure(i["I01"]) != "10/12" ||
					shortFigure(report.Total["I05"]) != "3/12" {
					t.Errorf("the market's own manager sees %+v", i)
				}
				continue
			}
			if shortFigure(i["I01"]) != "10/12" || shortFigure(i["I03"]) != "0/12" {
				t.Errorf("a figure of the register, or one beside it, is hidden: %s %s", shortFigure(i["I01"]),
					shortFigure(i["I03"]))
			}
			for _, cell := range []figures.Figure{i["I05"], report.Total["I05"]} {
				if !cell.Suppressed || cell.Numerator != nil || cell.Value != nil || cell.Evidence != nil ||
					cell.Denominator.IntPart() != 12 {
					t.Errorf("%s of %s sees %+v", role, scope, cell)
				}
			}
			// counted from the active merchants
			for _, code := range []string{"I06", "I09", "I10", "I20"} {
				if f := i[code]; !f.Suppressed || f.Numerator != nil || f.Value != nil || f.Evidence != nil ||
					f.Parts != nil {
					t.Errorf("%s of %s sees %s %+v", role, scope, code, f)
				}
			}
		}
	}
}

// Merchants of two units: every active merchant is active in the first unit, so merchants of both
// could be derived from it. The total stays visible.
func TestMerchantsOfTwoUnits(t *testing.T) {
	t.Parallel()
	w := newNovember(t)
	dam, baNgoi := w.AddMarket("DAM", nhaTrang...), w.AddMarket("BA-NGOI", camRanh...)
	for i := range 20 {
		merchant := w.AddMerchant("Người bán")
		for _, at := range []struct {
			market   uuid.UUID
			in, pays bool
		}{{dam, i < 10, i < 7}, {baNgoi, i >= 4, i == 4 || i == 5 || i == 6}} {
			if !at.in {
				continue
			}
			tenancy := w.AddTenancy(w.operating(at.market), merchant, sinceAlways)
			if at.pays {
				w.paid(tenancy, "2026-11-01", 1)
			}
		}
	}
	want := "22366 hidden/10, 22420 hidden/16, total 7/20"
	if got := summarize(w.adoption(w.Key(roles.Admin, ""), "basis=current")); got != want {
		t.Errorf("%s, not %s", got, want)
	}
}

// An evidence mix with few merchants is hidden alone if the numerator is visible. The other mix
// from which it could be derived is hidden too. The total's mix stays visible.
func TestEvidenceHidesAlone(t *testing.T) {
	t.Parallel()
	w := newNovember(t)
	w.crowd(w.AddMarket("DAM", nhaTrang...), crowd{merchants: 20, registered: 20, noticed: 7, confirmed: 1})
	w.crowd(w.AddMarket("BA-NGOI", camRanh...), crowd{merchants: 20, registered: 20, noticed: 7, confirmed: 6})
	report := w.adoption(w.Key(roles.Admin, ""), "basis=current")
	for _, tt := range []struct {
		i        figures.Figures
		reported string
		mix      *figures.Evidence
	}{
		{rowOf(t, report, "22366").Indicators, "8/20", nil},
		{rowOf(t, report, "22420").Indicators, "13/20", nil},
		{report.Total, "21/40", &figures.Evidence{A: 14, B: 7}},
	} {
		got := tt.i["I05"].Evidence
		if shortFigure(tt.i["I05"]) != tt.reported || (got == nil) != (tt.mix == nil) ||
			(got != nil && *got != *tt.mix) {
			t.Errorf("%s with %+v, not %s with %+v", shortFigure(tt.i["I05"]), got, tt.reported, tt.mix)
		}
		if tt.i["I01"].Evidence == nil {
			t.Error("the evidence of I01 hides too")
		}
	}
}

// A small market beside a campaign's pilots hides none of their figures and not the campaign's
// total. A market of one to four merchants is left out of sums and listed beside the total. A
// larger one hides the total of all markets while few of its merchants are paid.
func TestASmallMarketBesideACampaign(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name      string
		small     crowd
		unit, all string
		left, in  int // the number of markets left out, and of merchants in the total
	}{
		{"one merchant", crowd{merchants: 1}, "9/20", "25/54", 1, 54},
		{"four, of whom three are paid", crowd{merchants: 4, noticed: 3}, "9/20", "25/54", 1, 54},
		{"twelve, of whom three are paid", crowd{merchants: 12, noticed: 3}, "hidden/32", "hidden/66", 0, 66},
		{"twelve, of whom six are paid", crowd{merchants: 12, noticed: 6}, "15/32", "31/66", 0, 66},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newNovember(t)
			_, choose := w.campaignOf("2026-01-01")
			for i, c := range map[int]crowd{
				0: {merchants: 20, noticed: 9}, 3: {merchants: 18, noticed: 9},
				5: {merchants: 16, noticed: 7},
			} {
				district := communes[i][0].Code
				market := w.AddMarket("P"+district, communes[i]...)
				w.crowd(market, c)
				choose(district, market)
			}
			w.crowd(w.AddMarket("SMALL", nhaTrang...), tt.small)
			admin := w.Key(roles.Admin, "")
			for _, basis := range bases {
				pilots := w.adoption(admin, "campaign=CHO40&basis="+basis)
				if got := shortFigure(pilots.Total["I05"]); got != "25/54" {
					t.Errorf("%s: the campaign's total is %s", basis, got)
				}
				for _, r := range pilots.Rows {
					if len(r.Markets) > 0 && r.Indicators["I05"].Suppressed {
						t.Errorf("%s: %s is hidden", basis, r.Locality.Name)
					}
				}
				all := w.adoption(admin, "basis="+basis)
				if got := shortFigure(all.Total["I05"]); got != tt.all || all.Outside.Small != tt.left ||
					all.Total["I01"].Denominator.IntPart() != int64(tt.in) {
					t.Errorf("%s: all markets are %s, with %+v left out", basis, got, all.Outside)
				}
			}
			if got := shortFigure(
				rowOf(t, w.adoption(admin, "basis=current"), "22366").Indicators["I05"],
			); got != tt.unit {
				t.Errorf("its commune is %s", got)
			}
			if tt.small.noticed != 3 {
				return
			}
			for _, found := range w.attack(w.Key(roles.ProvinceOfficer, ""), asOf, "CHO40").findings() {
				t.Error(found)
			}
		})
	}
}

// TestNewestFactTimeIsHidden checks that no time of a single person's payment is visible. If the
// number of paid merchants is hidden, no answer contains a payment time, and no total of several
// markets does.
func TestNewestFactTimeIsHidden(t *testing.T) {
	t.Parallel()
	w := newNovember(t)
	w.observe()
	few := w.AddMarket("DAM", nhaTrang...)
	w.crowd(few, crowd{merchants: 12, registered: 12, noticed: 2})
	// hidden to protect DAM
	w.crowd(w.AddMarket("DINH", communes[5]...), crowd{merchants: 13, registered: 13, noticed: 6})
	w.Exec(`UPDATE stall_days SET last_at = '2026-11-21T22:30:00+07:00'`)
	// paid at 17:00
	w.crowd(w.AddMarket("BA-NGOI", camRanh...), crowd{merchants: 40, registered: 40, noticed: 30})
	admin := w.Key(roles.Admin, "")
	const minute = "2026-11-21T22:30:00+07:00"
	for _, path := range []string{
		jsonPath + "?basis=districts_2024", csvPath + "?basis=districts_2024", "/api/v1/reports/markets/" +
			few.String(),
		"/api/v1/reports/drill-down?indicator=I18&basis=districts_2024&by=market",
		"/api/v1/reports/drill-down?indicator=I24&basis=districts_2024&by=market&locality=568",
		"/api/v1/reports/trend?indicator=I20&months=1&basis=districts_2024",
		"/api/v1/reports/trend?indicator=I18&months=1&market=" + few.String(),
	} {
		if answer := w.get(admin, path); answer.Code != http.StatusOK || strings.Contains(answer.Body.String(),
			minute) || strings.Contains(answer.Body.String(),
			`"hours_since_update":{"numerator":null,"denominator":null,"value":"1.5000"`) {
			t.Errorf("%s is answered with %d and contains the time of a payment: %s", path, answer.Code, answer.Body)
		}
	}
	report := w.adoption(admin, "basis=districts_2024")
	if got := rowOf(t, report, "568").Indicators; !got["I05"].Suppressed || got["I18"].FreshAt != nil ||
		got["I20"].FreshAt != nil || got["I24"].Parts != nil {
		t.Errorf("beside a hidden I05: %v, %v and %v", got["I18"].FreshAt, got["I20"].FreshAt, got["I24"].Parts)
	}
	if at := report.Total["I05"].FreshAt; at == nil || at.Hour() != 17 ||
		*report.Total["I24"].Parts["hours_since_update"].Value != "7.0000" {
		t.Errorf("the total is fresh at %v", at)
	}
	if own := w.adoption(w.Key(roles.Manager, "market:DAM"), "basis=districts_2024"); own.Total["I05"].FreshAt == nil {
		t.Error("the market's own manager does not see the time")
	}
}
