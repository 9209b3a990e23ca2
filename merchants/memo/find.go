package memo

import (
	"slices"
	"unicode"
)

// SearchLimit is how much of a memo is searched, in characters. The longest memo seen from a bank
// has 233.
const SearchLimit = 512

// foreign replaces a letter or digit that is in no code: Vietnamese letters with marks, other
// scripts.
const foreign = 'A'

// Find returns the distinct valid codes in a memo as a bank delivers it, in their order. It finds
// none if the payer wrote none or the memo was cut, usually one, and several if the memo is
// ambiguous and must not be trusted.
//
// Only letters and digits count, in any case and in full width too. Other characters between them
// (the space of a wrapped line, a hyphen, a line break) are ignored, and so are words that touch
// the code. A code that ends past SearchLimit is not found. Notes of banks that hold no code give
// one by chance about once in 10⁹ random characters.
func Find(memo string) []Code {
	var found []Code
	var r reading
	left := SearchLimit
	for _, c := range memo {
		if left == 0 {
			break
		}
		left--
		b := foldByte(c)
		if b == 0 {
			continue
		}
		r.readByte(b)
		if r.isValid() {
			if code := r.code(); !slices.Contains(found, code) {
				found = append(found, code)
			}
		}
	}
	return found
}

// foldByte returns a character as an upper-case letter or digit, foreign for one that ASCII lacks, 0
// for anything else.
func foldByte(c rune) byte {
	if '！' <= c && c <= '～' { // full-width forms, U+FF01 to U+FF5E, mirror ASCII's
		c -= '！' - '!'
	}
	switch {
	case 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return byte(c)
	case 'a' <= c && c <= 'z':
		return toUpper(byte(c))
	case c > unicode.MaxASCII && (unicode.IsLetter(c) || unicode.IsNumber(c)):
		return foreign
	}
	return 0
}
