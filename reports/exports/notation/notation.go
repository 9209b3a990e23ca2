// Package notation writes figures in Vietnamese notation, such as 58,3 % and 152.341 đ. A value is
// rounded once.
package notation

import (
	"fmt"
	"strings"
	"time"

	"market40/reports/figures"
	"market40/reports/indicators"
)

// The units of a figure's value.
const (
	Share       = string(indicators.Share)
	Points      = string(indicators.Points)
	perMerchant = string(indicators.PerMerchant)
	Dong        = string(indicators.Dong)
	Bands       = string(indicators.InBands)

	perPayments = string(indicators.PerPayments)
	hours       = "hours" // of a part; no indicator has this unit
)

// The words in the place of a number.
const (
	Hidden  = "ẩn" // never "<5": a hidden number may be large
	Unknown = "–"
	NoData  = "chưa có dữ liệu"
)

// hoursPrefix is the prefix of the keys of parts in hours.
const hoursPrefix = "hours_"

// PartUnit returns the unit of an indicator's part: bands are shares, and some parts are hours.
func PartUnit(unit, key string) string {
	switch {
	case strings.HasPrefix(key, hoursPrefix):
		return hours
	case unit == Bands:
		return Share
	}
	return unit
}

// Value returns a figure's value in Vietnamese notation, such as 58,3 % or 152.341 đ, without a
// line break before the unit.
func Value(f figures.Figure, unit string) string {
	switch {
	case f.Suppressed:
		return Hidden
	case f.Value == nil:
		return NoData
	}
	return figureText(f, unit)
}

// Ratio returns a share with its numerator and denominator: 58,3 % (7/12).
func Ratio(f figures.Figure) string {
	value := Value(f, Share)
	if f.Suppressed || f.Value == nil {
		return value
	}
	return fmt.Sprintf("%s (%s/%s)", value, Quantity(f.Numerator, Unknown), Quantity(f.Denominator,
		Unknown))
}

// groupDigits writes 1234567.8 as 1.234.567,8.
func groupDigits(s string) string {
	minus := strings.HasPrefix(s, "-")
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	var b strings.Builder
	if minus {
		b.WriteByte('-')
	}
	for i, digit := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte('.')
		}
		b.WriteRune(digit)
	}
	if fraction != "" {
		b.WriteString("," + fraction)
	}
	return b.String()
}

// Quantity returns a numerator or a denominator as text, or missing if it is not published.
func Quantity(q *figures.Quantity, missing string) string {
	switch {
	case q == nil:
		return missing
	case q.Money:
		return groupDigits(q.StringFixed(0)) + "\u00a0đ"
	}
	return groupDigits(q.String())
}

// Missing returns the text in the place of a number that a figure does not have. It is empty for an
// unknown figure.
func Missing(f figures.Figure) string {
	if f.Suppressed {
		return Hidden
	}
	return ""
}

// carriesMix reports whether an indicator or a part has an evidence mix. Events and hours have
// none.
func carriesMix(code, part string) bool {
	row, known := indicators.Find(code)
	return (!known || row.HasEvidence()) && part != "swapped" && !strings.HasPrefix(part, hoursPrefix)
}

// Mix returns the evidence as A 7 · B 0 · C 0 · D 0. Lines may break between the levels only.
func Mix(f figures.Figure, code, part string) string {
	e := f.Evidence
	switch {
	case f.Suppressed, f.Value == nil:
		return Unknown
	case e != nil:
		return fmt.Sprintf("A\u00a0%s\u00a0· B\u00a0%s\u00a0· C\u00a0%s\u00a0· D\u00a0%s", Count(e.A), Count(e.B),
			Count(e.C), Count(e.D))
	case carriesMix(code, part) && f.Numerator != nil:
		return Hidden
	}
	return Unknown
}

// Count returns a number with its thousands separated.
func Count(n int) string { return groupDigits(fmt.Sprint(n)) }

// Interval returns the 95 % interval of the true share: 31,2 – 44,2 %.
func Interval(i *figures.Interval, unit string) string {
	if i == nil {
		return ""
	}
	low, _, _ := strings.Cut(numberText(i.Low, unit), "\u00a0")
	return low + "\u00a0–\u00a0" + numberText(i.High, unit)
}

// Coverage returns a coverage with its numerator and denominator: 83,3 % (10/12).
func Coverage(c *figures.Share) string {
	switch {
	case c == nil:
		return Unknown
	case c.Numerator == nil:
		return Hidden
	case c.Value == nil:
		return NoData
	}
	exact := figureText(figures.Figure{
		Value: c.Value, Numerator: figures.Count(*c.Numerator),
		Denominator: figures.Count(c.Denominator),
	}, Share)
	return fmt.Sprintf("%s (%s/%s)", exact, Count(*c.Numerator), Count(c.Denominator))
}

// StepCount returns a step of the funnel as text; nil is hidden.
func StepCount(n *int) string {
	if n == nil {
		return Hidden
	}
	return Count(*n)
}

// Day writes 2026-11-01 as 01/11/2026.
func Day(day string) string {
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return at.Format("02/01/2006")
}

// romans are the numbers of quarters.
var romans = map[string]string{"1": "I", "2": "II", "3": "III", "4": "IV"}

// Period returns a month or a quarter in words, with a text before its year. With "/", 2026-10 is
// tháng 10/2026 and 2026-Q3 is quý III/2026. It returns another text unchanged.
func Period(period, beforeYear string) string {
	year, rest, _ := strings.Cut(period, "-")
	if quarter, is := strings.CutPrefix(rest, "Q"); is {
		return "quý " + romans[quarter] + beforeYear + year
	}
	if rest != "" {
		return "tháng " + strings.TrimPrefix(rest, "0") + beforeYear + year
	}
	return period
}
