package reports

import (
	"market40/reports/estimate"
	"market40/reports/indicators"
)

// measured is a measure's value: of so many merchants, so many on each level.
type measured struct {
	of  int
	mix Evidence
}

func (m *measured) count(on level) {
	switch on {
	case levelA:
		m.mix.A++
	case levelB:
		m.mix.B++
	case levelC:
		m.mix.C++
	case levelD:
		m.mix.D++
	case nothing:
	}
}

// tally is what was counted in one group of markets.
type tally struct {
	merchants  int // Mop
	measured   map[indicators.Measure]*measured
	payments   Evidence // of the active, each on its best evidence
	bands      [4]int64
	paid       int    // merchants with a payment in the month, also those who have left
	payers     int    // merchants that banks told of
	bandPayers [4]int // those with payments of a size
	dominated  bool   // one merchant has more than half of what banks told
	codes      codes
	declared   []estimate.Pair
	facts      *cell
}

// codes are displayed codes and those that were checked, with the merchants behind them.
type codes struct {
	displayed, byOwner, byOthers int
	merchants, checked           int
}

// basis is one measure as it is counted: whom its denominator counts, and on what each of them counts.
type basis struct {
	measure indicators.Measure
	among   denominator // nil: every merchant of Mop
	level   levelFunc
}

// bases are all measures: those of the rows, their parts, and what stands beside them.
var bases = func() (list []basis) {
	add := func(m indicators.Measure) {
		list = append(list, basis{m, denominatorOf(m), levelIn(m)})
	}
	for _, m := range []indicators.Measure{indicators.Begun, indicators.Printed, indicators.Covered} {
		add(m)
	}
	for _, r := range indicators.Rows {
		for _, m := range []indicators.Measure{r.Measure, r.Part} {
			if m != "" {
				add(m)
			}
		}
	}
	return list
}()

// tallied counts what is known of a group. The cohort are the first day of the month whose beginners are asked for and of the
// month after it, in days since 1970.
func tallied(facts *cell, cohort cohort) tally {
	t := tally{facts: facts, measured: make(map[indicators.Measure]*measured, len(bases))}
	counts := make([]measured, len(bases))
	for i, b := range bases {
		t.measured[b.measure] = &counts[i]
	}
	var most, all int64
	for _, p := range facts.people {
		t.countMarketwide(p)
		all, most = all+p.turnover, max(most, p.turnover)
		for i, b := range bases {
			if b.among == nil && p.operates {
				counts[i].count(b.level(p))
			} else if b.among != nil && b.among(p, cohort) {
				counts[i].of++
				counts[i].count(b.level(p))
			}
		}
		if p.operates {
			t.merchants++
			t.countPayments(p)
		}
	}
	for i, b := range bases {
		if b.among == nil {
			counts[i].of = t.merchants
		}
	}
	t.dominated = 2*most > all
	return t
}

// countPayments counts the payments of a merchant of Mop.
func (t *tally) countPayments(p *person) {
	switch p.lately() {
	case levelA:
		t.payments.A += int(p.payments)
		t.payers++
		for b, n := range p.bands {
			t.bands[b] += n
			t.bandPayers[b] += one(n > 0)
		}
	case levelB:
		t.payments.B += int(p.words)
	case levelC, levelD, nothing:
	}
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// countMarketwide counts a merchant whether or not it operates today.
func (t *tally) countMarketwide(p *person) {
	t.paid += one(p.lately() != nothing)
	if p.customers > 0 {
		t.declared = append(t.declared, estimate.Pair{Y: float64(p.transfers), X: float64(p.customers)})
	}
	t.codes.displayed += p.codes
	t.codes.byOwner += p.codesByOwner
	t.codes.byOthers += p.codesByOthers
	t.codes.merchants += one(p.codes > 0)
	t.codes.checked += one(p.codesByOwner+p.codesByOthers > 0)
}
