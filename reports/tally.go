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

const (
	week  = 1<<7 - 1
	month = 1<<30 - 1
	// habit is on how many days a merchant is paid who is so by habit.
	habit = 4
)

// levelFunc returns on what a merchant counts in a measure; nothing: it does not count.
type levelFunc func(*person) level

// rules are the measures that count more than whom one query tells a level of.
var rules = map[indicators.Measure]levelFunc{
	indicators.Active7:   func(p *person) level { return p.active(week, 1) },
	indicators.Active30:  func(p *person) level { return p.active(month, 1) },
	indicators.Strict:    func(p *person) level { return p.active(month, habit) },
	indicators.Covered:   func(p *person) level { return levelIf(p.covered) },
	indicators.Printed:   func(p *person) level { return levelIf(p.codes > 0) },
	indicators.Begun:     func(p *person) level { return levelIf(p.firstTold != 0 || p.firstWord != 0) },
	indicators.Converted: func(p *person) level { return p.converted },
	indicators.Dormant:   func(p *person) level { return levelIf(p.mayBeDormant() && p.active(month, 1) == nothing) },
	indicators.Retention: (*person).retained,
}

// levelIn returns the rule of a measure, whether or not a merchant operates a stall.
func levelIn(m indicators.Measure) levelFunc {
	if rule, known := rules[m]; known {
		return rule
	}
	place, known := levelPlaces[string(m)]
	if !known {
		panic("no rule and no query counts the measure " + string(m)) // a fault of the build
	}
	return func(p *person) level { return p.levels[place] }
}

// retained returns on what a merchant was active again three months after it began.
func (p *person) retained() level {
	switch {
	case p.laterTold:
		return levelA
	case p.laterWord:
		return levelB
	}
	return nothing
}

// basis is one measure as it is counted: whom its denominator counts, and on what each of them counts.
type basis struct {
	measure indicators.Measure
	among   func(p *person, cohort [2]int64) bool // nil: every merchant of Mop
	level   levelFunc
}

// denominators are those that count other merchants than Mop.
var denominators = map[indicators.Measure]func(*person, [2]int64) bool{
	indicators.Dormant:   func(p *person, _ [2]int64) bool { return p.operates && p.mayBeDormant() },
	indicators.Converted: func(p *person, _ [2]int64) bool { return p.inactive }, // also who has left since
	indicators.Retention: (*person).beganIn,
}

// bases are all measures: those of the rows, their parts, and what stands beside them.
var bases = func() (list []basis) {
	add := func(m indicators.Measure) {
		list = append(list, basis{m, denominators[m], levelIn(m)})
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
func tallied(facts *cell, cohort [2]int64) tally {
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
	switch p.active(month, 1) {
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

// readyPlace is where a person's levels hold whether its code is ready.
var readyPlace = levelPlaces[string(indicators.Ready)]

// mayBeDormant reports whether a merchant is ready and observed, or known to be active.
func (p *person) mayBeDormant() bool {
	return p.levels[readyPlace] != nothing && (p.covered || p.active(month, 1) != nothing)
}

// countMarketwide counts a merchant whether or not it operates today.
func (t *tally) countMarketwide(p *person) {
	t.paid += one(p.active(month, 1) != nothing)
	if p.customers > 0 {
		t.declared = append(t.declared, estimate.Pair{Y: float64(p.transfers), X: float64(p.customers)})
	}
	t.codes.displayed += p.codes
	t.codes.byOwner += p.codesByOwner
	t.codes.byOthers += p.codesByOthers
	t.codes.merchants += one(p.codes > 0)
	t.codes.checked += one(p.codesByOwner+p.codesByOthers > 0)
}

// beganIn reports whether a merchant was first active in the month of a cohort, and it is known what became of it.
func (p *person) beganIn(cohort [2]int64) bool {
	first := earlier(p.firstTold, p.firstWord)
	return first >= cohort[0] && first < cohort[1] && (p.laterTold || p.laterWord || !p.stayed || p.watched)
}

func levelIf(yes bool) level {
	if yes {
		return levelA
	}
	return nothing
}

// strata are a group's counted half-hours by stratum: of sales, or of turnover. They are those of the plans that are complete, each stratum
// counted twice at least; while none is, of every plan of which something was counted. Sufficient: of complete plans, ten in all, with a sale.
func (c *cell) strata(turnover bool) (strata []estimate.Stratum, seen [2]int64, counted int, sufficient bool) {
	at := 0
	if turnover {
		at = 2
	}
	drawn := map[string]int{} // by stratum
	for _, h := range c.halfHours {
		drawn[h.stratum] += one(h.counted[at] >= 0)
	}
	begun, thin, complete := map[string]bool{}, map[string]bool{}, false
	for stratum, n := range drawn {
		plan := planOf(stratum)
		begun[plan], thin[plan] = begun[plan] || n > 0, thin[plan] || n < 2
	}
	for plan := range begun {
		complete = complete || !thin[plan]
	}
	places := map[string]int{}
	for _, h := range c.halfHours {
		if plan := planOf(h.stratum); !begun[plan] || complete && thin[plan] {
			continue
		}
		place, known := places[h.stratum]
		if !known {
			place = len(strata)
			places[h.stratum] = place
			strata = append(strata, estimate.Stratum{Size: h.size})
		}
		if all, cashless := h.counted[at], h.counted[at+1]; all >= 0 {
			strata[place].Drawn = append(strata[place].Drawn, estimate.Pair{Y: float64(cashless), X: float64(all)})
			seen[0], seen[1] = seen[0]+cashless, seen[1]+all
			counted++
		}
	}
	return strata, seen, counted, complete && counted >= 10 && seen[1] > 0
}

// planOf is the plan of a stratum, which is named "plan stratum".
func planOf(stratum string) string { return stratum[:36] }
