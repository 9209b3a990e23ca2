package exports

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"market40/merchants/platform/bizday"
	"market40/reports"
	"market40/reports/figures"
	"market40/reports/scope"

	"github.com/xuri/excelize/v2"
)

// StatusHeads are the status columns of each line's unit. New columns are added at the end, because
// programs read these files.
var StatusHeads = []string{"Trạng thái", "Lý do"}

var FigureHeads = slices.Concat([]string{
	"Cấp", "Mã địa phương", "Địa phương", "Chợ", "Mã chỉ số", "Chỉ số", "Thành phần", "Phiên bản định nghĩa", "Tử số",
	"Mẫu số", "Giá trị",
	"Bằng chứng A", "Bằng chứng B", "Bằng chứng C", "Bằng chứng D", "Khoảng 95 %, từ", "Khoảng 95 %, đến",
	"Độ phủ, tử số", "Độ phủ, mẫu số", "Độ phủ", "Ẩn", "Dữ liệu mới nhất", "Ghi chú",
}, StatusHeads)

var figureWidths = []float64{
	9, 9, 24, 14, 8, 46, 28, 11, 11, 11, 12, 10, 10, 10, 10, 11, 11, 10, 10, 10, 7, 17, 18, 14,
	46,
}

var levels = map[string]string{"province": "tỉnh", "district": "huyện", "commune": "xã", "total": "tổng"}

// figures writes the sheet with one row for each figure.
func (b *workbook) figures(d *Document) {
	heads := make([]cell, len(FigureHeads))
	for i, head := range FigureHeads {
		heads[i] = cell{"head", head}
	}
	rows := [][]cell{heads}
	for _, row := range d.Report.Rows {
		rows = append(rows, d.figureRows(row)...)
	}
	rows = append(rows, d.figureRows(reports.Row{
		Locality:   scope.Locality{Level: "total", Name: "Tổng cộng"},
		Indicators: d.Report.Total,
	})...)
	if _, err := b.file.NewSheet(FiguresSheet); err != nil {
		b.note(err)
		return
	}
	last, err := excelize.CoordinatesToCellName(len(FigureHeads), len(rows))
	b.note(err)
	b.note(b.file.AutoFilter(FiguresSheet, "A1:"+last, nil))
	b.paper(FiguresSheet, "landscape", a3)
	b.stream(FiguresSheet, figureWidths, rows)
}

func (d *Document) figureRows(of reports.Row) [][]cell {
	l, figures := of.Locality, of.Indicators
	codes, demo := []string{}, d.Demo && l.Level == "total"
	for _, m := range of.Markets {
		codes = append(codes, m.Code)
		demo = demo || m.Demo
	}
	note := ""
	if demo {
		note = demoText
	}
	level := l.Level
	if word, known := levels[level]; known {
		level = word
	}
	head := []cell{{"cell", level}, {"center", l.Code}, {"cell", l.Name}, {"cell", strings.Join(codes, " ")}}
	tail := []cell{{"cell", ""}, {"cell", cmp.Or(of.Status.Reason, reasons[of.StatusReason])}}
	if code := of.Status.Code; code != nil {
		tail[0].value = cmp.Or(statuses[*code], *code)
	}
	rows := [][]cell{}
	for _, code := range slices.Sorted(maps.Keys(figures)) {
		figure, definition := figures[code], d.define(code)
		rows = append(rows, slices.Concat(head, []cell{{"center", code}, {"cell", definition.Name}, {"cell", ""}},
			figureCells(figure, rowSubject{unit: definition.Unit}, note), tail))
		for _, key := range definition.partsIn(figure) {
			rows = append(rows, slices.Concat(head, []cell{
				{"center", code},
				{"cell", definition.Name},
				{"cell", definition.partName(key)},
			},
				figureCells(figure.Parts[key], rowSubject{unit: partUnit(definition.Unit, key)}, note), tail))
		}
	}
	return rows
}

func figureCells(f figures.Figure, of rowSubject, note string) []cell {
	missing := of.missingText(f)
	row := []cell{
		{"center", f.Definition},
		quantityCell(f.Numerator, missing), quantityCell(f.Denominator, missing),
		valueCell(f, of.unit, missing),
	}
	mix := [4]cell{{"count", nil}, {"count", nil}, {"count", nil}, {"count", nil}}
	if e := f.Evidence; e != nil {
		mix = [4]cell{{"count", e.A}, {"count", e.B}, {"count", e.C}, {"count", e.D}}
	}
	row = append(row, mix[:]...)
	low, high := valueCell(figures.Figure{}, of.unit, ""), valueCell(figures.Figure{}, of.unit, "")
	if i := f.Interval; i != nil {
		low, high = valueCell(figures.Figure{Value: &i.Low}, of.unit, ""), valueCell(figures.Figure{Value: &i.High},
			of.unit, "")
	}
	coverage := []cell{{"count", nil}, {"count", nil}, {"share", nil}}
	if c := f.Coverage; c != nil {
		coverage = []cell{intCell(c.Numerator), {"count", c.Denominator}, {"hidden", HiddenText}}
		if c.Numerator != nil {
			coverage[2] = valueCell(figures.Figure{
				Value: c.Value, Numerator: figures.Count(*c.Numerator),
				Denominator: figures.Count(c.Denominator),
			}, share, "")
		}
	}
	row = append(append(row, low, high), coverage...)
	hidden, fresh := "", ""
	if f.Suppressed {
		hidden = "có"
	}
	if f.FreshAt != nil {
		fresh = bizday.ShowTime(*f.FreshAt)
	}
	if f.Period != "" {
		note = strings.TrimPrefix(note+"; "+monthText(f.Period), "; ")
	}
	return append(row, cell{"center", hidden}, cell{"center", fresh}, cell{"cell", note})
}

func intCell(n *int) cell {
	if n == nil {
		return cell{"hidden", HiddenText}
	}
	return cell{"count", *n}
}

// missingText returns the text of a figure without a number. It is empty for an unknown figure.
func (of rowSubject) missingText(f figures.Figure) string {
	if f.Suppressed {
		return HiddenText
	}
	return ""
}

func quantityCell(q *figures.Quantity, missing string) cell {
	switch {
	case q == nil && missing != "":
		return cell{"hidden", missing}
	case q == nil:
		return cell{"count", nil}
	case q.IsInteger():
		return cell{"count", q.IntPart()}
	}
	return cell{"ratio", q.InexactFloat64()}
}

// valueCell returns a value as an unrounded number. Its format rounds it, once, as in the other
// kinds of file.
func valueCell(f figures.Figure, unit, missing string) cell {
	style := map[string]string{share: "share", bands: "share", points: "points", dong: "count"}[unit]
	if style == "" {
		style = "ratio"
	}
	switch {
	case f.Value == nil && missing != "":
		return cell{"hidden", missing}
	case f.Value == nil:
		return cell{style, nil}
	}
	exact, err := fractionOf(*f.Value, f.Numerator, f.Denominator, unit)
	if err != nil {
		return cell{"cell", *f.Value}
	}
	if unit == points { // a format can multiply by a hundred only with a percent sign
		return cell{style, fraction{exact.over.Shift(2), exact.under}.number(perMerchant)}
	}
	return cell{style, exact.number(unit)}
}
