package groups

import (
	"market40/reports/estimate"
	"market40/reports/facts"
	"market40/reports/indicators"
)

// Mix is the number of merchants on each level of evidence.
type Mix struct{ A, B, C, D int }

// Sum returns the number of merchants on all levels.
func (m Mix) Sum() int { return m.A + m.B + m.C + m.D }

func oneIf(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// Measured is the value of a measure: the merchants in the denominator, and those on each level.
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

// Tally is the counts of one group of markets.
type Tally struct {
	Merchants  int // the merchants who operate a stall (Mop)
	Measured   map[indicators.Measure]*Measured
	Payments   Mix // payments to active merchants, each on the merchant's best evidence
	Bands      [4]int64
	paid       int    // merchants with a payment in the month, including those who have left
	payers     int    // merchants with payments reported by banks
	bandPayers [4]int // merchants with payments of each size
	Codes      Codes
	Declared   []estimate.Pair
	Facts      *facts.Cell
}

// Codes are the displayed codes and the checked ones, with their merchants.
type Codes struct {
	Displayed, ByOwner, ByOthers int
	merchants, checked           int
}

// basis is how one measure is counted: which merchants the denominator includes, and the level on
// which each counts.
type basis struct {
	measure indicators.Measure
	among   facts.Denominator // nil: every merchant of Mop
	level   facts.LevelFunc
}

// bases are all measures: the rows' measures, their parts, and the figures beside them.
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

// tallyCell counts what is known of a group. The cohort is the first day of the cohort's month and of
// the following month, in days since 1970.
func tallyCell(facts *facts.Cell, cohort facts.Cohort) Tally {
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

// countMarketwide counts a merchant who may not operate a stall today.
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
