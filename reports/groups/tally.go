package groups

import (
	"market40/reports/estimate"
	"market40/reports/facts"
	"market40/reports/indicators"
)

// Mix is how many are counted on each level of evidence.
type Mix struct{ A, B, C, D int }

// Sum returns how many are counted.
func (m Mix) Sum() int { return m.A + m.B + m.C + m.D }

func oneIf(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// Measured is a measure's value: of so many merchants, so many on each level.
type Measured struct {
	Of  int
	Mix Mix
}

func (m *Measured) count(on facts.Level) {
	switch on {
	case facts.LevelA:
		m.Mix.A++
	case facts.LevelB:
		m.Mix.B++
	case facts.LevelC:
		m.Mix.C++
	case facts.LevelD:
		m.Mix.D++
	case facts.Nothing:
	}
}

// Tally is what was counted in one group of markets.
type Tally struct {
	Merchants  int // Mop
	Measured   map[indicators.Measure]*Measured
	Payments   Mix // of the active, each on its best evidence
	Bands      [4]int64
	paid       int    // merchants with a payment in the month, also those who have left
	payers     int    // merchants that banks told of
	bandPayers [4]int // those with payments of a size
	Codes      Codes
	Declared   []estimate.Pair
	Facts      *facts.Cell
}

// Codes are displayed codes and those that were checked, with the merchants behind them.
type Codes struct {
	Displayed, ByOwner, ByOthers int
	merchants, checked           int
}

// basis is one measure as it is counted: whom its denominator counts, and on what each of them
// counts.
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

// tallied counts what is known of a group. The cohort are the first day of the month whose
// beginners are asked for and of the month after it, in days since 1970.
func tallied(facts *facts.Cell, cohort facts.Cohort) Tally {
	t := Tally{Facts: facts, Measured: make(map[indicators.Measure]*Measured, len(bases))}
	counts := make([]Measured, len(bases))
	for i, b := range bases {
		t.Measured[b.measure] = &counts[i]
	}
	for _, p := range facts.People {
		t.countMarketwide(p)
		for i, b := range bases {
			if b.among == nil && p.Operates {
				counts[i].count(b.level(p))
			} else if b.among != nil && b.among(p, cohort) {
				counts[i].Of++
				counts[i].count(b.level(p))
			}
		}
		if p.Operates {
			t.Merchants++
			t.countPayments(p)
		}
	}
	for i, b := range bases {
		if b.among == nil {
			counts[i].Of = t.Merchants
		}
	}
	return t
}

// countPayments counts the payments of a merchant of Mop.
func (t *Tally) countPayments(p *facts.Person) {
	switch p.Lately() {
	case facts.LevelA:
		t.Payments.A += int(p.BankPayments)
		t.payers++
		for b, n := range p.Bands {
			t.Bands[b] += n
			t.bandPayers[b] += oneIf(n > 0)
		}
	case facts.LevelB:
		t.Payments.B += int(p.OwnerPayments)
	case facts.LevelC, facts.LevelD, facts.Nothing:
	}
}

// countMarketwide counts a merchant whether or not it operates today.
func (t *Tally) countMarketwide(p *facts.Person) {
	t.paid += oneIf(p.Lately() != facts.Nothing)
	if p.Customers > 0 {
		t.Declared = append(t.Declared, estimate.Pair{Y: float64(p.Transfers), X: float64(p.Customers)})
	}
	t.Codes.Displayed += p.Codes
	t.Codes.ByOwner += p.CodesByOwner
	t.Codes.ByOthers += p.CodesByOthers
	t.Codes.merchants += oneIf(p.Codes > 0)
	t.Codes.checked += oneIf(p.CodesByOwner+p.CodesByOthers > 0)
}
