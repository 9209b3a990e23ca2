package reports_test

import (
	"fmt"
	"testing"

	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/migrations/database/worldtest"
	"market40/reports/figures"
)

// counted returns the figures of one market as its manager sees it: the manager also sees small
// counts.
func (w *world) counted(code, as string) figures.Figures {
	w.T.Helper()
	return w.adoption(w.Key(roles.Manager, "market:"+code), "basis=current&as_of="+as).Total
}

// situation sets up a market, usually with one merchant, and states the expected figures.
type situation struct {
	name  string
	given func(w *world, market uuid.UUID)
	want  string
}

// checkSituations sets up each situation in a market of its own, all in one database, and compares the
// figures.
func checkSituations(t *testing.T, situations []situation, say func(figures.Figures) string) {
	t.Helper()
	t.Parallel()
	w := newNovember(t)
	for i, s := range situations {
		code := fmt.Sprintf("M%02d", i)
		s.given(w, w.AddMarket(code, nhaTrang...))
		if got := say(w.counted(code, asOf)); got != s.want {
			t.Errorf("%s: %s, not %s", s.name, got, s.want)
		}
	}
}

const (
	midnight    = "2026-11-22 00:00:00+07" // 00:00 of asOf
	before      = "2026-11-21 23:59:59.999999+07"
	after       = "2026-11-22 00:00:00.000001+07"
	thirtyAgo   = "2026-10-23 00:00:00+07"
	before30    = "2026-10-22 23:59:59.999999+07"
	lastWeek    = "2026-11-15 09:00:00+07"
	sinceAlways = "(,)"
)

func TestMop(t *testing.T) {
	one := func(kind, valid string, states map[string]string) func(*world, uuid.UUID) {
		return func(w *world, market uuid.UUID) {
			w.AddTenancy(
				w.AddStall(worldtest.Stall{Market: market, Kind: kind, States: states}),
				w.AddMerchant("Người bán"),
				valid,
			)
		}
	}
	operating := map[string]string{"operating": "(,)"}
	checkSituations(t, []situation{
		{"a tenancy since before our records", one("stall", sinceAlways, operating), "1"},
		{"a tenancy that begins at 00:00 of the day", one("stall", "["+midnight+",)", operating), "1"},
		{"a tenancy that begins just after", one("stall", "["+after+",)", operating), "0"},
		{"a tenancy that ended at 00:00 of the day", one("stall", "(,"+midnight+")", operating), "0"},
		{"a tenancy that ended just after", one("stall", "(,"+after+")", operating), "1"},
		{"a suspended stall", one("stall", sinceAlways, map[string]string{"suspended": "(,)"}), "0"},
		{"a vacant stall", one("stall", sinceAlways, map[string]string{"vacant": "(,)"}), "0"},
		{"a closed stall", one("stall", sinceAlways, map[string]string{"closed": "(,)"}), "0"},
		{"suspended at 00:00 of the day", one("stall", sinceAlways, map[string]string{"operating": "(," + midnight +
			")", "suspended": "[" + midnight + ",)"}), "0"},
		{"suspended just after", one("stall", sinceAlways, map[string]string{
			"operating": "(," + after + ")",
			"suspended": "[" + after + ",)",
		}), "1"},
		{"a state recorded later than the tenancy began", one("stall", sinceAlways, map[string]string{"operating": "[" +
			after + ",)"}), "1"},
		{"a vendor without a fixed place", one("mobile", sinceAlways, operating), "0"},
		{"a kiosk", one("kiosk", sinceAlways, operating), "1"},
		{"a vacant stall without tenancy", func(w *world, market uuid.UUID) { w.operating(market) }, "0"},
		{"one merchant of two stalls", func(w *world, market uuid.UUID) {
			merchant := w.AddMerchant("Người bán")
			w.AddTenancy(w.operating(market), merchant, sinceAlways)
			w.AddTenancy(w.operating(market), merchant, sinceAlways)
		}, "1"},
		{"the next tenant of a stall", func(w *world, market uuid.UUID) {
			stall := w.operating(market)
			w.AddTenancy(stall, w.AddMerchant("Người bán"), "(,"+midnight+")")
			w.AddTenancy(stall, w.AddMerchant("Người bán"), "["+midnight+",)")
		}, "1"},
	}, func(i figures.Figures) string { return i["I05"].Denominator.String() })
}

