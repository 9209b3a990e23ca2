// Package phones reads Vietnamese telephone numbers, in the same way wherever one is typed: lists,
// forms, sign-in.
package phones

import (
	"strings"
	"unicode"
)

// Lengths of a national number with its leading zero.
const (
	mobileDigits   = 10
	landlineDigits = 11
)

// Normalize returns a Vietnamese number in its one form, "0912345678": +84, 0084 and 84 become 0, and
// what people write between digits is dropped. Mobile numbers have 10 digits (03, 05, 07, 08, 09),
// landlines 11 (02); ok is false for anything else, such as the mobile numbers of 11 digits that
// ended in 2018. Numbering plan: Circular 22/2014/TT-BTTTT, with the area codes of June 2017.
func Normalize(text string) (phone string, ok bool) {
	digits, plus, ok := digitsOf(text)
	if !ok {
		return "", false
	}
	if !plus {
		digits = strings.TrimPrefix(digits, "00")
	}
	if rest, abroad := strings.CutPrefix(digits, "84"); abroad {
		digits = "0" + strings.TrimPrefix(rest, "0")
	} else if plus {
		return "", false
	}
	return digits, isNational(digits)
}

// FromSheet reads a cell of a list as Normalize does, and adds the leading zero that a spreadsheet
// dropped.
func FromSheet(text string) (phone string, ok bool) {
	if phone, ok := Normalize(text); ok {
		return phone, true
	}
	digits, plus, ok := digitsOf(strings.TrimSuffix(text, ".0")) // as programs export a number
	if !ok || plus {
		return "", false
	}
	if isNational(digits) {
		return digits, true
	}
	return "0" + digits, isNational("0" + digits)
}

// LostZero reports whether a cell of a list is a number without its leading zero.
func LostZero(text string) bool {
	_, whole := Normalize(text)
	_, ok := FromSheet(text)
	return ok && !whole
}

// between are the marks that people write between digits.
const between = ".-()/_·•‐‑‒–—―−"

// firstWide and lastWide limit the letters, digits and marks of ASCII that East Asian keyboards write.
const firstWide, lastWide = '！', '～'

// digitsOf returns the digits of a number without what people write between them.
func digitsOf(text string) (digits string, plus, ok bool) {
	var b strings.Builder
	text = strings.TrimLeft(strings.TrimSpace(text), "'’") // by which people keep a sheet from taking it for a number
	for _, c := range text {
		if c >= firstWide && c <= lastWide {
			c += '!' - firstWide
		}
		switch {
		case c >= '0' && c <= '9':
			b.WriteRune(c)
		case c == '+' && b.Len() == 0 && !plus:
			plus = true
		case strings.ContainsRune(between, c), unicode.IsSpace(c), unicode.Is(unicode.Cf, c):
		default:
			return "", false, false
		}
	}
	return b.String(), plus, true
}

func isNational(digits string) bool {
	if len(digits) < mobileDigits || digits[0] != '0' {
		return false
	}
	switch digits[1] {
	case '3', '5', '7', '8', '9':
		return len(digits) == mobileDigits
	case '2':
		return len(digits) == landlineDigits
	}
	return false
}
