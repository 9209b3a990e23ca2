package roster

import (
	"iter"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"market40/merchants/vietqr"
)

// line is a row of the file that holds text; cells are cut after maxCell+1 characters and trailing
// blank ones are left out.
type line struct {
	number   int // in the file, from 1
	cells    []string
	numerics map[int]numeric // by column, the cells that hold a number
	hidden   bool            // a filter or a person hides the row
}

// table is a CSV file or a worksheet.
type table struct {
	name     string // of the worksheet; empty: a CSV file
	lines    []line
	date1904 bool // Excel's day 0 is 1 Jan 1904 (old Mac files)
}

// tables are the worksheets of a file, read one at a time; a CSV file has one.
type tables = iter.Seq2[table, error]

// maxLines is where reading stops: more lines than that are too many whatever their head and foot.
const maxLines = MaxRows + 200

// add appends a line, unless it is blank.
func (t *table) add(l line) error {
	width := 0
	for i, c := range l.cells {
		if strings.TrimSpace(c) != "" {
			width = i + 1
		}
	}
	switch {
	case width == 0:
		return nil
	case width > MaxColumns:
		return errTooManyColumns(l.number)
	case len(t.lines) >= maxLines:
		return errTooManyRows()
	}
	short := make([]string, width)
	for i, c := range l.cells[:width] {
		short[i] = cutText(c, maxCell+1)
	}
	l.cells = short
	t.lines = append(t.lines, l)
	return nil
}

// text returns the cell of a column, cleaned; beyond the line's end it is empty.
func (l line) text(column int) string {
	if column < 0 || column >= len(l.cells) {
		return ""
	}
	return cleanText(l.cells[column])
}

// raw returns the cell of a column, unchanged.
func (l line) raw(column int) string {
	if column < 0 || column >= len(l.cells) {
		return ""
	}
	return l.cells[column]
}

// shown returns what the sheet shows in a column. It is not exact if the cell holds a number with a
// format that does not show plain digits.
func (l line) shown(column int) (text string, exact bool) {
	number, ok := l.numerics[column]
	switch {
	case !ok:
		return l.text(column), true
	case !number.exact:
		return l.text(column), false
	}
	return cleanText(number.shown), true
}

// texts returns the cells that are not blank, cleaned, with their columns.
func (l line) texts() iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		for i := range l.cells {
			if text := l.text(i); text != "" && !yield(i, text) {
				return
			}
		}
	}
}

// cutText returns the first characters of a text.
func cutText(text string, characters int) string {
	if len(text) <= characters {
		return text
	}
	for at := range text {
		if characters == 0 {
			return text[:at]
		}
		characters--
	}
	return text
}

// cleanText returns a cell's text in NFC, trimmed, with single spaces. It removes the marks that make
// Excel store text (an apostrophe before it, or ="…" around it) and invisible characters (byte
// order marks, zero widths, directions).
func cleanText(text string) string {
	text = strings.ReplaceAll(text, "_x000D_", " ") // how OOXML writes a carriage return in a cell
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Cf, r):
			return -1
		case unicode.IsControl(r), unicode.IsSpace(r):
			return ' '
		case r == 'Ð': // the Icelandic letter, which looks the same
			return 'Đ'
		case r == 'ð':
			return 'đ'
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	text = norm.NFC.String(strings.Join(strings.Fields(text), " "))
	if inside, ok := strings.CutPrefix(text, `="`); ok {
		text = strings.TrimSuffix(inside, `"`)
	}
	return strings.TrimSpace(strings.TrimPrefix(text, "'"))
}

// foldText returns only the letters and digits of a text, in lower case without diacritics: "Số T.K"
// becomes "sotk".
func foldText(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(vietqr.ASCII(text, len(text))))
}

// columnLetters returns how sheets name a column, from 0: A to Z, then AA.
func columnLetters(column int) string {
	const letters = 26
	name := ""
	for ; column >= 0; column = column/letters - 1 {
		name = string(rune('A'+column%letters)) + name
	}
	return name
}
