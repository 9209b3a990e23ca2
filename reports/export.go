package reports

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// byteOrderMark makes spreadsheets read UTF-8.
const byteOrderMark = "\uFEFF"

// demoNote stands on every line that counts an invented market.
const demoNote = "dữ liệu minh họa"

// csv is the report with a line per unit and indicator, then the total's. What is hidden is empty.
// Codes and names come from checked tables: none can start a formula.
func (a *Adoption) csv() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(byteOrderMark)
	w := csv.NewWriter(&b)
	lines := [][]string{{
		"basis", "as_of", "level", "code", "name", "markets", "indicator", "definition",
		"numerator", "denominator", "value", "evidence_a", "evidence_b", "evidence_c", "evidence_d", "suppressed", "note",
	}}
	note := ""
	for _, row := range a.Rows {
		codes, rowNote := []string{}, ""
		for _, m := range row.Markets {
			codes = append(codes, m.Code)
			if m.Demo {
				note, rowNote = demoNote, demoNote
			}
		}
		lines = append(lines, a.lines(row.Locality, strings.Join(codes, " "), row.Indicators, rowNote)...)
	}
	lines = append(lines, a.lines(Locality{Level: "total", Name: "Tổng"}, "", a.Total, note)...)
	if err := w.WriteAll(lines); err != nil {
		return nil, fmt.Errorf("adoption as CSV: %w", err)
	}
	return b.Bytes(), nil
}

func (a *Adoption) lines(l Locality, markets string, figures Figures, note string) [][]string {
	head := []string{a.Basis, a.AsOf, l.Level, l.Code, l.Name, markets}
	lines := make([][]string, 0, len(figures))
	for _, code := range slices.Sorted(maps.Keys(figures)) {
		lines = append(lines, slices.Concat(head, []string{code}, figures[code].fields(note)))
	}
	return lines
}

func (i Figure) fields(note string) []string {
	numerator, denominator, value, mix := "", "", "", [4]string{}
	if i.Numerator != nil {
		numerator = i.Numerator.String()
	}
	if i.Denominator != nil {
		denominator = i.Denominator.String()
	}
	if i.Value != nil {
		value = *i.Value
	}
	if e := i.Evidence; e != nil {
		mix = [4]string{strconv.Itoa(e.A), strconv.Itoa(e.B), strconv.Itoa(e.C), strconv.Itoa(e.D)}
	}
	return []string{
		strconv.Itoa(i.Definition), numerator, denominator, value,
		mix[0], mix[1], mix[2], mix[3], strconv.FormatBool(i.Suppressed), note,
	}
}