func TestRegistered(t *testing.T) {
	open := func(w *world, market uuid.UUID) uuid.UUID {
		return w.AddTenancy(w.operating(market), w.AddMerchant("Người bán"), sinceAlways)
	}
	checkSituations(t, []situation{
		{"no account", func(w *world, m uuid.UUID) { open(w, m) }, "0/1 {0 0 0 0}"},
		{"an account since 00:00", func(w *world, m uuid.UUID) { w.account(open(w, m), midnight) }, "1/1 {0 0 1 0}"},
		{"an account just after", func(w *world, m uuid.UUID) { w.account(open(w, m), after) }, "0/1 {0 0 0 0}"},
		{"two accounts", func(w *world, m uuid.UUID) {
			tenancy := open(w, m)
			w.account(tenancy, midnight)
			w.account(tenancy, midnight)
		}, "1/1 {0 0 1 0}"},
		{"not approved", func(w *world, m uuid.UUID) {
			w.account(open(w, m), midnight)
			w.Exec(`UPDATE tenancies SET approved_at = NULL WHERE market_id = $1`, m)
		}, "0/1 {0 0 0 0}"},
		{"approved just after", func(w *world, m uuid.UUID) {
			w.account(open(w, m), midnight)
			w.Exec(`UPDATE tenancies SET approved_at = $2::text::timestamptz WHERE market_id = $1`, m, after)
		}, "0/1 {0 0 0 0}"},
		{"registered and no longer there", func(w *world, m uuid.UUID) {
			w.account(w.AddTenancy(w.operating(m), w.AddMerchant("Người bán"), "(,"+midnight+")"), lastWeek)
		}, "0/0 {0 0 0 0}"},
		{"one of two stalls has joined", func(w *world, m uuid.UUID) {
			merchant := w.AddMerchant("Người bán")
			w.account(w.AddTenancy(w.operating(m), merchant, sinceAlways), lastWeek)
			w.AddTenancy(w.operating(m), merchant, sinceAlways)
		}, "1/1 {0 0 1 0}"},
	}, func(i figures.Figures) string { return fmt.Sprint(shortFigure(i["I01"]), " ", *i["I01"].Evidence) })
}

func TestActive(t *testing.T) {
	open := func(w *world, m uuid.UUID) uuid.UUID {
		return w.AddTenancy(w.operating(m), w.AddMerchant("Người bán"), sinceAlways)
	}
	paid := func(day string, n int) func(*world, uuid.UUID) {
		return func(w *world, m uuid.UUID) { w.paid(open(w, m), day, n) }
	}
	confirmed := func(at string) func(*world, uuid.UUID) {
		return func(w *world, m uuid.UUID) { w.confirmed(open(w, m), at) }
	}
	checkSituations(t, []situation{
		{"nothing", func(w *world, m uuid.UUID) { open(w, m) }, "0/1 {0 0 0 0}"},
		{"the day before", paid("2026-11-21", 3), "1/1 {1 0 0 0}"},
		{"the day itself", paid("2026-11-22", 3), "0/1 {0 0 0 0}"},
		{"thirty days before", paid("2026-10-23", 1), "1/1 {1 0 0 0}"},
		{"thirty-one days before", paid("2026-10-22", 1), "0/1 {0 0 0 0}"},
		{"a day with only reversed payments", paid("2026-11-20", 0), "0/1 {0 0 0 0}"},
		{"confirmed at 23:59:59 +07", confirmed(before), "1/1 {0 1 0 0}"},
		{"confirmed at 00:00 +07 of the day", confirmed(midnight), "0/1 {0 0 0 0}"},
		{"confirmed at the window's first moment", confirmed(thirtyAgo), "1/1 {0 1 0 0}"},
		{"confirmed before it", confirmed(before30), "0/1 {0 0 0 0}"},
		{"paid and confirmed: by best evidence, once", func(w *world, m uuid.UUID) {
			tenancy := open(w, m)
			w.paid(tenancy, "2026-11-01", 1)
			w.paid(tenancy, "2026-11-02", 1)
			w.confirmed(tenancy, lastWeek)
		}, "1/1 {1 0 0 0}"},
		{"paid at a stall left within the window, operating another", func(w *world, m uuid.UUID) {
			merchant := w.AddMerchant("Người bán")
			w.paid(w.AddTenancy(w.operating(m), merchant, "(,2026-11-10)"), "2026-11-01", 1)
			w.AddTenancy(w.operating(m), merchant, sinceAlways)
		}, "1/1 {1 0 0 0}"},
		{"paid and gone: no merchant of the denominator", func(w *world, m uuid.UUID) {
			w.paid(w.AddTenancy(w.operating(m), w.AddMerchant("Người bán"), "(,2026-11-10)"), "2026-11-01", 1)
		}, "0/0 {0 0 0 0}"},
		{"paid to the last tenant of the stall", func(w *world, m uuid.UUID) {
			stall := w.operating(m)
			w.paid(w.AddTenancy(stall, w.AddMerchant("Người bán"), "(,2026-11-10)"), "2026-11-01", 1)
			w.AddTenancy(stall, w.AddMerchant("Người bán"), "[2026-11-10,)")
		}, "0/1 {0 0 0 0}"},
		{"paid as a vendor without a fixed place", func(w *world, m uuid.UUID) {
			merchant := w.AddMerchant("Người bán")
			w.AddTenancy(w.operating(m), merchant, sinceAlways)
			mobile := w.AddStall(
				worldtest.Stall{Market: m, Kind: "mobile", States: map[string]string{"operating": "(,)"}},
			)
			w.paid(w.AddTenancy(mobile, merchant, sinceAlways), "2026-11-01", 1)
		}, "0/1 {0 0 0 0}"},
		{"paid at another market", func(w *world, m uuid.UUID) {
			merchant, other := w.AddMerchant("Người bán"), w.AddMarket("OTHER", camRanh...)
			w.AddTenancy(w.operating(m), merchant, sinceAlways)
			w.paid(w.AddTenancy(w.operating(other), merchant, sinceAlways), "2026-11-01", 1)
		}, "0/1 {0 0 0 0}"},
	}, func(i figures.Figures) string { return fmt.Sprint(shortFigure(i["I05"]), " ", *i["I05"].Evidence) })
}
