package reports

import (
	"market40/reports/estimate"
	"market40/reports/facts"
	"market40/reports/indicators"
)

// mix is how many are counted on each level of evidence.
type mix struct{ A, B, C, D int }

// sum returns how many are counted.
func (m mix) sum() int { return m.A + m.B + m.C + m.D }

func oneIf(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// measured is a measure's value: of so many merchants, so many on each level.
type measured struct {
	of  int
	mix mix
}

func (m *measured) count(on facts.Level) {
	switch on {
	case facts.LevelA:
		m.mix.A++
	case facts.LevelB:
		m.mix.B++
	case facts.LevelC:
		m.mix.C++
	case facts.LevelD:
		m.mix.D++
	case facts.Nothing:
	}
}

// tally is what was counted in one group of markets.
type tally struct {
	merchants  int // Mop
	measured   map[indicators.Measure]*measured
	payments   mix // of the active, each on its best evidence
	bands      [4]int64
	paid       int    // merchants with a payment in the month, also those who have left
	payers     int    // merchants that banks told of
	bandPayers [4]int // those with payments of a size
	codes      codes
	declared   []estimate.Pair
	facts      *facts.Cell
}

// codes are displayed codes and those that were checked, with the merchants behind them.
type codes struct {
	displayed, byOwner, byOthers int
	merchants, checked           int
}

// basis is one measure as it is counted: whom its denominator counts, and on what each of them counts.
type basis struct {
	measure indicators.Measure
	among   facts.Denominator // nil: every merchant of Mop
	level   facts.LevelFunc
}

// bases are all measures: those of the rows, their parts, and what stands beside them.
var bases = func() (list []basis) {
	add := func(m indicators.Measure) {
		list = append(list, basis{m, facts.DenominatorOf(m), facts.LevelOf(m)})
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
func tallied(facts *facts.Cell, cohort facts.Cohort) tally {
	t := tally{facts: facts, measured: make(map[indicators.Measure]*measured, len(bases))}
	counts := make([]measured, len(bases))
	for i, b := range bases {
		t.measured[b.measure] = &counts[i]
	}
	for _, p := range facts.People {
		t.countMarketwide(p)
		for i, b := range bases {
			if b.among == nil && p.Operates {
				counts[i].count(b.level(p))
			} else if b.among != nil && b.among(p, cohort) {
				counts[i].of++
				counts[i].count(b.level(p))
			}
		}
		if p.Operates {
			t.merchants++
			t.countPayments(p)
		}
	}
	for i, b := range bases {
		if b.among == nil {
			counts[i].of = t.merchants
		}
	}
	return t
}

// countPayments counts the payments of a merchant of Mop.
func (t *tally) countPayments(p *facts.Person) {
	switch p.Lately() {
	case facts.LevelA:
		t.payments.A += int(p.BankPayments)
		t.payers++
		for b, n := range p.Bands {
			t.bands[b] += n
			t.bandPayers[b] += oneIf(n > 0)
		}
	case facts.LevelB:
		t.payments.B += int(p.OwnerPayments)
	case facts.LevelC, facts.LevelD, facts.Nothing:
	}
}

// countMarketwide counts a merchant whether or not it operates today.
func (t *tally) countMarketwide(p *facts.Person) {
	t.paid += oneIf(p.Lately() != facts.Nothing)
	if p.Customers > 0 {
		t.declared = append(t.declared, estimate.Pair{Y: float64(p.Transfers), X: float64(p.Customers)})
	}
	t.codes.displayed += p.Codes
	t.codes.byOwner += p.CodesByOwner
	t.codes.byOthers += p.CodesByOthers
	t.codes.merchants += oneIf(p.Codes > 0)
	t.codes.checked += oneIf(p.CodesByOwner+p.CodesByOthers > 0)
}
