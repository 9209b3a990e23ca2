package reports

import (
	"market40/reports/estimate"
)

// measure is a count of merchants among merchants, each on its best evidence.
type measure int

// The measures.
const (
	registered measure = iota
	verified
	ready
	active7
	active30
	dormant
	strict
	covered
	printed
	begun
	trained
	converted
	visited
	retained
	measures
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
	measured   [measures]measured
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

// tallied counts what is known of a group. The cohort are the first day of the month whose beginners are asked for and of the
// month after it, in days since 1970.
func tallied(facts *cell, cohort [2]int64) tally {
	t := tally{facts: facts}
	var most, all int64
	for _, p := range facts.people {
		t.countMarketwide(p, cohort)
		all, most = all+p.turnover, max(most, p.turnover)
		if !p.operates {
			continue
		}
		t.merchants++
		t.countOperating(p)
	}
	for m := range t.measured {
		if m := measure(m); m != dormant && m != converted && m != retained {
			t.measured[m].of = t.merchants
		}
	}
	t.dominated = 2*most > all
	return t
}

// countOperating counts a merchant of Mop.
func (t *tally) countOperating(p *person) {
	lately := p.active(month, 1)
	for _, m := range ofOperating {
		t.measured[m].count(p.level(m))
	}
	if p.mayBeDormant() {
		t.measured[dormant].of++
		t.measured[dormant].count(levelIf(lately == nothing))
	}
	switch lately {
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

// ofOperating are the measures that count merchants of Mop, each on its level.
var ofOperating = []measure{registered, verified, ready, active7, active30, strict, covered, printed, begun, trained, visited}

// level returns on what a merchant counts in a measure, whether or not it operates.
func (p *person) level(m measure) level {
	switch m {
	case registered:
		return p.registered
	case verified:
		return p.verified
	case ready:
		return p.ready
	case active7:
		return p.active(week, 1)
	case active30:
		return p.active(month, 1)
	case strict:
		return p.active(month, habit)
	case trained:
		return p.trained
	case visited:
		return p.visited
	case covered:
		return levelIf(p.covered)
	case printed:
		return levelIf(p.codes > 0)
	case begun:
		return levelIf(p.firstTold != 0 || p.firstWord != 0)
	case converted:
		return p.converted
	case retained:
		switch {
		case p.laterTold:
			return levelA
		case p.laterWord:
			return levelB
		}
	}
	return nothing
}

// mayBeDormant reports whether a merchant is ready and observed, or known to be active.
func (p *person) mayBeDormant() bool {
	return p.ready != nothing && (p.covered || p.active(month, 1) != nothing)
}

// countMarketwide counts a merchant whether or not it operates today.
func (t *tally) countMarketwide(p *person, cohort [2]int64) {
	t.paid += one(p.active(month, 1) != nothing)
	if p.inactive {
		t.measured[converted].of++
		t.measured[converted].count(p.converted)
	}
	if p.beganIn(cohort) {
		t.measured[retained].of++
		switch {
		case p.laterTold:
			t.measured[retained].count(levelA)
		case p.laterWord:
			t.measured[retained].count(levelB)
		}
	}
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
