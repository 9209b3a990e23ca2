package reports

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"market40/merchants/platform/bizday"
	"market40/reports/facts"
	"market40/reports/groups"
	"market40/reports/indicators"
)

// view is the figures of a group as of a day, without what is hidden.
type view struct {
	*groups.Group

	day     time.Time
	version map[string]int // of the definitions
	// when the newest payment that may be shown became known; nil: none may be shown
	paid *time.Time
}

// formulas are the figures that are not simply a measure, by code.
var formulas = map[string]func(view) Figure{
	"I06": view.gap, "I07": view.salesShare, "I08": view.turnoverShare, "I09": view.perActive, "I10": view.bandsFigure,
	"I11": view.feesByTransfer, "I12": view.feesPaid, "I17": view.retention, "I19": view.integrity,
	"I20": view.incidentRate,
	"I21": view.readiness, "I22": view.inclusion, "I23": view.costPerActive,
}

// figures returns the group's figures, except those about localities.
func (g view) figures() Figures {
	f := make(Figures, len(indicators.Rows))
	for _, row := range indicators.Rows {
		formula, special := formulas[row.Code]
		switch {
		case special:
			f[row.Code] = formula(g)
		case row.ByLocality:
			f[row.Code] = g.unknown(row.Code)
		default:
			f[row.Code] = g.share(row)
		}
	}
	return f
}

// isHidden reports whether an indicator is hidden.
func (g view) isHidden(row indicators.Row) bool {
	return slices.ContainsFunc(row.Families(), func(f indicators.Family) bool { return g.Hidden[f] })
}

// codeHidden reports whether the indicator with a code is hidden.
func (g view) codeHidden(code string) bool {
	row, known := indicators.Find(code)
	return !known || g.isHidden(row)
}

// unknown returns a figure without data.
func (g view) unknown(code string) Figure { return Figure{Definition: g.version[code]} }

// hiddenFigure returns a hidden figure.
func (g view) hiddenFigure(code string) Figure {
	return Figure{Definition: g.version[code], Suppressed: true}
}

// measure returns the share of merchants that a row defines.
func (g view) measure(row indicators.Row, m indicators.Measure) Figure {
	counted := g.Tally.Measured[m]
	shown := Figure{Denominator: Count(counted.Of), Definition: g.version[row.Code]}
	if g.Hidden[m.Family()] {
		shown.Suppressed = true
		if row.OwnDenominator { // the register does not show it
			shown.Denominator = nil
		}
		return shown
	}
	evidence := counted.Mix
	shown.Numerator = Count(evidence.Sum())
	shown.Value = quotient(shown.Numerator, shown.Denominator, 4)
	// the mix of a numerator of 0 follows from the numerator
	if evidence.Sum() == 0 || !g.Hidden[m.Evidence()] {
		shown.Evidence = evidenceOf(evidence)
	}
	return shown
}

// share returns the figure of a row with a measure. The freshness is that of a query.
func (g view) share(row indicators.Row) Figure {
	shown := g.measure(row, row.Measure)
	shown.FreshAt = g.fresh(shown, row.FreshBy)
	if row.WithCoverage {
		shown.Coverage = g.coverage()
	}
	if row.Part != "" {
		shown.Parts = map[string]Figure{string(row.Part): g.measure(row, row.Part)}
	}
	return shown
}

// retention returns I17, with the month of its new merchants.
func (g view) retention() Figure {
	row, _ := indicators.Find("I17")
	shown := g.share(row)
	shown.Period = facts.CohortMonth(g.day).Format("2006-01")
	return shown
}

// coverage returns how many merchants are observed.
func (g view) coverage() *Share {
	counted := g.Tally.Measured[indicators.Covered]
	s := &Share{Denominator: counted.Of}
	if !g.Hidden[indicators.Covered.Family()] {
		n := counted.Mix.Sum()
		s.Numerator, s.Value = &n, quotient(Count(n), Count(counted.Of), 4)
	}
	return s
}

