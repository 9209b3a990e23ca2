package vietqr

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// ASCII is a Vietnamese text as names and memos in a payload want it: diacritics dropped, đ as d, what has no ASCII form
// dropped, blanks collapsed and trimmed, cut to at most limit characters. "Phở Hòa" becomes "Pho Hoa".
func ASCII(s string, limit int) string {
	var b strings.Builder
	blank := false
	for _, r := range norm.NFD.String(s) {
		switch {
		case r == 'đ':
			r = 'd'
		case r == 'Đ':
			r = 'D'
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
