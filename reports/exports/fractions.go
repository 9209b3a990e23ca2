package exports

import (
	"github.com/shopspring/decimal"

	"market40/reports"
)

// fraction is a value before it is rounded: two roundings one after the other make 59,0 % of
// 504/855, which is 58,9 %.
type fraction struct{ over, under decimal.Decimal }

var one = decimal.NewFromInt(1)

// mostPlaces is more decimals than any value is told with; a file may claim others.
const mostPlaces = 12

// fractionOf is what a value was rounded from, where its numerator and denominator give it.
// Estimates with weights and medians are no quotient of theirs: they are as they are told.
func fractionOf(value string, over, under *reports.Quantity, unit string) (fraction, error) {
	told, err := decimal.NewFromString(value)
	if err != nil {
		return fraction{}, err
	}
	whole := fraction{told, one}
	if over == nil || under == nil || !under.IsPositive() || unit == hours || unit == dong {
		return whole, nil
	}
	exact := fraction{over.Decimal, under.Decimal}
	if unit == perPayments {
		exact.over = exact.over.Shift(4)
	}
	if places := -told.Exponent(); places >= 0 && places <= mostPlaces && exact.rounded(places).Equal(told) {
		return exact, nil
	}
	return whole, nil
}

// rounded is half away from zero.
func (f fraction) rounded(places int32) decimal.Decimal { return f.over.DivRound(f.under, places) }

// number is the fraction as a workbook holds it: with fifteen digits, which binary64 keeps as they
// are written, so that rounding it again for people gives what rounding once does. What lies
// half-way lies a last digit above: 0.5045 × 100 is 50.449… in binary64, and LibreOffice shows 50.4
// %.
func (f fraction) number(unit string) float64 {
	const digits = 15
	places := max(0, int32(digits-len(f.rounded(0).Abs().String())))
	n := f.rounded(places)
	twice := fraction{f.over.Shift(shownPlaces(unit)).Add(f.over.Shift(shownPlaces(unit))), f.under}
	if halves := twice.rounded(0); halves.Mul(f.under).Equal(twice.over) && halves.IsInteger() &&
		!halves.Mod(decimal.NewFromInt(2)).IsZero() {
		n = n.Add(decimal.New(int64(n.Sign()), -places))
	}
	return n.InexactFloat64()
}

// shownPlaces are the decimals that people are shown of a value in a unit: of a share, those of its
// hundredfold and two.
func shownPlaces(unit string) int32 {
	switch unit {
	case dong:
		return 0
	case perMerchant, perPayments, hours:
		return 1
	}
	return 3
}

// text is the fraction in a unit, as Vietnamese is written.
func (f fraction) text(unit string) string {
	hundredfold := fraction{f.over.Shift(2), f.under}
	switch unit {
	case points:
		return grouped(hundredfold.rounded(1).StringFixed(1)) + "\u00a0điểm phần trăm"
	case perMerchant, perPayments:
		return grouped(f.rounded(1).StringFixed(1))
	case hours:
		return grouped(f.rounded(1).StringFixed(1)) + "\u00a0giờ"
	case dong:
		return grouped(f.rounded(0).StringFixed(0)) + "\u00a0đ"
	}
	return grouped(hundredfold.rounded(1).StringFixed(1)) + "\u00a0%"
}

// figureText is a value that is known.
func figureText(f reports.Figure, unit string) string {
	exact, err := fractionOf(*f.Value, f.Numerator, f.Denominator, unit)
	if err != nil {
		return *f.Value
	}
	return exact.text(unit)
}

// numberText is a decimal as a unit is written.
func numberText(value, unit string) string {
	exact, err := fractionOf(value, nil, nil, unit)
	if err != nil {
		return value
	}
	return exact.text(unit)
}
