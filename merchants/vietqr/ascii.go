package vietqr

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// lettersWithoutParts are letters that Unicode does not decompose, with the ASCII letter that they
// are written as. Those with a stroke or hook are of Vietnam's languages (Kinh; Ê-đê, Gia Rai,
// Ba-na, Mnông, Xơ-đăng by their schools' alphabets), or look the same in a font; the others are of
// foreign names.
var lettersWithoutParts = map[rune]rune{
	'đ': 'd', 'Đ': 'D', 'ð': 'd', 'Ð': 'D', 'ɖ': 'd', 'Ɖ': 'D', 'ɗ': 'd', 'Ɗ': 'D',
	'ƀ': 'b', 'Ƀ': 'B', 'ɓ': 'b', 'Ɓ': 'B', 'ƙ': 'k', 'Ƙ': 'K', 'ŋ': 'n', 'Ŋ': 'N', 'ɲ': 'n', 'Ɲ': 'N',
	'ɛ': 'e', 'Ɛ': 'E', 'ə': 'e', 'Ə': 'E', 'ɔ': 'o', 'Ɔ': 'O', 'ɨ': 'i', 'Ɨ': 'I', 'ı': 'i',
	'ø': 'o', 'Ø': 'O', 'ł': 'l', 'Ł': 'L', 'ħ': 'h', 'Ħ': 'H', 'ŧ': 't', 'Ŧ': 'T',
}

// ASCII converts a Vietnamese text for the names and memos of a payload. It drops diacritics and
// characters without an ASCII form, writes đ as d and ƀ as b, and collapses and trims blanks. It
// cuts the text to at most limit characters. "Phở Hòa" becomes "Pho Hoa".
func ASCII(s string, limit int) string {
	var b strings.Builder
	blank := false
	for _, r := range norm.NFD.String(s) {
		switch {
		case lettersWithoutParts[r] != 0:
			r = lettersWithoutParts[r]
		case unicode.IsSpace(r):
			blank = b.Len() > 0
			continue
		case r >= utf8.RuneSelf || r < ' ' || r == 0x7F:
			continue
		}
		if blank {
			b.WriteByte(' ')
			blank = false
		}
		b.WriteByte(byte(r))
	}
	return strings.TrimRight(b.String()[:min(b.Len(), max(limit, 0))], " ")
}
