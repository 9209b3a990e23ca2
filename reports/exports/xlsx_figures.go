package exports

import (
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"market40/merchants/platform/bizday"
	"market40/reports"
	"market40/reports/exports/document"
	"market40/reports/exports/notation"
	"market40/reports/figures"
	"market40/reports/scope"
)

// StatusHeads are the status columns of each line's unit. New columns are added at the end, because
// programs read these files.
var StatusHeads = []string{"Trạng thái", "Lý do"}

// FigureHeads are the columns of the sheet of figures.
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
func (b *workbook) figures(d *document.Document) {
	heads := make([]cell, len(FigureHeads))
	for i, head := range FigureHeads {
		heads[i] = cell{"head", head}
	}
	rows := [][]cell{heads}
	for _, row := range d.Report.Rows {
		rows = append(rows, figureRows(d, row)...)
	}
	rows = append(rows, figureRows(d, reports.Row{
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

func figureRows(d *document.Document, of reports.Row) [][]cell {
	l, codes := of.Locality, []string{}
	demo := d.Demo && l.Level == "total"
	for _, m := range of.Markets {
		codes = append(codes, m.Code)
		demo = demo || m.Demo
	}
	note := ""
	if demo {
		note = document.DemoText
	}
	level := l.Level
	if word, known := levels[level]; known {
		level = word
	}
	head := []cell{{"cell", level}, {"center", l.Code}, {"cell", l.Name}, {"cell", strings.Join(codes, " ")}}
	status, reason := document.StatusWords(of)
	tail := []cell{{"cell", status}, {"cell", reason}}
	rows := [][]cell{}
	for _, line := range d.Lines(of.Indicators) {
		about := []cell{{"center", line.Code}, {"cell", line.Name}, {"cell", line.PartName}}
		rows = append(rows, slices.Concat(head, about, figureCells(line.Figure, line.Unit, note), tail))
	}
	return rows
}

func figureCells(f figures.Figure, unit, note string) []cell {
	missing := notation.Missing(f)
	row := []cell{
		{"center", f.Definition},
		quantityCell(f.Numerator, missing), quantityCell(f.Denominator, missing),
		valueCell(f, unit, missing),
	}
	mix := [4]cell{{"count", nil}, {"count", nil}, {"count", nil}, {"count", nil}}
	if e := f.Evidence; e != nil {
		mix = [4]cell{{"count", e.A}, {"count", e.B}, {"count", e.C}, {"count", e.D}}
	}
	row = append(row, mix[:]...)
	low, high := valueCell(figures.Figure{}, unit, ""), valueCell(figures.Figure{}, unit, "")
	if i := f.Interval; i != nil {
		low, high = valueCell(figures.Figure{Value: &i.Low}, unit, ""), valueCell(figures.Figure{Value: &i.High},
			unit, "")
	}
	coverage := []cell{{"count", nil}, {"count", nil}, {"share", nil}}
	if c := f.Coverage; c != nil {
		coverage = []cell{intCell(c.Numerator), {"count", c.Denominator}, {"hidden", notation.Hidden}}
		if c.Numerator != nil {
			coverage[2] = valueCell(figures.Figure{
				Value: c.Value, Numerator: figures.Count(*c.Numerator),
				Denominator: figures.Count(c.Denominator),
			}, notation.Share, "")
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
		note = strings.TrimPrefix(note+"; "+notation.Period(f.Period, "/"), "; ")
	}
	return append(row, cell{"center", hidden}, cell{"center", fresh}, cell{"cell", note})
}

func intCell(n *int) cell {
	if n == nil {
		return cell{"hidden", notation.Hidden}
	}
	return cell{"count", *n}
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
	style := map[string]string{
		notation.Share: "share", notation.Bands: "share", notation.Points: "points", notation.Dong: "count",
	}[unit]
	if style == "" {
		style = "ratio"
	}
	switch {
	case f.Value == nil && missing != "":
		return cell{"hidden", missing}
	case f.Value == nil:
		return cell{style, nil}
	}
	number, err := notation.Number(f, unit)
	if err != nil {
		return cell{"cell", *f.Value}
	}
	return cell{style, number}
}
