package roster

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// NumberKey returns the form in which stall numbers are compared: without case, leading zeros,
// characters that are not seen, spaces and marks that separate. A mark between two digits counts,
// so that 1-12 and 11-2 are two stalls. A sign that makes another number of one counts always: A1'
// (A1 phẩy), A1+, A1* and A² are no A1 or A2. Quotes around a number, or before it, are none of it.
//
//	A 01, a1, A-1, A.01, A_1, 'A1  → a1
//	1-12, 1.12, 1/12, 01-12        → 1-12
//	Ô-1, ô1, Ô-1 decomposed        → ô1
//	B02 with a no-break space      → b2
//	A1', A1′, A 01’                → a1'
//	Hoà 1, Hòa 1                   → hòa1
//	Đ1, Ð1, Ɖ1                     → đ1
//
// The function stall_number_key of the database is the same rule, and holds it.
func NumberKey(number string) string {
	seen := strings.Map(func(r rune) rune {
		if isUnseen(r) {
			return -1
		}
		return r
	}, number)
	letters := []rune(lowerLetters.Replace(norm.NFKC.String(signs.Replace(seen))))
	if first := slices.IndexFunc(letters, func(r rune) bool { return !isMark(r) }); first >= 0 &&
		letters[first] == '\'' {
		letters = slices.DeleteFunc(letters, func(r rune) bool { return r == '\'' })
	}
	var spaced []rune // each run of marks as one hyphen
	for _, r := range letters {
		switch {
		case !isMark(r):
			spaced = append(spaced, r)
		case len(spaced) > 0 && spaced[len(spaced)-1] != '-':
			spaced = append(spaced, '-')
		}
	}
	var key []rune
	for i, r := range spaced {
		before, after := i > 0 && isDigit(spaced[i-1]), i+1 < len(spaced) && isDigit(spaced[i+1])
		if r != '-' || before && after {
			key = append(key, r)
		}
	}
	if key = withoutLeadingZeros([]rune(withTonesInFront(string(key)))); len(key) == 0 {
		return number
	}
	return string(key)
}

// frontTones finds the tone of a syllable on the second of two vowels, in letters that are taken
// apart.
var frontTones = regexp.MustCompile(
	"(o)([ae])([\u0300\u0301\u0303\u0309\u0323])|(u)(y)([\u0300\u0301\u0303\u0309\u0323])")

// withTonesInFront writes the tones of oa, oe and uy on their first vowel: "hoà" and "hòa" are one
// word.
func withTonesInFront(key string) string {
	return norm.NFC.String(frontTones.ReplaceAllString(norm.NFD.String(key), "$1$3$2$4$6$5"))
}

// signs writes quotes and primes in one way, and marks superscripts and subscripts, so that they
// differ from plain digits.
var signs = func() *strings.Replacer {
	var pairs []string
	for _, r := range "’‘‚‛′ʼʹ`´＇｀" {
		pairs = append(pairs, string(r), "'")
	}
	for _, r := range "\"“”„‟″ʺ＂" {
		pairs = append(pairs, string(r), "''")
	}
	for _, r := range "²³¹⁰ⁱ⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ªº" {
		pairs = append(pairs, string(r), "^"+string(r))
	}
	return strings.NewReplacer(pairs...)
}()

