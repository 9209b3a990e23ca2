package reports

import (
	"time"

	"market40/reports/indicators"
)

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
	indicators.Active30:  (*person).lately,
	indicators.Strict:    func(p *person) level { return p.active(month, habit) },
	indicators.Covered:   func(p *person) level { return levelIf(p.covered) },
	indicators.Printed:   func(p *person) level { return levelIf(p.codes > 0) },
	indicators.Begun:     func(p *person) level { return levelIf(p.firstTold != 0 || p.firstWord != 0) },
	indicators.Converted: func(p *person) level { return p.converted },
	indicators.Dormant:   func(p *person) level { return levelIf(p.mayBeDormant() && p.lately() == nothing) },
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

// denominator says whether a merchant counts in a measure's denominator.
type denominator func(*person, cohort) bool

// denominatorOf returns whom a measure's denominator counts; nil: every merchant who operates a stall.
func denominatorOf(m indicators.Measure) denominator { return denominators[m] }

// denominators are those that count other merchants.
var denominators = map[indicators.Measure]denominator{
	indicators.Dormant:   func(p *person, _ cohort) bool { return p.operates && p.mayBeDormant() },
	indicators.Converted: func(p *person, _ cohort) bool { return p.inactive }, // also who has left since
	indicators.Retention: (*person).beganIn,
}

// readyPlace is where a person's levels hold whether its code is ready.
var readyPlace = levelPlaces[string(indicators.Ready)]

// mayBeDormant reports whether a merchant is ready and observed, or known to be active.
func (p *person) mayBeDormant() bool {
	return p.levels[readyPlace] != nothing && (p.covered || p.lately() != nothing)
}

// beganIn reports whether a merchant was first active in the month of a cohort, and it is known what became of it.
func (p *person) beganIn(of cohort) bool {
	first := earlier(p.firstTold, p.firstWord)
	return first >= of[0] && first < of[1] && (p.laterTold || p.laterWord || !p.stayed || p.watched)
}

func levelIf(yes bool) level {
	if yes {
		return levelA
	}
	return nothing
}

// cohortMonth is the first day of the month whose beginners I17 asks for: the third before the last that has ended.
func cohortMonth(day time.Time) time.Time {
	return time.Date(day.Year(), day.Month()-4, 1, 0, 0, 0, 0, time.UTC)
}

// cohort is the month whose beginners I17 asks for: its first day, and that of the month after it, in days since 1970.
type cohort [2]int64

// cohortAt returns the cohort that is asked for on a day.
func cohortAt(day time.Time) cohort {
	began := cohortMonth(day)
	return cohort{began.Unix() / 86400, began.AddDate(0, 1, 0).Unix() / 86400}
}
