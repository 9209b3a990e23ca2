package notation

import (
	"github.com/shopspring/decimal"

	"market40/reports/figures"
)

// fraction is a value before rounding. Rounding twice turns 504/855, which is 58,9 %, into 59,0 %.
type fraction struct{ over, under decimal.Decimal }

var one = decimal.NewFromInt(1)

// maxDecimals is more than the decimals of any real value; a forged file may claim more.
const maxDecimals = 12

// fractionOf returns the fraction from which a value was rounded, if its numerator and denominator
// give it. Weighted estimates and medians are not such quotients, so their values are used
// unchanged.
func fractionOf(value string, over, under *figures.Quantity, unit string) (fraction, error) {
	parsed, err := decimal.NewFromString(value)
	if err != nil {
		return fraction{}, err
	}
	whole := fraction{parsed, one}
	if over == nil || under == nil || !under.IsPositive() || unit == hours || unit == Dong {
		return whole, nil
	}
	exact := fraction{over.Decimal, under.Decimal}
	if unit == perPayments {
		exact.over = exact.over.Shift(4)
	}
	if places := -parsed.Exponent(); places >= 0 && places <= maxDecimals && exact.rounded(places).Equal(parsed) {
		return exact, nil
	}
	return whole, nil
}

// rounded rounds half away from zero.
func (f fraction) rounded(places int32) decimal.Decimal { return f.over.DivRound(f.under, places) }

// Number returns a known value as a workbook stores it; points are in hundredths. It fails on a value
// that is no decimal.
func Number(f figures.Figure, unit string) (float64, error) {
	exact, err := fractionOf(*f.Value, f.Numerator, f.Denominator, unit)
	if err != nil {
		return 0, err
	}
	if unit == Points { // a format can multiply by a hundred only with a percent sign
		return fraction{exact.over.Shift(2), exact.under}.number(perMerchant), nil
	}
	return exact.number(unit), nil
}

// number returns the fraction as a workbook stores it, with fifteen digits. binary64 preserves
// fifteen digits, so a second rounding for people gives the same as rounding once. A half-way case
// gets one more in the last digit: 0.5045 × 100 is 50.449… in binary64, and LibreOffice would show
// 50.4 %.
func (f fraction) number(unit string) float64 {
	const digits = 15
	places := max(0, int32(digits-len(f.rounded(0).Abs().String())))
	n := f.rounded(places)
	twice := fraction{f.over.Shift(shownDecimals(unit)).Add(f.over.Shift(shownDecimals(unit))), f.under}
	if halves := twice.rounded(0); halves.Mul(f.under).Equal(twice.over) && halves.IsInteger() &&
		!halves.Mod(decimal.NewFromInt(2)).IsZero() {
		n = n.Add(decimal.New(int64(n.Sign()), -places))
	}
	return n.InexactFloat64()
}

// shownDecimals returns the decimals that people see in a unit. For a share these are the decimals of
// its percentage plus two.
func shownDecimals(unit string) int32 {
	switch unit {
	case Dong:
		return 0
	case perMerchant, perPayments, hours:
		return 1
	}
	return 3
}

// text returns the fraction in a unit, in Vietnamese notation.
func (f fraction) text(unit string) string {
	hundredfold := fraction{f.over.Shift(2), f.under}
	switch unit {
	case Points:
		return groupDigits(hundredfold.rounded(1).StringFixed(1)) + "\u00a0điểm phần trăm"
	case perMerchant, perPayments:
		return groupDigits(f.rounded(1).StringFixed(1))
	case hours:
		return groupDigits(f.rounded(1).StringFixed(1)) + "\u00a0giờ"
	case Dong:
		return groupDigits(f.rounded(0).StringFixed(0)) + "\u00a0đ"
	}
	return groupDigits(hundredfold.rounded(1).StringFixed(1)) + "\u00a0%"
}

// figureText returns a known value as text.
func figureText(f figures.Figure, unit string) string {
	exact, err := fractionOf(*f.Value, f.Numerator, f.Denominator, unit)
	if err != nil {
		return *f.Value
	}
	return exact.text(unit)
}

// numberText returns a decimal in the notation of a unit.
func numberText(value, unit string) string {
	exact, err := fractionOf(value, nil, nil, unit)
	if err != nil {
		return value
	}
	return exact.text(unit)
}