func withoutLeadingZeros(key []rune) []rune {
	rest := key[:0:0]
	for i, r := range key {
		leads := r == '0' && i+1 < len(key) && isDigit(key[i+1]) && (len(rest) == 0 || !isDigit(rest[len(rest)-1]))
		if !leads {
			rest = append(rest, r)
		}
	}
	return rest
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

// unseen are characters that no sheet shows: zero widths, directions, variation selectors, fillers,
// tags.
var unseen = &unicode.RangeTable{R16: []unicode.Range16{
	{0x00AD, 0x00AD, 1},
	{0x034F, 0x034F, 1},
	{0x061C, 0x061C, 1},
	{0x115F, 0x1160, 1},
	{0x17B4, 0x17B5, 1},
	{0x180B, 0x180F, 1},
	{0x200B, 0x200F, 1},
	{0x202A, 0x202E, 1},
	{0x2060, 0x206F, 1},
	{0x3164, 0x3164, 1},
	{0xFE00, 0xFE0F, 1},
	{0xFEFF, 0xFEFF, 1},
	{0xFFA0, 0xFFA0, 1},
	{0xFFF0, 0xFFF8, 1},
}, R32: []unicode.Range32{
	{0x1BCA0, 0x1BCA3, 1}, {0x1D173, 0x1D17A, 1}, {0xE0000, 0xE0FFF, 1},
}, LatinOffset: 1}

func isUnseen(r rune) bool { return unicode.Is(unseen, r) }

// marks are spaces and punctuation that separates: dots, slashes, hyphens and brackets of every
// kind.
var marks = &unicode.RangeTable{R16: []unicode.Range16{
	{0x0009, 0x000D, 1},
	{0x0020, 0x0020, 1},
	{0x0023, 0x0023, 1},
	{0x0028, 0x0029, 1},
	{0x002C, 0x002F, 1},
	{0x003A, 0x003B, 1},
	{0x005B, 0x005D, 1},
	{0x005F, 0x005F, 1},
	{0x007B, 0x007E, 1},
	{0x0085, 0x0085, 1},
	{0x00A0, 0x00A0, 1},
	{0x00AB, 0x00AB, 1},
	{0x00B7, 0x00B7, 1},
	{0x00BB, 0x00BB, 1},
	{0x02D7, 0x02D7, 1},
	{0x058A, 0x058A, 1},
	{0x05BE, 0x05BE, 1},
	{0x1400, 0x1400, 1},
	{0x1680, 0x1680, 1},
	{0x1806, 0x1806, 1},
	{0x2000, 0x200A, 1},
	{0x2010, 0x2029, 1},
	{0x202F, 0x202F, 1},
	{0x2039, 0x203A, 1},
	{0x203F, 0x2040, 1},
	{0x2043, 0x2044, 1},
	{0x205F, 0x205F, 1},
	{0x2212, 0x2212, 1},
	{0x2215, 0x2216, 1},
	{0x2218, 0x2219, 1},
	{0x2236, 0x2236, 1},
	{0x223C, 0x223C, 1},
	{0x22C5, 0x22C5, 1},
	{0x2500, 0x2500, 1},
	{0x2796, 0x2796, 1},
	{0x2800, 0x2800, 1},
	{0x29F5, 0x29F5, 1},
	{0x29F8, 0x29F9, 1},
	{0x2E17, 0x2E17, 1},
	{0x2E1A, 0x2E1A, 1},
	{0x2E3A, 0x2E3B, 1},
	{0x2E40, 0x2E40, 1},
	{0x2E5D, 0x2E5D, 1},
	{0x3000, 0x3002, 1},
	{0x3008, 0x3011, 1},
	{0x3014, 0x301C, 1},
	{0x3030, 0x3030, 1},
	{0x30A0, 0x30A0, 1},
	{0x30FB, 0x30FB, 1},
}, LatinOffset: 14}

func isMark(r rune) bool { return unicode.Is(marks, r) }

// lowerLetters writes the capitals of Latin and Vietnamese small, and letters of other alphabets as
// those that they look like: the Icelandic and the African Đ, capitals of Cyrillic and Greek.
var lowerLetters = func() *strings.Replacer {
	const capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝĂĐĨŨƠƯẠẢẤẦẨẪẬẮẰẲẴẶẸẺẼẾỀỂỄỆỈỊỌỎỐỒỔỖỘỚỜỞỠỢỤỦỨỪỬỮỰỲỴỶỸ"
	const others, likeThem = "ÐðƉɖ" + "АВЕКМНОРСТХУІЈЅаеорсхуіјѕ" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "đđđđ" +
		"abekmhopctxyijsaeopcxyijs" + "abezhikmnoptyxo"
	var pairs []string
	for _, r := range capitals {
		pairs = append(pairs, string(r), string(unicode.ToLower(r)))
	}
	like := []rune(likeThem)
	for i, r := range []rune(others) {
		pairs = append(pairs, string(r), string(like[i]))
	}
	return strings.NewReplacer(pairs...)
}()
