package reports_test

import (
	"testing"

	"market40/merchants/access/roles"
)

func TestEveryUnitOfABasisHasARow(t *testing.T) {
	t.Parallel()
	w := newNovember(t)
	admin := w.Key(roles.Admin, "")
	for basis, want := range map[string]struct {
		rows  int
		level string
	}{
		"districts_2024": {9, "district"}, "districts_2024_merged": {16, "district"}, "communes_2025": {65, "commune"},
		"current": {65, "commune"},
	} {
		report := w.adoption(admin, "basis="+basis)
		if report.Basis != basis || report.AsOf != asOf || report.Campaign != nil || len(report.Rows) != want.rows {
			t.Errorf("%s as of %s, campaign %v, %d rows", report.Basis, report.AsOf, report.Campaign, len(report.Rows))
		}
		for _, r := range report.Rows {
			i := r.Indicators["I05"]
			if r.Locality.Level != want.level || len(r.Markets) != 0 || shortFigure(i) != "0/0" || i.Value != nil ||
				i.Evidence == nil || i.Definition != 1 {
				t.Fatalf("%s, a unit without a market, is %+v", r.Locality.Code, r)
			}
		}
	}
}

// The same October in three bases. Figures are grouped by the unit that the market was in on the
// day of the basis, although the code 22366 belonged to three units over time.
func TestOneOctoberInThreeBases(t *testing.T) {
	t.Parallel()
	w := newNovember(t)
	dam := w.AddMarket("DAM",
		place{Level: "commune", Code: "22366", On: "2024-05-28", Valid: "(,2024-11-01)"},
		place{Level: "commune", Code: "22366", On: "2024-11-01", Valid: "[2024-11-01,2025-07-01)"},
		place{Level: "commune", Code: "22366", On: "2025-07-01", Valid: "[2025-07-01,)"})
	w.crowd(dam, crowd{merchants: 12, registered: 10, noticed: 7, on: "2024-11-01"})
	w.crowd(w.AddMarket("BA-NGOI", camRanh...), crowd{merchants: 20, registered: 20, noticed: 6, on: "2024-11-01"})
	admin := w.Key(roles.Admin, "")
	for basis, want := range map[string][3]string{
		"districts_2024": {"568", "Thành phố Nha Trang", "569"},
		"communes_2025":  {"22366", "Phường Nha Trang", "22420"},
		"current":        {"22366", "Phường Nha Trang", "22420"},
	} {
		report := w.adoption(admin, "as_of=2024-11-01&basis="+basis)
		r := rowOf(t, report, want[0])
		if r.Locality.Name != want[1] || len(r.Markets) != 1 || r.Markets[0].ID != dam || r.Markets[0].Code != "DAM" {
			t.Errorf("%s: %+v with %+v", basis, r.Locality, r.Markets)
		}
		if i := r.Indicators; shortFigure(i["I01"]) != "10/12" || shortFigure(i["I03"]) != "0/12" ||
			shortFigure(i["I05"]) != "7/12" ||
			*i["I05"].Value != "0.5833" {
			t.Errorf("%s: %s %s %s", basis, shortFigure(i["I01"]), shortFigure(i["I03"]), shortFigure(i["I05"]))
		}
		if got := shortFigure(rowOf(t, report, want[2]).Indicators["I05"]); got != "6/20" {
			t.Errorf("%s: Ba Ngòi %s", basis, got)
		}
		if got := shortFigure(report.Total["I05"]) + " " + *report.Total["I05"].Value; got != "13/32 0.4063" {
			t.Errorf("%s: total %s", basis, got)
		}
	}
}

func TestCurrentUnitsAreTodays(t *testing.T) {
	t.Parallel()
	for now, name := range map[string]string{
		"2024-10-31T23:59:59+07:00": "Phường Phước Tiến",
		"2024-10-31T17:00:00Z":      "Phường Tân Tiến", // 00:00 of 1 November in Asia/Ho_Chi_Minh
		"2025-06-30T16:59:59Z":      "Phường Tân Tiến",
		"2025-06-30T17:00:00Z":      "Phường Nha Trang",
	} {
		w := newWorld(t, now)
		report := w.adoption(w.Key(roles.Admin, ""), "basis=current")
		if got := rowOf(t, report, "22366").Locality.Name; got != name {
			t.Errorf("at %s 22366 is %s", now, got)
		}
	}
}

func TestAMarketThatMoved(t *testing.T) {
	t.Parallel()
	w := newNovember(t)
	w.crowd(w.AddMarket(
		"MOVED",
		place{Level: "commune", Code: "22366", On: "2025-07-01", Valid: "[2025-07-01,2026-03-01)"},
		place{
			Level: "commune",
			Code:  "22333",
			On:    "2025-07-01",
			Valid: "[2026-03-01,)",
		},
	), crowd{merchants: 12, noticed: 7})
	admin := w.Key(roles.Admin, "")
	for basis, want := range map[string][2]string{"communes_2025": {"7/12", "0/0"}, "current": {"0/0", "7/12"}} {
		report := w.adoption(admin, "basis="+basis)
		for i, code := range []string{"22366", "22333"} {
			if got := shortFigure(rowOf(t, report, code).Indicators["I05"]); got != want[i] {
				t.Errorf("%s in %s: %s, not %s", code, basis, got, want[i])
			}
		}
	}
	// The market's location in 2024 is unknown. No unit of that basis counts it, so the total does
	// not count it either.
	if got := shortFigure(w.adoption(admin, "basis=districts_2024").Total["I05"]); got != "0/0" {
		t.Errorf("a market without a unit is counted in the total: %s", got)
	}
}

func TestAMerchantOfSeveralMarketsCountsOnce(t *testing.T) {
	t.Parallel()
	w := newNovember(t)
	one, other, far := w.AddMarket(
		"ONE",
		nhaTrang...), w.AddMarket(
		"OTHER",
		nhaTrang...), w.AddMarket(
		"FAR",
		camRanh...)
	for range 8 {
		merchant := w.AddMerchant("Người bán")
		w.AddTenancy(w.operating(one), merchant, sinceAlways)
		w.paid(w.AddTenancy(w.operating(other), merchant, sinceAlways), "2026-11-01", 1)
		w.AddTenancy(w.operating(far), merchant, sinceAlways)
	}
	report := w.adoption(w.Key(roles.Admin, ""), "basis=current")
	for code, want := range map[string]string{"22366": "8/8", "22420": "0/8"} {
		if got := shortFigure(rowOf(t, report, code).Indicators["I05"]); got != want {
			t.Errorf("%s: %s, not %s", code, got, want)
		}
	}
	if got := shortFigure(report.Total["I05"]); got != "8/8" {
		t.Errorf("total: %s", got)
	}
}

func TestRequestedDay(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ now, query, want string }{
		{"2026-11-21T16:59:59Z", "", "2026-11-21"},
		{"2026-11-21T17:00:00Z", "", "2026-11-22"},
		{"2026-11-21T17:00:00Z", "as_of=2026-11-23", "2026-11-23"},
		{"2026-11-21T17:00:00Z", "as_of=2025-02-28", "2025-02-28"},
	} {
		w := newWorld(t, tt.now)
		if got := w.adoption(w.Key(roles.Admin, ""), tt.query); got.AsOf != tt.want || got.Basis != "current" {
			t.Errorf("%q at %s is answered as of %s in %s", tt.query, tt.now, got.AsOf, got.Basis)
		}
	}
}
