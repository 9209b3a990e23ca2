package verify

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"

	"market40/reports/exports"
	"market40/reports/exports/document"
	"market40/reports/exports/notation"
)

// openCSV opens a table, including one that a spreadsheet saved with semicolons or tabs.
func openCSV(raw []byte) (*opened, error) {
	raw = bytes.TrimPrefix(raw, []byte(exports.ByteOrderMark))
	first, _, _ := bytes.Cut(raw, []byte("\n"))
	reader := csv.NewReader(bytes.NewReader(raw))
	for _, comma := range ";\t" {
		if bytes.Count(first, []byte(string(comma))) > bytes.Count(first, []byte(string(reader.Comma))) {
			reader.Comma = comma
		}
	}
	lines, err := reader.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("the file is not a readable table: %w", err)
	}
	return &opened{
		kind:    "csv",
		seal:    func(find func(string) (*document.Seal, error)) (*document.Seal, error) { return csvSeal(lines, find) },
		compare: func(p *Proof, d *document.Document) error { return p.compareCSV(lines, d) },
		texts:   func() []string { return slices.Concat(lines...) },
	}, nil
}

// csvSeal returns the seal that the lines name, with the content that find returns.
func csvSeal(lines [][]string, find func(string) (*document.Seal, error)) (*document.Seal, error) {
	if len(lines) < 2 {
		return nil, ErrNoSeal
	}
	at := slices.Index(lines[0], "sha256")
	if at < 0 || at >= len(lines[1]) || lines[1][at] == "" {
		return nil, ErrNoSeal
	}
	if find == nil {
		return nil, ErrNoContent
	}
	seal, err := find(strings.ToLower(lines[1][at]))
	if err != nil {
		return nil, fmt.Errorf("the content of %s: %w", lines[1][at], err)
	}
	if !strings.EqualFold(seal.SHA256, lines[1][at]) {
		return nil, fmt.Errorf("the content at hand has the hash %s, the file names %s", seal.SHA256, lines[1][at])
	}
	return seal, nil
}

// compareCSV compares each cell with the table for the content, in the layout of the release that
// wrote the file.
func (p *Proof) compareCSV(lines [][]string, d *document.Document) error {
	layouts := csvLayouts(d)
	for _, signed := range layouts {
		try := &Proof{}
		try.compareLines(lines, signed)
		if try.Proven() {
			p.Compared += try.Compared
			return nil
		}
	}
	for _, signed := range layouts {
		if slices.Equal(lines[0], signed[0]) {
			p.compareLines(lines, signed)
			return nil
		}
	}
	p.compareLines(lines, layouts[0])
	return nil
}

// csvLayouts returns the table in the layout of this release and of earlier ones. Until December
// 2026 there was no status; hidden cells were empty at first, then "ẩn".
func csvLayouts(d *document.Document) [][][]string {
	now := exports.CSVLines(d)
	later := slices.Index(now[0], "status") // the columns that were added
	var before, first [][]string
	for _, line := range now {
		old := slices.Concat(line[:later], line[len(now[0])-len(exports.SealHeads):])
		before = append(before, old)
		if line[2] == "outside" {
			continue
		}
		empty := slices.Clone(old)
		for _, head := range []string{"numerator", "denominator", "value"} {
			if at := slices.Index(now[0], head); empty[at] == notation.Hidden {
				empty[at] = ""
			}
		}
		first = append(first, empty)
	}
	return [][][]string{now, before, first}
}

// compareLines compares each cell with a table.
func (p *Proof) compareLines(lines, signed [][]string) {
	heads := signed[0]
	if len(lines) != len(signed) {
		p.fault("the file has %d lines, the signed content gives %d", len(lines), len(signed))
	}
	for i := range min(len(lines), len(signed)) {
		for j := range max(len(lines[i]), len(heads)) {
			p.Compared++
			is, want, head := "", "", fmt.Sprintf("column %d", j+1)
			if j < len(lines[i]) {
				is = lines[i][j]
			}
			if j < len(heads) {
				// CSV readers turn a line end inside a field into one character.
				want, head = strings.ReplaceAll(signed[i][j], "\r\n", "\n"), heads[j]
			}
			if is != want {
				name := fmt.Sprintf("line %d", i+1)
				if i > 0 {
					name += " (" + strings.Join([]string{signed[i][4], signed[i][6], head}, ", ") + ")"
				}
				p.differs(name, is, want)
			}
		}
	}
}
