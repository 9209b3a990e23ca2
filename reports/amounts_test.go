package reports_test

import (
	"testing"

	"market40/merchants/auth"
)

// An amount tells of ten merchants at least; a total that would give one of fewer away goes with it.
func TestAmountsTellOfTenMerchants(t *testing.T) {
	t.Parallel()
	w := newNovember(t)
	large, small := w.market("DAM", nhaTrang...), w.market("BA-NGOI", camRanh...)
	w.crowd(large, crowd{merchants: 12, registered: 12, noticed: 12})
	w.crowd(small, crowd{merchants: 9, registered: 9, noticed: 9})
	admin := w.key(auth.Admin, "")
	fees := func(market any) {
		w.exec(`INSERT INTO fee_summaries (market_id, month, version, due, paid, paid_by_transfer, actor_id, recorded_at) VALUES ($1, '2026-10-01', 1, 1000, 800, 100, $2, now())`, market, w.staff)
	}
	fees(large)
	report := w.adoption(admin, "basis=current")
	for what, f := range map[string]string{"of twelve": told(row(t, report, "22366").Indicators["I12"]), "total": told(report.Total["I12"])} {
		if f != `"800"/"1000"` {
			t.Errorf("%s: %s", what, f)
		}
	}
	if f := row(t, report, "22420").Indicators["I12"]; f.Suppressed || f.Denominator != nil {
		t.Errorf("fees of which nothing is known are %+v", f)
	}
	fees(small)
	report = w.adoption(admin, "basis=current")
	if f := row(t, report, "22366").Indicators["I12"]; f.Suppressed {
		t.Error("the fees of twelve are hidden")
	}
	if !row(t, report, "22420").Indicators["I11"].Suppressed || !row(t, report, "22420").Indicators["I12"].Suppressed || !report.Total["I12"].Suppressed {
		t.Error("the fees of nine are told, or can be worked out of the total")
	}
	if own := row(t, w.adoption(w.key(auth.Manager, "market:BA-NGOI"), "basis=current"), "22420").Indicators["I12"]; told(own) != `"800"/"1000"` {
		t.Errorf("the market's own manager sees %s", told(own))
	}
}
