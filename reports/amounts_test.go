package reports_test

import (
	"testing"

	"github.com/google/uuid"

	"market40/merchants/access/roles"
)

// An amount is published only if it covers at least ten merchants. A total from which a hidden
// amount could be derived is hidden as well.
func TestAmountsNeedTenMerchants(t *testing.T) {
	t.Parallel()
	w := newNovember(t)
	large, small := w.AddMarket("DAM", nhaTrang...), w.AddMarket("BA-NGOI", camRanh...)
	w.crowd(large, crowd{merchants: 12, registered: 12, noticed: 12})
	w.crowd(small, crowd{merchants: 9, registered: 9, noticed: 9})
	admin := w.Key(roles.Admin, "")
	fees := func(market any) {
		w.Exec(`INSERT INTO fee_summaries (market_id, month, version, due, paid, paid_by_transfer, actor_id,
			recorded_at) VALUES ($1, '2026-10-01', 1, 1000, 800, 100, $2, now())`, market, w.staff)
	}
	fees(large)
	report := w.adoption(admin, "basis=current")
	for what, f := range map[string]string{
		"of twelve": shortFigure(rowOf(t, report, "22366").Indicators["I12"]),
		"total":     shortFigure(report.Total["I12"]),
	} {
		if f != `"800"/"1000"` {
			t.Errorf("%s: %s", what, f)
		}
	}
	if f := rowOf(t, report, "22420").Indicators["I12"]; f.Suppressed || f.Denominator != nil {
		t.Errorf("unknown fees are %+v", f)
	}
	fees(small)
	report = w.adoption(admin, "basis=current")
	if shortFigure(report.Total["I12"]) != `"1600"/"2000"` {
		t.Errorf("the fees of both are %s", shortFigure(report.Total["I12"]))
	}
	if !rowOf(t, report, "22420").Indicators["I11"].Suppressed ||
		!rowOf(t, report, "22420").Indicators["I12"].Suppressed ||
		!rowOf(t, report, "22366").Indicators["I12"].Suppressed {
		t.Error("the fees of nine are published, or can be derived from the total")
	}
	if own := rowOf(t, w.adoption(w.Key(roles.Manager, "market:BA-NGOI"), "basis=current"),
		"22420").Indicators["I12"]; shortFigure(own) != `"800"/"1000"` {
		t.Errorf("the market's own manager sees %s", shortFigure(own))
	}
}

// 1 of 32 sales is 0.03125. The last half is rounded up; floats would round it down.
func TestASampledHalfIsRoundedUp(t *testing.T) {
	t.Parallel()
	s := newTestStand(t)
	plan := uuid.New()
	s.Exec(`INSERT INTO sample_plans (id, market_id, days, seed, actor_id, recorded_at)
		VALUES ($1, $2, '[2026-11-01,2026-11-15)', 1, $3, now())`, plan, s.market, s.staff)
	s.Exec(`INSERT INTO sample_strata (plan_id, stratum, slots) VALUES ($1, 'morning', 70)`, plan)
	s.Exec(`INSERT INTO sample_slots (id, plan_id, stratum, market_id, starts_at, sales, cashless_sales, actor_id,
		counted_at)
		SELECT gen_random_uuid(), $1, 'morning', $2, timestamptz '2026-11-01 05:00+07' + i * interval '1 day', CASE i
		WHEN 0 THEN 5 ELSE 3 END, (i = 0)::int, $3, now()
		FROM generate_series(0, 9) i`, plan, s.market, s.staff)
	s.is("I07", s.figure("I07"), "1/32 0.0313 0 0 0 1")
}
