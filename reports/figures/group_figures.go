// Package figures computes the figures of a group of markets from what was counted. It leaves out
// what disclosure rules hide.
package figures

import (
	"slices"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"market40/merchants/platform/bizday"
	"market40/reports/facts"
	"market40/reports/groups"
	"market40/reports/indicators"
)

// View is what a reader may see of one group as of a day.
type View struct {
	*groups.Group

	day     time.Time
	version map[string]int // of the definitions
	paid    *time.Time     // when the newest payment that may be dated became known; nil: the time is hidden
}

// formulas are the figures that are not a single measure, by the indicator's code.
var formulas = map[string]func(View) Figure{
	"I06": View.gap, "I07": View.salesShare, "I08": View.turnoverShare, "I09": View.perActive, "I10": View.bandsFigure,
	"I11": View.feesByTransfer, "I12": View.feesPaid, "I17": View.retention, "I19": View.integrity,
	"I20": View.incidentRate,
	"I21": View.readiness, "I22": View.inclusion, "I23": View.costPerActive,
}

// Figures returns the figures of the group. Those about localities are empty.
func (v View) Figures() Figures {
	f := make(Figures, len(indicators.Rows))
	for _, row := range indicators.Rows {
		formula, special := formulas[row.Code]
		switch {
		case special:
			f[row.Code] = formula(v)
		case row.ByLocality:
			f[row.Code] = v.unknown(row.Code)
		default:
			f[row.Code] = v.share(row)
		}
	}
	return f
}

// isHidden reports whether an indicator is hidden.
func (v View) isHidden(row indicators.Row) bool {
	return slices.ContainsFunc(row.Families(), func(f indicators.Family) bool { return v.Hidden[f] })
}

// codeHidden reports whether the indicator with a code is hidden.
func (v View) codeHidden(code string) bool {
	row, known := indicators.Find(code)
	return !known || v.isHidden(row)
}

// unknown returns the figure of an indicator without facts.
func (v View) unknown(code string) Figure { return Figure{Definition: v.version[code]} }

// hiddenFigure returns the figure of a hidden indicator.
func (v View) hiddenFigure(code string) Figure {
	return Figure{Definition: v.version[code], Suppressed: true}
}

// Measure returns a measure as a share of merchants.
func (v View) Measure(row indicators.Row, m indicators.Measure) Figure {
	counted := v.Tally.Measured[m]
	shown := Figure{Denominator: Count(counted.Of), Definition: v.version[row.Code]}
	if v.Hidden[m.Family()] {
		shown.Suppressed = true
		if row.OwnDenominator { // the register does not show it
			shown.Denominator = nil
		}
		return shown
	}
	evidence := counted.Mix
	shown.Numerator = Count(evidence.Sum())
	shown.Value = Ratio(shown.Numerator, shown.Denominator, 4)
	if evidence.Sum() == 0 || !v.Hidden[m.Evidence()] { // the evidence of zero is known
		shown.Evidence = evidenceOf(evidence)
	}
	return shown
}

// share returns the figure of a row that is a single measure.
func (v View) share(row indicators.Row) Figure {
	shown := v.Measure(row, row.Measure)
	shown.FreshAt = v.fresh(shown, row.FreshBy)
	if row.WithCoverage {
		shown.Coverage = v.Coverage()
	}
	if row.Part != "" {
		shown.Parts = map[string]Figure{string(row.Part): v.Measure(row, row.Part)}
	}
	return shown
}

// retention returns I17. Its period is the month in which the counted merchants began.
func (v View) retention() Figure {
	row, _ := indicators.Find("I17")
	shown := v.share(row)
	shown.Period = facts.CohortMonth(v.day).Format("2006-01")
	return shown
}

// Coverage returns how many merchants are observed.
func (v View) Coverage() *Share {
	counted := v.Tally.Measured[indicators.Covered]
	s := &Share{Denominator: counted.Of}
	if !v.Hidden[indicators.Covered.Family()] {
		n := counted.Mix.Sum()
		s.Numerator, s.Value = &n, Ratio(Count(n), Count(counted.Of), 4)
	}
	return s
}

// fresh returns when the newest fact of some queries became known; nil for a hidden figure. If
// activity is hidden, it is also nil for every figure computed from activity, because the time
// would be the minute of one person's payment.
func (v View) fresh(f Figure, queries ...string) *time.Time {
	var newest time.Time
	for _, query := range queries {
		at := v.Tally.Facts.FreshAt[query]
		if query == "activity" {
			if v.paid == nil {
				return nil
			}
			at = *v.paid
		}
		if at.After(newest) {
			newest = at
		}
	}
	if newest.IsZero() || f.Suppressed {
		return nil
	}
	newest = newest.In(bizday.Vietnam)
	return &newest
}

// gap returns I06.
func (v View) gap() Figure {
	able, active := v.Tally.Measured[indicators.Ready].Mix.Sum(), v.Tally.Measured[indicators.Active30].Mix.Sum()
	shown := Figure{Denominator: Count(v.Tally.Merchants), Definition: v.version["I06"], Coverage: v.Coverage()}
	if shown.Suppressed = v.codeHidden("I06"); !shown.Suppressed {
		shown.Numerator = Count(able - active)
		shown.Value = Ratio(shown.Numerator, shown.Denominator, 4)
	}
	shown.FreshAt = v.fresh(shown, "activity", "ready")
	return shown
}

