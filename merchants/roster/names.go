package roster

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// SameName reports whether two names may be one person's: case, spaces and marks aside. Diacritics
// count, because Thủy and Thúy are two people. If one of the names has none at all, as in many
// lists, they are ignored in the other one too.
func SameName(a, b string) bool {
	keyA, keyB := spellName(a), spellName(b)
	if isPlain(a) || isPlain(b) {
		keyA, keyB = foldText(a), foldText(b)
	}
	return keyA == keyB && (keyA != "" || a == b)
}

// isPlain reports whether a name is written without diacritics.
func isPlain(name string) bool {
	return !strings.ContainsFunc(norm.NFD.String(name), func(r rune) bool {
		return r > unicode.MaxASCII &&
			(unicode.IsLetter(r) || unicode.IsMark(r))
	})
}

// tones are the five tone marks of Vietnamese: they may be on either vowel of a syllable ("hoà",
// "hòa").
var tones = []rune{'\u0300', '\u0301', '\u0303', '\u0309', '\u0323'}

// spellName returns a name's letters with their diacritics, the tone of each word after its letters.
func spellName(name string) string {
	var all strings.Builder
	for _, word := range strings.Fields(strings.ToLower(norm.NFD.String(name))) {
		var tone []rune
		for _, r := range word {
			switch {
			case slices.Contains(tones, r):
				tone = append(tone, r)
			case unicode.IsLetter(r), unicode.IsMark(r), unicode.IsDigit(r):
				all.WriteRune(withStroke(r))
			}
		}
		all.WriteString(string(tone))
	}
	return all.String()
}

// withStroke returns đ for eth, which some keyboards give in its place.
func withStroke(r rune) rune {
	if r == 'ð' {
		return 'đ'
	}
	return r
}
