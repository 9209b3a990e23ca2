package roster

import (
	"strconv"
	"strings"

	"github.com/xuri/nfp"
)

// maxFormat is how many characters of a number format are read; Excel takes no longer one.
const maxFormat = 255

// numeric is a cell that holds a number, as its sheet shows it.
type numeric struct {
	shown string // with the zeros, hyphens and words of its format; empty unless exact
	exact bool   // false: the format shows a date, a share or a rounded number, which no identifier is
	// bare says that the format adds no leading zeros: those that were typed are lost.
	bare bool
	// decimals says that the format shows some: 205 is shown as 205.00.
	decimals bool
}

// builtinFormats are the formats that a workbook uses without writing them down (ECMA-376, 18.8.30)
// and that show a whole number whole. Any other built-in one shows dates, shares, exponents or
// fractions.
var builtinFormats = map[int]string{
	0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 5: "0", 6: "0", 7: "0.00", 8: "0.00",
	37: "#,##0", 38: "#,##0", 39: "#,##0.00", 40: "#,##0.00", 41: "#,##0", 42: "#,##0", 43: "#,##0.00", 44: "#,##0.00",
	49: "@",
}

// showNumber returns what a sheet shows of a number by a format. Grouping marks and decimals that
// are zero are left out: they depend on the reader's country and belong to no identifier.
func showNumber(value, format string) numeric {
	if len(format) > maxFormat {
		return numeric{}
	}
	parser := nfp.NumberFormatParser()
	sections := parser.Parse(format)
	whole := exactInteger.MatchString(value)
	section, found := sectionFor(value, sections)
	switch {
	case found && isGeneral(section) && (whole || plainDecimal.MatchString(value)):
		return numeric{shown: value, exact: true, bare: true}
	case !found || !whole:
		return numeric{}
	}
	return showWhole(strings.TrimLeft(value, "0"), section)
}

// isGeneral reports whether a section shows a number as it was typed.
func isGeneral(s nfp.Section) bool {
	for _, token := range s.Items {
		switch token.TType {
		case nfp.TokenTypeGeneral, nfp.TokenTypeTextPlaceHolder:
		case nfp.TokenTypeColor, nfp.TokenTypeAlignment:
		default:
			return false
		}
	}
	return true
}

// sectionFor returns the section of a format that shows a value: by its condition, or the one for
// positive numbers, zero or text.
func sectionFor(value string, sections []nfp.Section) (nfp.Section, bool) {
	number, err := strconv.ParseFloat(value, 64)
	if err != nil || number < 0 || len(sections) == 0 {
		return nfp.Section{}, false
	}
	conditions := false
	for _, s := range sections {
		holds, has := conditionMet(number, s)
		if holds {
			return s, true
		}
		conditions = conditions || has
	}
	for _, s := range sections {
		if _, has := conditionMet(number, s); conditions && !has && s.Type != nfp.TokenSectionText {
			return s, true
		}
	}
	if conditions {
		return nfp.Section{}, false
	}
	for _, s := range sections {
		if number == 0 && s.Type == nfp.TokenSectionZero {
			return s, true
		}
	}
	return sections[0], true
}

// conditionMet reports whether a section has a condition such as [<=9999999], and whether a
// number meets it.
func conditionMet(number float64, s nfp.Section) (holds, has bool) {
	for _, token := range s.Items {
		if token.TType != nfp.TokenTypeCondition || len(token.Parts) != 2 {
			continue
		}
		limit, err := strconv.ParseFloat(token.Parts[1].Token.TValue, 64)
		if err != nil {
			return false, true
		}
		switch token.Parts[0].Token.TValue {
		case "<":
			return number < limit, true
		case "<=":
			return number <= limit, true
		case ">":
			return number > limit, true
		case ">=":
			return number >= limit, true
		case "=":
			return number == limit, true
		case "<>":
			return number != limit, true
		}
		return false, true
	}
	return false, false
}

// mark is one digit's place in a format ('0', '#' or '?'), or text between digits.
type mark struct {
	digit byte
	text  string
}

// showWhole writes the digits of a whole number into a section, the last digit into the last place;
// the first place takes what is left.
func showWhole(digits string, section nfp.Section) numeric {
	marks, decimals, ok := marksOf(section)
	if !ok {
		return numeric{}
	}
	places, whole := 0, len(digits)
	for _, m := range marks {
		if m.digit != 0 {
			places++
		}
	}
	if places == 0 {
		return numeric{} // the format shows its own words and no number
	}
	var shown strings.Builder
	bare, begun := true, false
	missing := max(places-len(digits), 0) // places without a digit of the number
	for _, m := range marks {
		switch {
		case m.digit == 0:
			shown.WriteString(m.text)
			bare = bare && (begun || !strings.ContainsAny(m.text, "0123456789"))
			continue
		case missing > 0:
			missing--
			if m.digit == '0' {
				shown.WriteByte('0')
			}
		case !begun && len(digits) > places:
			first := len(digits) - places + 1
			shown.WriteString(digits[:first])
			digits = digits[first:]
		default:
			shown.WriteByte(digits[0])
			digits = digits[1:]
		}
		begun = true
	}
	return numeric{
		shown: strings.TrimSpace(shown.String()), exact: true, bare: bare && !hasLeadingZeros(marks, whole),
		decimals: decimals,
	}
}

// marksOf reads the places and texts of a section up to its decimal point. Not ok: it shows
// something else than the number's digits.
func marksOf(section nfp.Section) (marks []mark, decimals, ok bool) {
	scaled := false
	for _, token := range section.Items {
		switch token.TType {
		case nfp.TokenTypeZeroPlaceHolder, nfp.TokenTypeHashPlaceHolder, nfp.TokenTypeDigitalPlaceHolder:
			scaled = false
			for i := range len(token.TValue) {
				if !decimals {
					marks = append(marks, mark{digit: token.TValue[i]})
				}
			}
		case nfp.TokenTypeDecimalPoint:
			decimals = true
		case nfp.TokenTypeThousandsSeparator:
			scaled = !decimals // unless a place follows, it divides by a thousand
		case nfp.TokenTypeLiteral:
			marks = append(marks, mark{text: token.TValue})
		case nfp.TokenTypeCurrencyLanguage:
			for _, part := range token.Parts {
				if part.Token.TType == nfp.TokenSubTypeCurrencyString {
					marks = append(marks, mark{text: part.Token.TValue})
				}
			}
		case nfp.TokenTypeAlignment:
			marks = append(marks, mark{text: " "})
		case nfp.TokenTypeRepeatsChar:
			if token.TValue != " " {
				return nil, false, false
			}
		case nfp.TokenTypeColor, nfp.TokenTypeCondition:
		default: // dates, shares, exponents, fractions, other numerals
			return nil, false, false
		}
	}
	return marks, decimals, !scaled
}

// hasLeadingZeros reports whether a format would show zeros in front of a number of so many digits:
// "00" and "0,000" show none of an account's.
func hasLeadingZeros(marks []mark, digits int) bool {
	zeros := 0
	for _, m := range marks {
		if m.digit == '0' {
			zeros++
		}
	}
	return zeros > 1 && zeros >= digits
}
