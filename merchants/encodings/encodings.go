// Package encodings recognises Vietnamese text that was written in the letters of old fonts (TCVN3,
// VNI), read in another code page than it was written in (Windows-1258), or decoded twice from
// UTF-8. A name is text that a shopper compares, so a true name must never be taken for a broken
// one. In doubt, a name counts as true.
package encodings

import (
	"html"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// What a text was probably written in.
const (
	TCVN3       = "tcvn3"        // fonts .VnTime and the like (TCVN 5712:1993, VN3)
	VNI         = "vni"          // fonts VNI-Times and the like
	Windows1258 = "windows_1258" // Windows-1258 that a program read as Windows-1252
	UTF8Twice   = "utf8_twice"   // UTF-8 that a program read as Windows-1252 or -1258, or as Mac OS Roman
	HTML        = "html"         // characters as HTML writes them, such as &#7877;
)

// maxText is how many bytes of a text are looked at.
const maxText = 4000

// Guess returns what a text was probably written in; empty: in Unicode, as it should be. It needs
// the text as it came: what trims invisible characters takes away letters of TCVN3.
func Guess(text string) string {
	text = plainText(text)
	switch {
	case hasEntity(text):
		return HTML
	case isASCII(text):
		return ""
	case isDecodedTwice(text):
		return UTF8Twice
	}
	guess, most := "", enoughVotes-1
	for _, encoding := range oldEncodings {
		votes := votesFor(text, syllables[encoding])
		if encoding == VNI {
			votes += votesOfThi(text)
		}
		if votes > most {
			guess, most = encoding, votes
		}
	}
	return guess
}

// plainText returns what is looked at of a text.
func plainText(text string) string {
	if len(text) > maxText {
		text = text[:maxText]
	}
	return norm.NFC.String(strings.ToValidUTF8(text, ""))
}

var entity = regexp.MustCompile(`&(#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});`)

// hasEntity reports whether a text has a character as HTML writes it.
func hasEntity(text string) bool {
	found := entity.FindString(text)
	return found != "" && html.UnescapeString(found) != found
}

// NameOf returns how people call a guess.
func NameOf(guess string) string {
	switch guess {
	case TCVN3:
		return "TCVN3 (.VnTime)"
	case VNI:
		return "VNI"
	case Windows1258:
		return "Windows-1258"
	case HTML:
		return "HTML (&#…;)"
	}
	return "UTF-8 × 2"
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return false
		}
	}
	return true
}

// Votes of a word. A strong one has a letter or sign that no name has at that position. A weak one
// could be a foreign name.
const (
	weakVote    = 1
	strongVote  = 2
	enoughVotes = 2
)

// votesFor adds up the votes of a text's words. A word that is spelled as Vietnamese already has
// none, and a word counts once. That of a family's name is a strong one before others, in a text of
// Vietnamese alone.
func votesFor(text string, decode func(word string) (decoded string, vote int)) int {
	votes, words := 0, wordsOf(text)
	spelt := areSpelt(words, decode)
	counted := map[string]bool{}
	for i, word := range words {
		decoded, vote := votesOf(word, decode)
		if vote > 0 && families[decoded] && spelt && i+1 < len(words) {
			vote = strongVote
		}
		if vote > 0 && !counted[decoded] {
			counted[decoded] = true
			votes += vote
		}
	}
	return votes
}

// wordsOf returns the words of a text, without numbers.
func wordsOf(text string) []string {
	return slices.DeleteFunc(strings.FieldsFunc(text, isGap), func(word string) bool {
		return isASCII(word) && !strings.ContainsFunc(word, unicode.IsLetter)
	})
}

// areSpelt reports whether all words are Vietnamese, unchanged or decoded.
func areSpelt(words []string, decode func(word string) (decoded string, vote int)) bool {
	return !slices.ContainsFunc(words, func(word string) bool {
		decoded, _ := decode(word)
		return !isSyllable(word) && !isSyllable(decoded)
	})
}