// fresh returns when the newest counted fact became known. It returns nil for a hidden figure. If
// activity is hidden, it also returns nil for every figure that depends on it, because the time
// would be that of a person's payment.
func (g view) fresh(f Figure, queries ...string) *time.Time {
	var newest time.Time
	for _, query := range queries {
		at := g.Tally.Facts.FreshAt[query]
		if query == "activity" {
			if g.paid == nil {
				return nil
			}
			at = *g.paid
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

func (g view) gap() Figure {
	able, active := g.Tally.Measured[indicators.Ready].Mix.Sum(), g.Tally.Measured[indicators.Active30].Mix.Sum()
	shown := Figure{Denominator: Count(g.Tally.Merchants), Definition: g.version["I06"], Coverage: g.coverage()}
	if shown.Suppressed = g.codeHidden("I06"); !shown.Suppressed {
		shown.Numerator = Count(able - active)
		shown.Value = quotient(shown.Numerator, shown.Denominator, 4)
	}
	shown.FreshAt = g.fresh(shown, "activity", "ready")
	return shown
}

func (g view) perActive() Figure {
	if g.codeHidden("I09") {
		f := g.hiddenFigure("I09")
		f.Coverage = g.coverage()
		return f
	}
	e := g.Tally.Payments
	shown := Figure{
		Numerator: Count(e.Sum()), Denominator: Count(g.Tally.Measured[indicators.Active30].Mix.Sum()),
		Definition: g.version["I09"], Coverage: g.coverage(),
	}
	shown.Value = quotient(shown.Numerator, shown.Denominator, 4)
	if e.Sum() == 0 || !g.Hidden[indicators.Active30.Evidence()] {
		shown.Evidence = evidenceOf(e)
	}
	shown.FreshAt = g.fresh(shown, "activity")
	return shown
}

// bandKeys are the parts of I10.
var bandKeys = [4]string{"le_50k", "le_200k", "le_1m", "over_1m"}

func (g view) bandsFigure() Figure {
	if g.codeHidden("I10") {
		return g.hiddenFigure("I10")
	}
	parts := map[string]Figure{}
	for b, key := range bandKeys {
		n := int(g.Tally.Bands[b])
		f := Figure{
			Numerator: Count(n), Denominator: Count(g.Tally.Payments.A), Evidence: &Evidence{A: n},
			Definition: g.version["I10"],
		}
		f.Value = quotient(f.Numerator, f.Denominator, 4)
		parts[key] = f
	}
	shown := parts[bandKeys[0]]
	shown.Parts = parts
	shown.FreshAt = g.fresh(shown, "activity")
	return shown
}

func (g view) feesByTransfer() Figure { return g.fee("I11") }

func (g view) feesPaid() Figure { return g.fee("I12") }

// fee returns I11 or I12.
func (g view) fee(code string) Figure {
	of := g.Tally.Facts.Fees
	if of == nil {
		return g.unknown(code)
	}
	shown := Figure{
		Definition: g.version[code], Period: time.Unix(of.Month*24*60*60, 0).UTC().Format("2006-01"),
		Suppressed: g.codeHidden(code),
	}
	if !shown.Suppressed {
		shown.Numerator, shown.Denominator = dong(of.Paid), dong(of.Due)
		if code == "I11" {
			shown.Numerator, shown.Denominator = dong(of.ByTransfer), dong(of.Paid)
		}
		shown.Value = quotient(shown.Numerator, shown.Denominator, 4)
	}
	shown.FreshAt = g.fresh(shown, "fees")
	return shown
}

func (g view) costPerActive() Figure {
	if g.Tally.Facts.Costs == 0 {
		return g.unknown("I23")
	}
	if g.codeHidden("I23") {
		return g.hiddenFigure("I23")
	}
	shown := Figure{
		Numerator:   dong(g.Tally.Facts.Costs),
		Denominator: Count(g.Tally.Measured[indicators.Active30].Mix.Sum()), Definition: g.version["I23"],
	}
	shown.Value = quotient(shown.Numerator, shown.Denominator, 0)
	shown.FreshAt = g.fresh(shown, "costs", "activity")
	return shown
}

// evidenceOf returns the number on each level as it is published.
func evidenceOf(m groups.Mix) *Evidence { return &Evidence{A: m.A, B: m.B, C: m.C, D: m.D} }

// dong returns an amount in đồng.
func dong(n int64) *Quantity { return &Quantity{Decimal: decimal.NewFromInt(n), Money: true} }

// quotient returns a quotient rounded half away from zero, or nil if the denominator is 0.
func quotient(numerator, denominator *Quantity, places int32) *string {
	if denominator.IsZero() {
		return nil
	}
	s := numerator.DivRound(denominator.Decimal, places).StringFixed(places)
	return &s
}

// median returns the median of seconds, in hours with four decimals, or nil if there are none.
func median(seconds []int64) *string {
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

// newest returns the newest freshness of all figures with a known hour.
func (f Figures) newest() *time.Time {
	var newest *time.Time
	for _, code := range slices.Sorted(maps.Keys(f)) {
		if at := f[code].FreshAt; at != nil && !dayOnly(*at) && (newest == nil || at.After(*newest)) {
			newest = at
		}
	}
	return newest
}

// valueOf reads a value. It returns false if it is not known.
func (f Figure) valueOf() (decimal.Decimal, bool) {
	if f.Value == nil {
		return decimal.Decimal{}, false
	}
	d, err := decimal.NewFromString(*f.Value)
	return d, err == nil
}

// rounded writes an estimate with four decimals.
func rounded(x float64) string { return strconv.FormatFloat(x, 'f', 4, 64) }