// perActive returns I09.
func (v View) perActive() Figure {
	if v.codeHidden("I09") {
		f := v.hiddenFigure("I09")
		f.Coverage = v.Coverage()
		return f
	}
	evidence := v.Tally.Payments
	shown := Figure{
		Numerator: Count(evidence.Sum()), Denominator: Count(v.Tally.Measured[indicators.Active30].Mix.Sum()),
		Definition: v.version["I09"], Coverage: v.Coverage(),
	}
	shown.Value = Ratio(shown.Numerator, shown.Denominator, 4)
	if evidence.Sum() == 0 || !v.Hidden[indicators.Active30.Evidence()] {
		shown.Evidence = evidenceOf(evidence)
	}
	shown.FreshAt = v.fresh(shown, "activity")
	return shown
}

// bandKeys are the names of the parts of I10.
var bandKeys = [4]string{"le_50k", "le_200k", "le_1m", "over_1m"}

// bandsFigure returns I10.
func (v View) bandsFigure() Figure {
	if v.codeHidden("I10") {
		return v.hiddenFigure("I10")
	}
	parts := map[string]Figure{}
	for b, key := range bandKeys {
		n := int(v.Tally.Bands[b])
		f := Figure{
			Numerator: Count(n), Denominator: Count(v.Tally.Payments.A), Evidence: &Evidence{A: n},
			Definition: v.version["I10"],
		}
		f.Value = Ratio(f.Numerator, f.Denominator, 4)
		parts[key] = f
	}
	shown := parts[bandKeys[0]]
	shown.Parts = parts
	shown.FreshAt = v.fresh(shown, "activity")
	return shown
}

func (v View) feesByTransfer() Figure { return v.fee("I11") }

func (v View) feesPaid() Figure { return v.fee("I12") }

// fee returns I11 or I12.
func (v View) fee(code string) Figure {
	fees := v.Tally.Facts.Fees
	if fees == nil {
		return v.unknown(code)
	}
	shown := Figure{
		Definition: v.version[code], Period: time.Unix(fees.Month*24*60*60, 0).UTC().Format("2006-01"),
		Suppressed: v.codeHidden(code),
	}
	if !shown.Suppressed {
		shown.Numerator, shown.Denominator = Amount(fees.Paid), Amount(fees.Due)
		if code == "I11" {
			shown.Numerator, shown.Denominator = Amount(fees.ByTransfer), Amount(fees.Paid)
		}
		shown.Value = Ratio(shown.Numerator, shown.Denominator, 4)
	}
	shown.FreshAt = v.fresh(shown, "fees")
	return shown
}

// costPerActive returns I23.
func (v View) costPerActive() Figure {
	if v.Tally.Facts.Costs == 0 {
		return v.unknown("I23")
	}
	if v.codeHidden("I23") {
		return v.hiddenFigure("I23")
	}
	shown := Figure{
		Numerator:   Amount(v.Tally.Facts.Costs),
		Denominator: Count(v.Tally.Measured[indicators.Active30].Mix.Sum()), Definition: v.version["I23"],
	}
	shown.Value = Ratio(shown.Numerator, shown.Denominator, 0)
	shown.FreshAt = v.fresh(shown, "costs", "activity")
	return shown
}

// evidenceOf returns the counts by level of evidence as they are published.
func evidenceOf(m groups.Mix) *Evidence { return &Evidence{A: m.A, B: m.B, C: m.C, D: m.D} }

// Amount returns a quantity of đồng.
func Amount(n int64) *Quantity { return &Quantity{Decimal: decimal.NewFromInt(n), Money: true} }

// Ratio returns a quotient, rounded half away from zero. It is nil where the denominator is zero or
// unknown.
func Ratio(numerator, denominator *Quantity, places int32) *string {
	if denominator.IsZero() {
		return nil
	}
	s := numerator.DivRound(denominator.Decimal, places).StringFixed(places)
	return &s
}

// medianHours returns the median of durations in seconds, as hours with four decimals; nil for an
// empty list.
func medianHours(seconds []int64) *string {
	if len(seconds) == 0 {
		return nil
	}
	sorted := slices.Sorted(slices.Values(seconds))
	middle := decimal.NewFromInt(sorted[len(sorted)/2])
	if len(sorted)%2 == 0 {
		middle = middle.Add(decimal.NewFromInt(sorted[len(sorted)/2-1])).Div(decimal.NewFromInt(2))
	}
	s := middle.DivRound(decimal.NewFromInt(60*60), 4).StringFixed(4)
	return &s
}

// roundEstimate formats an estimate with four decimals.
func roundEstimate(x float64) string { return strconv.FormatFloat(x, 'f', 4, 64) }

// Funnel returns the steps to habit of the group.
func (v View) Funnel() *Funnel {
	count := func(m indicators.Measure) *int {
		if v.Hidden[m.Family()] {
			return nil
		}
		n := v.Tally.Measured[m].Mix.Sum()
		return &n
	}
	return &Funnel{
		Registered: count(
			indicators.Registered,
		),
		Verified:     count(indicators.Verified),
		Printed:      count(indicators.Printed),
		FirstPayment: count(indicators.Begun),
		Active:       count(indicators.Active30),
		Habitual:     count(indicators.Strict),
	}
}
