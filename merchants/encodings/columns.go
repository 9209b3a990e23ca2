package encodings

import "strings"

// enoughWords is how many words of a column must look like an old encoding before the column is taken for one.
const enoughWords = 3

// OfColumn returns what the cells of one column were written in, TCVN3 or VNI: one cell says so surely, or several words look like it. Empty:
// neither. A short name alone, such as VNI's "Mai Thaûo", may be a foreign one.
func OfColumn(cells []string) string {
	words := map[string]map[string]bool{TCVN3: {}, VNI: {}}
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
	for _, encoding := range []string{TCVN3, VNI} {
		if len(words[encoding]) >= enoughWords {
			return encoding
		}
	}
	return ""
}

// GuessIn is Guess for a cell of a column that OfColumn knows: one word that looks like the column's encoding is enough.
func GuessIn(cell, column string) string {
	if guess := Guess(cell); guess != "" || column == "" || len(oldWords(cell, column)) == 0 {
		return guess
	}
	return column
}

// oldWords returns the words of a text that look like an old encoding, decoded.
func oldWords(text, encoding string) []string {
	decode := tcvn3Syllable
	if encoding == VNI {
		decode = vniSyllable
	}
	var words []string
	for _, word := range strings.FieldsFunc(plain(text), isGap) {
		if decoded, vote := votesOf(word, decode); vote > 0 {
			words = append(words, decoded)
		}
	}
	return words
}
