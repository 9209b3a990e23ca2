package encodings

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// OneLine returns a text in NFC, trimmed, with each run of spaces made one.
func OneLine(text string) string {
	return strings.Join(strings.Fields(norm.NFC.String(text)), " ")
}

// SameText reports whether two texts differ by case and spacing at most.
func SameText(a, b string) bool { return strings.EqualFold(OneLine(a), OneLine(b)) }
