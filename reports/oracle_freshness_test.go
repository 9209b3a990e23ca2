package reports_test

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

// newest returns the latest time, up to the moment, at which a fact of the merchants became known.
// It returns zero if there is no fact.
func (o *oracle) newest(merchants []uuid.UUID, known func(uuid.UUID) []time.Time) (newest time.Time) {
	for _, m := range merchants {
		for _, at := range known(m) {
			if !at.After(o.moment) && at.After(newest) {
				newest = at
			}
		}
	}
	return newest
}

// checked returns the times at which the names on a merchant's receiving accounts were checked.
func (o *oracle) checked(merchant uuid.UUID) (known []time.Time) {
	for _, t := range o.operatingOf(merchant) {
		for _, r := range t.accounts {
			if at := r.account.checked; r.receives(o.moment) && !at.IsZero() && !at.After(o.moment) {
				known = append(known, at)
			}
		}
	}
	return known
}

// scanned returns the times of the last successful scans of the merchant's codes that are still in
// order.
func (o *oracle) scanned(merchant uuid.UUID) (known []time.Time) {
	for _, t := range o.operatingOf(merchant) {
		for _, c := range o.displayed(t) {
			if o.inOrder(c) == 0 {
				continue
			}
			for _, k := range t.stall.checks {
				if k.code == c && k.verdict == "official" && !k.at.After(o.moment) {
					known = append(known, k.at)
				}
			}
		}
	}
	return known
}

// paid returns the times of the valid payments of 30 days and of the owner's confirmations.
func (o *oracle) paid(merchant uuid.UUID) (known []time.Time) {
	month := daysBefore(o.moment, 30)
	for _, t := range o.tenancies(merchant) {
		for _, p := range t.payments {
			if month.contains(businessDay(p.at)) && !p.reversed {
				known = append(known, p.at)
			}
		}
		for _, at := range t.confirmations {
			if month.contains(businessDay(at)) {
				known = append(known, at.Add(statedAfter))
			}
		}
	}
	return known
}

// timely sets the payment times that an officer may see. No time is visible where I04 or I05 is
// hidden. A total of several markets shows the newest time of the markets that hide neither figure
// and have no paid merchant or at least five.
func (c *comparing) timely(w *factWorld, group []*factMarket, got map[string]served, want figuresOf) {
	if c.who != "admin" {
		return
	}
	quiet := got["I04"].Suppressed || got["I05"].Suppressed
	var newest time.Time
	for _, m := range group {
		alone := &oracle{factWorld: w, group: []*factMarket{m}, moment: c.moment}
		paid := 0
		for _, merchant := range w.merchants {
			if len(alone.paid(merchant)) > 0 {
				paid++
			}
		}
		if at := alone.newest(w.merchants, alone.paid); !quiet && (paid == 0 || paid > 4) && !c.silentAt(m) &&
			at.After(newest) {
			newest = at
		}
	}
	for _, code := range []string{"I04", "I05"} {
		reported := want[code]
		reported.fresh = &newest
		want[code] = reported
	}
	for code, f := range got {
		if quiet && f.FreshAt != nil && slices.Contains([]string{
			"I04", "I05", "I06", "I09", "I10", "I18", "I20",
			"I23",
		}, code) {
			c.wrong(code, "fresh at %v beside hidden activity", f.FreshAt)
		}
		c.record("times beside hidden activity", quiet, quiet)
	}
}

// silentAt reports whether a market's own page hides how many merchants were paid.
func (c *comparing) silentAt(m *factMarket) bool {
	key := m.code + c.moment.String()
	if silent, known := c.drawnQuestion.silent[key]; known {
		return silent
	}
	var page struct{ Figures map[string]served }
	c.reading(c.TB, c.admin, "markets/"+m.id.String()+"?as_of="+c.moment.Format(time.DateOnly), &page)
	c.drawnQuestion.silent[key] = page.Figures["I04"].Suppressed || page.Figures["I05"].Suppressed
	return c.drawnQuestion.silent[key]
}
