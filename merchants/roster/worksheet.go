package roster

import (
	"encoding/xml"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// lastRow is the highest row of a worksheet (Excel's specification).
const lastRow = 1 << 20

// worksheet is one sheet while it is read.
type worksheet struct {
	table
	shared   []string
	formats  []string // of the cells' styles
	row      int      // number of the row that is read, from 1
	hidden   bool     // that row
	cells    []string
	numerics map[int]numeric
	column   int // of the cell that is read, from 0
	inCell   bool
	kind     string
	style    string
	value    strings.Builder
	inV      bool
	inline   texts
	merges   []merge
}

// merge is a merged block's first column and its rows.
type merge struct{ column, top, bottom int }

func (w *workbook) readSheet(sheet sheetPart) (table, error) {
	s := &worksheet{table: table{name: sheet.name, date1904: w.date1904}, shared: w.shared, formats: w.formats}
	if err := w.tags(sheet.part, s.readToken); err != nil {
		return table{name: sheet.name}, err
	}
	s.fillMerged()
	return s.table, nil
}

func (s *worksheet) readToken(token xml.Token) error {
	s.inline.readToken(token)
	switch tag := token.(type) {
	case xml.StartElement:
		return s.open(tag)
	case xml.EndElement:
		return s.end(tag.Name.Local)
	case xml.CharData:
		if room := 64 + 4*maxCell - s.value.Len(); s.inV && room > 0 {
			s.value.Write(tag[:min(room, len(tag))])
		}
	}
	return nil
}

func (s *worksheet) open(tag xml.StartElement) error {
	switch tag.Name.Local {
	case "row":
		s.row++
		if r, err := strconv.Atoi(attributeOf(tag, "r")); err == nil && r > 0 && r <= lastRow {
			s.row = r
		}
		s.cells, s.numerics, s.column = s.cells[:0], nil, -1
		height, err := strconv.ParseFloat(attributeOf(tag, "ht"), 64)
		s.hidden = isTrue(attributeOf(tag, "hidden")) || err == nil && height == 0
	case "c":
		s.column++
		if ref := attributeOf(tag, "r"); ref != "" {
			column, _, ok := cellPosition(ref)
			if !ok {
				return errBroken()
			}
			s.column = column
		}
		s.inCell, s.kind, s.style = true, attributeOf(tag, "t"), attributeOf(tag, "s")
		s.value.Reset()
		s.inline.flush()
	case "v":
		s.inV = true
	case "mergeCell":
		s.addMerge(attributeOf(tag, "ref"))
	}
	return nil
}

func (s *worksheet) end(name string) error {
	switch name {
	case "v":
		s.inV = false
	case "c":
		if !s.inCell {
			return errBroken()
		}
		s.inCell = false
		text, err := s.cell()
		if err != nil || strings.TrimSpace(text) == "" {
			return err
		}
		if s.column >= MaxColumns {
			return errTooManyColumns(s.row)
		}
		for len(s.cells) <= s.column {
			s.cells = append(s.cells, "")
		}
		s.cells[s.column] = text
		s.noteNumber(text)
	case "row":
		return s.add(line{number: s.row, cells: s.cells, numerics: s.numerics, hidden: s.hidden})
	}
	return nil
}

// cell returns the text of the cell that was read, by its type (ECMA-376 18.18.11).
func (s *worksheet) cell() (string, error) {
	value := s.value.String()
	switch s.kind {
	case "s":
		i, err := strconv.Atoi(strings.TrimSpace(value))
		if err != nil || i < 0 || i >= len(s.shared) {
			return "", errBroken()
		}
		return s.shared[i], nil
	case "inlineStr":
		return s.inline.flush(), nil
	case "", "n":
		return plainNumber(strings.TrimSpace(value)), nil
	}
	return strings.ToValidUTF8(value, ""), nil
}

// noteNumber stores what the sheet shows of a cell with a number or a truth value.
func (s *worksheet) noteNumber(text string) {
	shown := numeric{}
	switch s.kind {
	case "b":
	case "", "n":
		format := "General"
		if s.style != "" {
			i, err := strconv.Atoi(s.style)
			if err != nil || i < 0 || i >= len(s.formats) {
				format = unknownFormat
			} else {
				format = s.formats[i]
			}
		}
		shown = showNumber(text, format)
	default:
		return
	}
	if s.numerics == nil {
		s.numerics = map[int]numeric{}
	}
	s.numerics[s.column] = shown
}

var plainDecimal = regexp.MustCompile(`^\d{1,15}\.\d{1,15}$`)

var exactInteger = regexp.MustCompile(`^\d{1,15}$`)

// plainNumber writes a numeric cell as a person would read it: 9.1E8 is 910000000. Excel keeps 15
// digits, so a whole number that needs more has lost some: it is written with an exponent, and no
// account is read from such a text.
func plainNumber(value string) string {
	if exactInteger.MatchString(value) {
		return value
	}
	number, err := strconv.ParseFloat(value, 64)
	switch {
	case err != nil:
		return value
	case math.Abs(number) >= 1e15:
		return strconv.FormatFloat(number, 'E', -1, 64)
	}
	return strconv.FormatFloat(number, 'f', -1, 64)
}

// cellPosition reads a cell's reference: "B12" is column 1, row 12. Rows and columns beyond Excel's are
// refused.
func cellPosition(ref string) (column, row int, ok bool) {
	letters := 0
	for letters < len(ref) && letters < 4 && ref[letters] >= 'A' && ref[letters] <= 'Z' {
		column = column*26 + int(ref[letters]-'A') + 1
		letters++
	}
	row, err := strconv.Atoi(ref[letters:])
	return column - 1, row, letters >= 1 && letters <= 3 && err == nil && row >= 1 && row <= lastRow
}

func (s *worksheet) addMerge(ref string) {
	from, to, _ := strings.Cut(ref, ":")
	column, top, ok := cellPosition(from)
	_, bottom, ok2 := cellPosition(to)
	if ok && ok2 && bottom > top && len(s.merges) < maxLines {
		s.merges = append(s.merges, merge{column, top, bottom})
	}
}

// fillMerged writes the text of a cell that spans rows into each row, as a reader sees it: a zone
// beside its stalls, a merchant beside both of hers. Headers stay correct, because a header of two
// lines gets the same title from either.
func (s *worksheet) fillMerged() {
	at := make(map[int]int, len(s.lines))
	for i, l := range s.lines {
		at[l.number] = i
	}
	for _, m := range s.merges {
		i, ok := at[m.top]
		if !ok || m.column >= len(s.lines[i].cells) || s.lines[i].cells[m.column] == "" {
			continue
		}
		text := s.lines[i].cells[m.column]
		number, isNumber := s.lines[i].numerics[m.column]
		for i++; i < len(s.lines) && s.lines[i].number > m.top && s.lines[i].number <= m.bottom; i++ {
			if !s.lines[i].fill(m.column, text) {
				break
			}
			if isNumber {
				s.lines[i].setNumber(m.column, number)
			}
		}
	}
}

// fill writes a text into a cell that is empty.
func (l *line) fill(column int, text string) bool {
	for len(l.cells) <= column {
		l.cells = append(l.cells, "")
	}
	if l.cells[column] != "" {
		return false
	}
	l.cells[column] = text
	return true
}

// setNumber marks a cell as one that holds a number.
func (l *line) setNumber(column int, number numeric) {
	if l.numerics == nil {
		l.numerics = map[int]numeric{}
	}
	l.numerics[column] = number
}
