package encodings

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// enoughWords is how many words of a column must look like an old encoding before the column is
// taken for one.
const enoughWords = 3

// OfColumn returns what the cells of one column were written in, of oldEncodings: one cell says so
// surely, or several words look like it. Empty: neither. A short name alone, such as VNI's "Mai
// Thaûo", may be a foreign one.
func OfColumn(cells []string) string {
	words := map[string]map[string]bool{}
	for _, encoding := range oldEncodings {
		words[encoding] = map[string]bool{}
	}
	for _, cell := range cells {
		guess := Guess(cell)
		if words[guess] != nil {
			return guess
		}
		for encoding, seen := range words {
			for _, word := range oldWords(cell, encoding) {
				seen[word] = true
			}
		}
	}
	for _, encoding := range oldEncodings {
		if len(words[encoding]) >= enoughWords {
			return encoding
		}
	}
	return ""
}

// GuessIn does the same as Guess for a cell of a column that OfColumn knows. One word that looks
// like the column's encoding is enough, and so are correctly spelt words that mean others in it.
func GuessIn(cell, column string) string {
	if guess := Guess(cell); guess != "" || column == "" || len(oldWords(cell, column)) == 0 &&
		!meansOthers(cell, column) {
		return guess
	}
	return column
}

// oldWords returns the words of a text that look like an old encoding, decoded.
func oldWords(text, encoding string) []string {
	var words []string
	for _, word := range strings.FieldsFunc(plainText(text), isGap) {
		if decoded, vote := votesOf(word, syllables[encoding]); vote > 0 {
			words = append(words, decoded)
		}
	}
	return words
}

// meansOthers reports whether all non-ASCII words of a text are Vietnamese in an old encoding, and
// other words than in Unicode: TCVN3's "Kha Tó". A correct family name shows that the text is
// Unicode.
func meansOthers(text, encoding string) bool {
	others := false
	for _, word := range strings.FieldsFunc(plainText(text), isGap) {
		if isASCII(word) {
			continue
		}
		decoded, _ := syllables[encoding](word)
		if lower := strings.ToLower(word); families[lower] || !isSyllable(decoded) {
			return false
		} else if decoded != lower {
			others = true
		}
	}
	return others
}

// GuessBeside does the same as Guess for a name beside another name of the same person, such as an
// account's holder. A name alone, such as TCVN3's "Kha Tó", may be a true one. It is not if the
// other name has its meaning in an old encoding.
func GuessBeside(name, other string) string {
	guess, letters := Guess(name), bareLetters(other)
	if guess != "" || letters == bareLetters(name) {
		return guess
	}
	for _, encoding := range oldEncodings {
		var words []string
		for _, word := range wordsOf(plainText(name)) {
			if decoded, _ := syllables[encoding](word); !isASCII(word) && isSyllable(decoded) {
				word = decoded
			}
			words = append(words, word)
		}
		if bareLetters(strings.Join(words, " ")) == letters {
			return encoding
		}
	}
	return ""
}

// bareLetters returns the letters of a name in small ones of ASCII, without marks and gaps.
func bareLetters(name string) string {
	return strings.Map(func(r rune) rune {
		switch r = unicode.ToLower(r); {
		case r == 'đ':
			return 'd'
		case r < 'a' || r > 'z':
			return -1
		}
		return r
	}, norm.NFD.String(name))
}
