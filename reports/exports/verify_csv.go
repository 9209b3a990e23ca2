package exports

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
)

// openCSV opens a table, also one that a spreadsheet saved again with semicolons or tabs.
func openCSV(raw []byte) (*opened, error) {
	raw = bytes.TrimPrefix(raw, []byte(byteOrderMark))
	first, _, _ := bytes.Cut(raw, []byte("\n"))
	reader := csv.NewReader(bytes.NewReader(raw))
	for _, comma := range ";\t" {
		if bytes.Count(first, []byte(string(comma))) > bytes.Count(first, []byte(string(reader.Comma))) {
			reader.Comma = comma
		}
	}
	lines, err := reader.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("the file is no table that can be read: %w", err)
	}
	return &opened{
		kind: "csv", seal: func(find func(string) (*Seal, error)) (*Seal, error) { return csvSeal(lines, find) },
		compare: func(p *Proof, d *Document) error { return p.compareCSV(lines, d) },
		texts:   func() []string { return slices.Concat(lines...) },
	}, nil
}

// csvSeal is the seal that the lines name, with the content that find gives.
func csvSeal(lines [][]string, find func(string) (*Seal, error)) (*Seal, error) {
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

// compareCSV holds each cell against the line that the content gives, as the release that wrote the
// file wrote it.
func (p *Proof) compareCSV(lines [][]string, d *Document) error {
	layouts := d.csvLayouts()
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

// csvLayouts are the table as this release writes it, and as releases wrote it before: until
// December 2026 without the status, and what is hidden was empty, then ẩn.
func (d *Document) csvLayouts() [][][]string {
	now := d.csvLines()
	later := slices.Index(now[0], "status") // columns that were added
	var before, first [][]string
	for _, line := range now {
		old := slices.Concat(line[:later], line[len(now[0])-len(sealHeads):])
		before = append(before, old)
		if line[2] == "outside" {
			continue
		}
		empty := slices.Clone(old)
		for _, head := range []string{"numerator", "denominator", "value"} {
			if at := slices.Index(now[0], head); empty[at] == hiddenText {
				empty[at] = ""
			}
		}
		first = append(first, empty)
	}
	return [][][]string{now, before, first}
}

// compareLines holds each cell against a table.
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
				// What reads CSV makes one character of a line's end inside of a field.
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
