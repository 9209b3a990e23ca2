package reports

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"market40/merchants/encodings"
	"market40/merchants/platform/bizday"
	"market40/reports/figures"
	"market40/reports/scope"
)

// byteOrderMark makes spreadsheets read UTF-8.
const byteOrderMark = "\uFEFF"

// demoNote marks every line that counts an invented market.
const demoNote = "dữ liệu minh họa"

// tableHeads are the columns of a report as a table. New ones go to the end: programs read these
// files.
var tableHeads = []string{
	"basis", "as_of", "level", "code", "name", "markets", "indicator", "definition",
	"numerator", "denominator", "value", "evidence_a", "evidence_b", "evidence_c", "evidence_d", "suppressed", "note",
	"part", "interval_low", "interval_high", "coverage_numerator", "coverage_denominator", "coverage_value", "fresh_at",
	"period",
	"status", "status_reason", "revised_after",
}

// csv returns the report's table as CSV, marked as UTF-8.
func (a *Adoption) csv() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(byteOrderMark)
	if err := csv.NewWriter(&b).WriteAll(a.Table()); err != nil {
		return nil, fmt.Errorf("adoption as CSV: %w", err)
	}
	return b.Bytes(), nil
}

// hiddenCell replaces a hidden number.
const hiddenCell = "ẩn"

// Table returns the report as lines: the heads, one line for each unit, indicator and part of it,
// then those of the total. A hidden number says so; an unknown one is empty. No cell can start a
// formula.
func (a *Adoption) Table() [][]string {
	lines := [][]string{tableHeads}
	note := ""
	for _, row := range a.Rows {
		codes, rowNote := []string{}, ""
		state := unitState{reason: row.Status.Reason, revised: row.Revised}
		if row.Status.Code != nil {
			state.status = *row.Status.Code
		}
		for _, m := range row.Markets {
			codes = append(codes, m.Code)
			if m.Demo {
				note, rowNote = demoNote, demoNote
			}
		}
		lines = append(lines, a.exportLines(row.Locality, strings.Join(codes, " "), row.Indicators, rowNote, state)...)
	}
	lines = append(lines, a.exportLines(scope.Locality{Level: "total", Name: "Tổng"}, "", a.Total, note,
		unitState{revised: a.Revised})...)
	if left := a.Outside; left != nil && left.Markets > 0 {
		line := make([]string, len(tableHeads))
		copy(line, []string{a.Basis, a.AsOf, "outside", "", left.Text(), strings.Join(left.codes(), " ")})
		lines = append(lines, escapeFormula(line))
	}
	return lines
}

// unitState is the status of a unit, which each of its lines repeats.
type unitState struct {
	status, reason string
	revised        *figures.Revised
}

func (s unitState) fields() []string {
	after := ""
	if s.revised != nil {
		after = s.revised.After.Format(time.RFC3339)
	}
	return []string{s.status, s.reason, after}
}

func (a *Adoption) exportLines(
	l scope.Locality, markets string, values figures.Figures, note string, state unitState,
) [][]string {
	head, tail := []string{a.Basis, a.AsOf, l.Level, l.Code, l.Name, markets}, state.fields()
	lines := make([][]string, 0, len(values))
	for _, code := range slices.Sorted(maps.Keys(values)) {
		figure := values[code]
		lines = append(lines, escapeFormula(slices.Concat(head, []string{code}, figureFields(figure, note, ""), tail)))
		for _, part := range slices.Sorted(maps.Keys(figure.Parts)) {
			lines = append(
				lines,
				escapeFormula(slices.Concat(head, []string{code}, figureFields(figure.Parts[part], note, part),
					tail)),
			)
		}
	}
	return lines
}

func figureFields(f figures.Figure, note, part string) []string {
	value, mix, interval, coverage, fresh := "", [4]string{}, figures.Interval{}, [3]string{}, ""
	numerator, denominator := f.Numerator.Text(), f.Denominator.Text()
	if f.Suppressed {
		numerator, value, denominator = hiddenCell, hiddenCell, cmp.Or(denominator, hiddenCell)
	}
	if f.Value != nil {
		value = *f.Value
	}
	if e := f.Evidence; e != nil {
		mix = [4]string{strconv.Itoa(e.A), strconv.Itoa(e.B), strconv.Itoa(e.C), strconv.Itoa(e.D)}
	}
	if f.Interval != nil {
		interval = *f.Interval
	}
	if c := f.Coverage; c != nil {
		coverage[1] = strconv.Itoa(c.Denominator)
		if c.Numerator != nil {
			coverage[0] = strconv.Itoa(*c.Numerator)
		}
		if c.Value != nil {
			coverage[2] = *c.Value
		}
	}
	if f.FreshAt != nil {
		fresh = f.FreshAt.In(bizday.Vietnam).Format(time.RFC3339)
	}
	return []string{
		strconv.Itoa(f.Definition), numerator, denominator, value,
		mix[0], mix[1], mix[2], mix[3], strconv.FormatBool(f.Suppressed), note,
		part, interval.Low, interval.High, coverage[0], coverage[1], coverage[2], fresh, f.Period,
	}
}

// escapeFormula changes cells so that none starts a formula.
func escapeFormula(cells []string) []string {
	for i, cell := range cells {
		cells[i] = encodings.Inert(cell)
	}
	return cells
}