// votesOf returns what a word reads as, and its vote. A family's name has one always.
func votesOf(word string, decode func(word string) (decoded string, vote int)) (string, int) {
	if isASCII(word) || isSyllable(word) || isShort(word) {
		return "", 0
	}
	decoded, vote := decode(word)
	switch {
	case isASCII(decoded) || !isSyllable(decoded):
		return "", 0
	case families[decoded]:
		return decoded, max(vote, weakVote)
	}
	return decoded, vote
}

// isShort reports whether a word is the Icelandic Ð for Đ before nothing or capitals of ASCII: the
// zone Đ, ĐN for Đà Nẵng. It is TCVN3's é too, with which no word in capitals begins.
func isShort(word string) bool {
	rest, found := strings.CutPrefix(word, "Ð")
	return found && isASCII(rest) && strings.ToUpper(rest) == rest
}

// isGap reports whether a character separates words in any of the encodings.
func isGap(r rune) bool {
	return r == ' ' || r == '\t' || r == '\n' || r == '\r' || r < 0x80 && !unicode.IsLetter(r) && !unicode.IsDigit(r)
}

// readAs are the encodings in which programs read UTF-8 by mistake.
var readAs = []*charmap.Charmap{charmap.Windows1252, charmap.Windows1258, charmap.Macintosh}

// weakPoints end or separate words in good text: after a capital Ã or Ă they prove nothing.
const weakPoints = "‘’“”•–—…‚„‹›«»\u00a0·"

// isDecodedTwice reports whether the bytes of Vietnamese letters in UTF-8 appear as letters of their
// own, as in "Tráº§n VÄƒn TÃ½": two or three of them that are one letter when they are written back
// in one of readAs. Two with a weak point count after a small letter only, or in a word of which
// all can be written back: "NGÃ”" and, in a text all in capitals, "XÃ" before a no-break space are
// good text.
func isDecodedTwice(text string) bool {
	capitals := strings.ToUpper(text) == text
	for _, word := range strings.FieldsFunc(text, isGap) {
		if !capitals && isVietnamese(writtenBack(word)) {
			return true
		}
		letters := []rune(word)
		for i := range letters {
			if letters[i] < utf8.RuneSelf {
				continue
			}
			two, three := letters[i:min(i+2, len(letters))], letters[i:min(i+3, len(letters))]
			weak := strings.ContainsRune(weakPoints, two[len(two)-1]) && !insideWord(letters, i)
			if len(three) == 3 && isOneLetter(writtenBack(string(three))) || isOneLetter(writtenBack(string(two))) &&
				!weak {
				return true
			}
		}
	}
	return false
}

// writtenBack returns what a text is in UTF-8 when it is written back in the first of readAs in
// which it is any; else nothing. Bytes without a character stay unchanged.
func writtenBack(text string) string {
	for _, code := range readAs {
		var back []byte
		for _, r := range text {
			b, known := code.EncodeRune(r)
			if !known && r >= 0x80 && r < 0xA0 {
				b, known = byte(r), true
			}
			if !known {
				back = nil
				break
			}
			back = append(back, b)
		}
		if utf8.Valid(back) && isVietnamese(string(back)) {
			return string(back)
		}
	}
	return ""
}

// vietnameseMarks make the letters of Vietnamese out of those of ASCII, đ aside.
const vietnameseMarks = "\u0300\u0301\u0302\u0303\u0306\u0309\u031b\u0323"

// isVietnamese reports whether a text has letters of Vietnamese beyond ASCII, and no others.
func isVietnamese(text string) bool {
	return !isASCII(text) && !strings.ContainsFunc(norm.NFD.String(text), func(r rune) bool {
		return r > unicode.MaxASCII && r != 'đ' && r != 'Đ' && !strings.ContainsRune(vietnameseMarks, r)
	})
}

// isOneLetter reports whether a text is one letter of Vietnamese beyond ASCII, or one of its marks.
func isOneLetter(text string) bool { return utf8.RuneCountInString(text) == 1 && isVietnamese(text) }

// insideWord reports whether the capital at i follows a lower-case letter, as in "TrÃ ".
func insideWord(letters []rune, i int) bool { return i > 0 && unicode.IsLower(letters[i-1]) }
