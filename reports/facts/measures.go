package facts

import (
	"time"

	"market40/reports/indicators"
)

const (
	week  = 1<<7 - 1
	month = 1<<30 - 1
	// habit is the number of paid days that makes a merchant habitual.
	habit = 4
)

// LevelFunc returns the level on which a merchant counts in a measure, or Nothing if it does not
// count.
type LevelFunc func(*Person) Level

// rules are the measures that do not simply count the level of one query.
var rules = map[indicators.Measure]LevelFunc{
	indicators.Active7:   func(p *Person) Level { return p.active(week, 1) },
	indicators.Active30:  (*Person).Lately,
	indicators.Strict:    func(p *Person) Level { return p.active(month, habit) },
	indicators.Covered:   func(p *Person) Level { return levelIf(p.covered) },
	indicators.Printed:   func(p *Person) Level { return levelIf(p.Codes > 0) },
	indicators.Begun:     func(p *Person) Level { return levelIf(p.FirstBankDay != 0 || p.FirstOwnerDay != 0) },
	indicators.Converted: func(p *Person) Level { return p.Converted },
	indicators.Dormant:   func(p *Person) Level { return levelIf(p.MayBeDormant() && p.Lately() == Nothing) },
	indicators.Retention: (*Person).retained,
}

// LevelOf returns the rule by which a measure counts a merchant, whether or not it operates a
// stall.
func LevelOf(m indicators.Measure) LevelFunc {
	if rule, known := rules[m]; known {
		return rule
	}
	place, known := levelIndexes[string(m)]
	if !known {
		panic("no rule and no query counts the measure " + string(m)) // a fault of the build
	}
	return func(p *Person) Level { return p.levels[place] }
}

// retained returns the level on which a merchant was active again three months after it began.
func (p *Person) retained() Level {
	switch {
	case p.LaterBank:
		return LevelA
	case p.LaterOwner:
		return LevelB
	}
	return Nothing
}

// Denominator reports whether a merchant counts in a measure's denominator.
type Denominator func(*Person, Cohort) bool

// DenominatorOf returns the rule of a measure's denominator, or nil if it counts every merchant who
// operates a stall.
func DenominatorOf(m indicators.Measure) Denominator { return denominators[m] }

// denominators are the rules of measures that count other merchants.
var denominators = map[indicators.Measure]Denominator{
	indicators.Dormant: func(p *Person, _ Cohort) bool { return p.Operates && p.MayBeDormant() },
	// also merchants who have left
	indicators.Converted: func(p *Person, _ Cohort) bool { return p.Inactive },
	indicators.Retention: (*Person).beganIn,
}

// readyIndex is the index of the level of Ready in a person's levels.
var readyIndex = levelIndexes[string(indicators.Ready)]

// MayBeDormant reports whether a merchant is ready, and observed or known to be active.
func (p *Person) MayBeDormant() bool {
	return p.levels[readyIndex] != Nothing && (p.covered || p.Lately() != Nothing)
}

// beganIn reports whether a merchant was first active in the month of a cohort and could be
// observed later.
func (p *Person) beganIn(of Cohort) bool {
	first := earlierOf(p.FirstBankDay, p.FirstOwnerDay)
	return first >= of[0] && first < of[1] && (p.LaterBank || p.LaterOwner || !p.stayed || p.watched)
}

func levelIf(yes bool) Level {
	if yes {
		return LevelA
	}
	return Nothing
}

// CohortMonth returns the first day of the cohort's month of I17: the third month before the last
// that has ended.
func CohortMonth(day time.Time) time.Time {
	return time.Date(day.Year(), day.Month()-4, 1, 0, 0, 0, 0, time.UTC)
}

// Cohort is the month of the new merchants of I17: its first day and the first day of the following
// month, in days since 1970.
type Cohort [2]int64

// CohortOf returns the cohort of a day.
func CohortOf(day time.Time) Cohort {
	began := CohortMonth(day)
	return Cohort{began.Unix() / 86400, began.AddDate(0, 1, 0).Unix() / 86400}
}
