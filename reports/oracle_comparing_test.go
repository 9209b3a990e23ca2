package reports_test

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"
)

// comparing compares one answer with the oracle.
type comparing struct {
	rapid.TB
	*drawnQuestion
	question
	where string
}

func (c *comparing) wrong(code, format string, args ...any) {
	c.TB.Errorf("%s asks %s, %s, %s: %s", c.who, c.query(), c.where, code, fmt.Sprintf(format, args...))
}

func (c *comparing) markets(row servedRow, group []*factMarket) {
	var got, want []string
	for _, m := range row.Markets {
		got = append(got, m.Code)
	}
	for _, m := range group {
		want = append(want, m.code)
	}
	if !slices.Equal(got, want) {
		c.wrong("markets", "%v, not %v", got, want)
	}
}

// group compares everything that is published about some markets, and returns the oracle's figures.
func (c *comparing) group(w *factWorld, group []*factMarket, got servedReport) figuresOf {
	o := &oracle{factWorld: w, group: group, moment: c.moment}
	want := o.figures()
	c.timely(w, group, got.Total, want)
	for code, f := range want {
		if code != "coverage" {
			c.figure(code, got.Total[code], f)
		}
	}
	coverage := want["coverage"]
	coverage.mixed = false
	c.figure("coverage", got.Coverage, coverage)
	mop := o.mop()
	printed := countMerchants(mop, func(m uuid.UUID) byte {
		if o.printed(m) {
			return 'A'
		}
		return 0
	})
	for step, n := range map[string]int{
		"registered": int(want["I01"].num.IntPart()), "verified": int(want["I02"].num.IntPart()),
		"printed": int(printed.num.IntPart()), "first_payment": o.firstPayment(),
		"active": int(want["I05"].num.IntPart()), "habitual": int(want["I05"].parts["strict"].num.IntPart()),
	} {
		if got.Funnel[step] == nil {
			c.hide(step)
		} else if *got.Funnel[step] != n {
			c.wrong(step, "%d, not %d", *got.Funnel[step], n)
		}
		c.record("funnel "+step, got.Funnel[step] != nil, n > 0)
	}
	return want
}

// hide counts figures that cannot be compared. For a market's own manager only amounts are hidden.
func (c *comparing) hide(code string) {
	c.hidden++
	if c.who != "admin" && !slices.Contains([]string{"I08", "I08 D", "I11", "I12"}, code) {
		c.wrong(code, "hidden from the market's own manager")
	}
}

// rule checks that figures are hidden exactly by the rule. Names in the register are public, so
// their counts are never hidden. A count of few people, or of the acts of few people, is always
// hidden.
func (c *comparing) rule(code string, got served, want counted) {
	hidden := got.Suppressed || got.Numerator == nil
	isFew := func(n decimal.Decimal) bool { return n.IsPositive() && n.LessThan(decimalOf(5)) }
	switch code {
	case "I01", "I02", "coverage":
		if hidden && want.known {
			c.wrong(code, "hidden, though the register shows it by name")
		}
	case "I03", "I04", "I05", "I05 strict", "I14", "I15", "I16", "I17", "I18":
		if c.who == "admin" && !hidden && (isFew(want.num) || isFew(want.den)) {
			c.wrong(code, "%s of %s is shown", want.num, want.den)
		}
	}
}

func (c *comparing) figure(code string, got served, want counted) {
	c.rule(code, got, want)
	if got.Suppressed || strings.HasPrefix(code, "coverage") && got.Numerator == nil {
		c.hide(code)
		c.comparisonOf(code).hidden++
		return
	}
	c.compared++
	c.record(code, want.known, !want.num.IsZero())
	c.sureness(code, got, want)
	if reported, said := got.text(), want.text(); reported != said {
		c.wrong(code, "%s, not %s", reported, said)
	}
	if want.mixed && got.Evidence == nil && c.who != "admin" {
		c.wrong(code, "has no evidence")
	}
	if e := got.Evidence; want.mixed && e != nil {
		mix := [4]int{e.A, e.B, e.C, e.D}
		if mix != want.evidence {
			c.wrong(code, "evidence %v, not %v", mix, want.evidence)
		}
		if sum := decimal.NewFromInt(int64(e.A + e.B + e.C + e.D)); !sum.Equal(*got.Numerator) {
			c.wrong(code, "the evidence adds up to %s, the numerator is %s", sum, got.Numerator)
		}
	}
	for name, part := range want.parts {
		c.figure(code+" "+name, got.Parts[name], part)
	}
	for name := range got.Parts {
		if _, known := want.parts[name]; !known {
			c.wrong(code, "a part %s", name)
		}
	}
}

// sureness compares a figure's interval and its freshness. Intervals are computed in floats, so the
// last digit may differ.
func (c *comparing) sureness(code string, got served, want counted) {
	switch {
	case (got.Interval == nil) != (want.interval == nil):
		c.wrong(code, "an interval %v, not %v", got.Interval, want.interval)
	case want.interval != nil:
		c.record("interval", true, want.interval.low > 0 && want.interval.high < 1)
		off := max(math.Abs(got.Interval.Low.InexactFloat64()-want.interval.low),
			math.Abs(got.Interval.High.InexactFloat64()-want.interval.high))
		if off > 0.00015 {
			c.wrong(code, "an interval %v, not %v", got.Interval, want.interval)
		}
	}
	if want.fresh == nil {
		return
	}
	if got.FreshAt == nil && !want.fresh.IsZero() || got.FreshAt != nil && !got.FreshAt.Equal(*want.fresh) {
		c.wrong(code, "fresh at %v, not %v", got.FreshAt, want.fresh)
	}
	c.record("fresh at", got.FreshAt != nil, !want.fresh.IsZero())
}

func (f served) text() string {
	text := fmt.Sprint(f.Numerator, "/", f.Denominator)
	if f.Numerator == nil || f.Denominator == nil {
		text = "nothing"
	}
	if f.Value != nil {
		text += " " + *f.Value
	}
	if f.Period != nil {
		text += " of " + *f.Period
	}
	return text
}

func (f counted) text() string {
	text := fmt.Sprint(f.num, "/", f.den)
	if !f.known {
		return "nothing"
	}
	if f.value != "" {
		text += " " + f.value
	}
	if f.period != "" {
		text += " of " + f.period
	}
	return text
}
