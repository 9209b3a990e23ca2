package periodic

import (
	"fmt"
	"regexp"
	"strconv"
	"time"

	"market40/merchants/platform/problem"
)

// The kinds of period.
const (
	Month   = "month"
	Quarter = "quarter"
)

// Period is a month or a quarter, as a half-open range of days.
type Period struct {
	Kind        string
	First, Next time.Time // 00:00 UTC: dates, not moments
}

var periodForm = map[string]*regexp.Regexp{
	Month:   regexp.MustCompile(`^(20[0-9]{2})-(0[1-9]|1[0-2])$`),
	Quarter: regexp.MustCompile(`^(20[0-9]{2})-Q([1-4])$`),
}

// ParsePeriod parses "2026-10" as a month and "2026-Q3" as a quarter.
func ParsePeriod(kind, text string) (Period, error) {
	form, known := periodForm[kind]
	if !known {
		return Period{}, problem.InFields(problem.UnknownValue("kind", kind, Month, Quarter))
	}
	parts := form.FindStringSubmatch(text)
	switch {
	case parts == nil && kind == Month:
		return Period{}, problem.Of(
			"period",
			"period_form",
			"Tháng có dạng 2026-10.",
			"Expected a month such as 2026-10.",
		)
	case parts == nil:
		return Period{}, problem.Of(
			"period",
			"period_form",
			"Quý có dạng 2026-Q3.",
			"Expected a quarter such as 2026-Q3.",
		)
	}
	year, _ := strconv.Atoi(parts[1])
	n, _ := strconv.Atoi(parts[2])
	if kind == Month {
		return monthOf(year, time.Month(n)), nil
	}
	return quarterOf(year, time.Month(3*n-2)), nil
}

// quarterOf returns the quarter that begins with a month.
func quarterOf(year int, first time.Month) Period {
	began := time.Date(year, first, 1, 0, 0, 0, 0, time.UTC)
	return Period{Quarter, began, began.AddDate(0, 3, 0)}
}

func monthOf(year int, month time.Month) Period {
	first := time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
	return Period{Month, first, first.AddDate(0, 1, 0)}
}

// lastMonth returns the last month that has ended on a day.
func lastMonth(today time.Time) Period {
	return monthOf(today.Year(), today.Month()-1)
}

// lastQuarter returns the last quarter that has ended on a day.
func lastQuarter(today time.Time) Period {
	return quarterOf(today.Year(), (today.Month()-1)/3*3-2)
}

// String returns the period in the form that ParsePeriod reads.
func (p Period) String() string {
	if p.Kind == Quarter {
		return fmt.Sprintf("%d-Q%d", p.First.Year(), (int(p.First.Month())+2)/3)
	}
	return p.First.Format("2006-01")
}

// Last returns the period's last day.
func (p Period) Last() time.Time { return p.Next.AddDate(0, 0, -1) }

// Due returns the last day on which the period's report is on time: a day of the following month.
func (p Period) Due(day int) time.Time {
	return time.Date(p.Next.Year(), p.Next.Month(), day, 0, 0, 0, 0, time.UTC)
}

// vi and en return the period for use in a sentence.
func (p Period) vi() string {
	if p.Kind == Quarter {
		return fmt.Sprintf("quý %s/%d", []string{"I", "II", "III", "IV"}[(int(p.First.Month())-1)/3], p.First.Year())
	}
	return p.First.Format("tháng 1/2006")
}

func (p Period) en() string { return p.String() }
