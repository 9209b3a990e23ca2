// Package money defines exact amounts of Vietnamese đồng. An Amount is a whole number of đồng on
// shopspring/decimal: no float touches it on any way in or out.
package money

import (
	"cmp"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

const (
	// Currency is the only currency the ledger knows (ISO 4217).
	Currency = "VND"
	// maxLiteral is the longest number literal read, in characters.
	maxLiteral = 40
	// MaxDigits is the longest amount read, in digits before the decimal mark:
	// EMVCo's tag 54 allows 13 characters (EMV QRCPS MPM v1.0, section 4.7.4).
	MaxDigits = 13
	// TransferLimit is the largest single NAPAS247 transfer in đồng: one transfer stays
	// below 500,000,000 (NAPAS terms, section 8.1.1). A notice above it is stored and opens a case.
	TransferLimit = 499_999_999
)

// ErrFormat, ErrFraction and ErrTooLong are the reasons why a text is not an amount of đồng.
var (
	ErrFormat   = errors.New("not a decimal number")
	ErrFraction = errors.New("not a whole number of đồng")
	ErrTooLong  = errors.New("more than 13 digits")
)

// Amount is an exact, whole number of đồng; it may be negative (a balance) or zero.
// The zero value is 0 đ.
type Amount struct{ d decimal.Decimal }

// FromDong returns the amount of n đồng.
func FromDong(n int64) Amount { return Amount{decimal.NewFromInt(n)} }

// Parse reads an amount written as text: up to MaxDigits digits, alone or followed by ".0" or ".00",
// as PHP and SQL print whole numbers of numeric columns. It refuses everything else. Above all it
// refuses "45.000", which means 45,000 in Vietnam and 45 to a computer. It also refuses signs,
// exponents, spaces and fractions of a đồng.
func Parse(s string) (Amount, error) {
	whole, fraction, dotted := strings.Cut(s, ".")
	switch {
	case !isDigits(whole):
		return Amount{}, fmt.Errorf("amount %q: %w", cut(s), ErrFormat)
	case len(whole) > MaxDigits:
		return Amount{}, fmt.Errorf("amount %q: %w", cut(s), ErrTooLong)
	case dotted && fraction != "0" && fraction != "00":
		return Amount{}, fmt.Errorf("amount %q: %w", cut(s), ErrFraction)
	}
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return Amount{}, fmt.Errorf("amount %q: %w", cut(s), ErrFormat)
	}
	return FromDong(n), nil
}

// ParseNumber reads an amount written as a JSON number: 100.000 is a hundred and 1e5 a hundred
// thousand. The value must be whole and have at most MaxDigits digits.
func ParseNumber(s string) (Amount, error) {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(s), "e")
	power, err := strconv.Atoi(cmp.Or(exponent, "0"))
	if len(s) > maxLiteral || err != nil || power < -maxLiteral || power > maxLiteral ||
		strings.Trim(mantissa, "-.0123456789") != "" {
		return Amount{}, fmt.Errorf("amount %q: %w", cut(s), ErrFormat)
	}
	d, err := decimal.NewFromString(s)
	switch {
	case err != nil:
		return Amount{}, fmt.Errorf("amount %q: %w", cut(s), ErrFormat)
	case d.Abs().Cmp(decimal.New(1, MaxDigits)) >= 0:
		return Amount{}, fmt.Errorf("amount %q: %w", cut(s), ErrTooLong)
	case !d.IsInteger():
		return Amount{}, fmt.Errorf("amount %q: %w", cut(s), ErrFraction)
	}
	return FromDong(d.IntPart()), nil
}

// isDigits reports whether s is one or more ASCII digits.
func isDigits(s string) bool {
	if s == "" {
		return false
	}
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

func cut(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}

// Dong returns the amount as a count of đồng, for set-based SQL parameters.
func (a Amount) Dong() int64 { return a.d.IntPart() }

// String returns the amount without separators: "45000".
func (a Amount) String() string { return a.d.String() }

// Format returns the amount as Vietnamese screens show it: "1.234.567 đ".
func (a Amount) Format() string {
	s := a.d.Abs().String()
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "." + s[i:]
	}
	if a.d.IsNegative() {
		s = "-" + s
	}
	return s + " đ"
}

// Add returns a + b.
func (a Amount) Add(b Amount) Amount { return Amount{a.d.Add(b.d)} }

// Sub returns a − b.
func (a Amount) Sub(b Amount) Amount { return Amount{a.d.Sub(b.d)} }

// Neg returns −a.
func (a Amount) Neg() Amount { return Amount{a.d.Neg()} }

// Sign returns −1, 0 or 1.
func (a Amount) Sign() int { return a.d.Sign() }

// Cmp compares two amounts like cmp.Compare.
func (a Amount) Cmp(b Amount) int { return a.d.Cmp(b.d) }

// MarshalText writes the amount as decimal text; in JSON it is a string in quotes, "45000".
func (a Amount) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads what MarshalText writes, with a minus sign, and otherwise what Parse reads.
// encoding/json itself refuses a bare JSON number, so that no client uses floats.
func (a *Amount) UnmarshalText(b []byte) (err error) {
	text, negative := strings.CutPrefix(string(b), "-")
	if *a, err = Parse(text); negative {
		*a = a.Neg()
	}
	return err
}

// Scan reads a numeric column.
func (a *Amount) Scan(v any) error {
	if err := a.d.Scan(v); err != nil {
		return err
	}
	if !a.d.IsInteger() {
		return fmt.Errorf("amount %s: %w", a.d, ErrFraction)
	}
	return nil
}

// Value writes a numeric column.
func (a Amount) Value() (driver.Value, error) { return a.d.String(), nil }
