package exports

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"market40/merchants/encodings"
	"market40/reports/exports/document"
)

// The sheets of a workbook, in order.
const (
	coverSheet       = "Bìa"
	FiguresSheet     = "Số liệu"
	ChartsSheet      = "Biểu đồ"
	definitionsSheet = "Định nghĩa"
	SealSheet        = "Xác nhận"
)

// workbook is a workbook that is being written. It remembers its first error.
type workbook struct {
	file   *excelize.File
	styles map[string]int
	err    error
}

// writeXLSX writes a report as a workbook: cover, figures (one row each), charts, definitions,
// seal. Numbers are stored as numbers.
func writeXLSX(w io.Writer, d *document.Document) error {
	b := &workbook{file: excelize.NewFile(), styles: map[string]int{}}
	defer func() { _ = b.file.Close() }() // the file is only in memory
	b.makeStyles()
	b.cover(d)
	b.figures(d)
	b.charts(d)
	b.definitions(d)
	if d.Seal != nil {
		b.seal(d.Seal)
	}
	b.note(b.file.SetDocProps(&excelize.DocProperties{
		Title: d.Title(), Creator: "market40 (Chợ 4.0)",
		Language: "vi-VN",
	}))
	if b.err == nil {
		b.err = b.file.Write(w)
	}
	if b.err != nil {
		return fmt.Errorf("write a report as a workbook: %w", b.err)
	}
	return nil
}

func (b *workbook) note(err error) {
	if b.err == nil {
		b.err = err
	}
}

// makeStyles creates the styles of cells. Number formats use the invariant notation. A program
// shows them with the reader's separators, which in Vietnamese are 1.234.567 and 83,5%.
func (b *workbook) makeStyles() {
	border := []excelize.Border{}
	for _, side := range []string{"left", "right", "top", "bottom"} {
		border = append(border, excelize.Border{Type: side, Color: "9AA5A0", Style: 1})
	}
	font := func(size float64, bold bool) *excelize.Font {
		return &excelize.Font{Family: "Times New Roman", Size: size, Bold: bold}
	}
	left := &excelize.Alignment{Vertical: "top", WrapText: true}
	middle := &excelize.Alignment{Horizontal: "center", Vertical: "center", WrapText: true}
	right := &excelize.Alignment{Horizontal: "right", Vertical: "top"}
	format := func(f string) *string { return &f }
	for name, style := range map[string]*excelize.Style{
		"title": {Font: font(16, true), Alignment: middle},
		"demo": {
			Font:      &excelize.Font{Family: "Times New Roman", Size: 12, Bold: true, Color: "A32020"},
			Alignment: middle,
		},
		"name": {Font: font(12, true), Alignment: left},
		"text": {Font: font(12, false), Alignment: left},
		"free": {Font: font(12, true)}, // may run over the cells beside it
		"head": {Font: font(11, true), Alignment: middle, Border: border, Fill: excelize.Fill{
			Type:    "pattern",
			Pattern: 1, Color: []string{"DDEBE3"},
		}},
		"cell": {Font: font(11, false), Alignment: left, Border: border},
		"center": {
			Font: font(11, false), Alignment: &excelize.Alignment{Horizontal: "center", Vertical: "top"},
			Border: border,
		},
		"hidden": {Font: font(11, false), Alignment: right, Border: border},
		"count":  {Font: font(11, false), Alignment: right, Border: border, CustomNumFmt: format("#,##0")},
		"share":  {Font: font(11, false), Alignment: right, Border: border, CustomNumFmt: format("0.0%")},
		"points": {Font: font(11, false), Alignment: right, Border: border, CustomNumFmt: format(`0.0" điểm"`)},
		"ratio":  {Font: font(11, false), Alignment: right, Border: border, CustomNumFmt: format("#,##0.0")},
		"code":   {Font: &excelize.Font{Family: "Courier New", Size: 9}, Alignment: left},
	} {
		id, err := b.file.NewStyle(style)
		b.note(err)
		b.styles[name] = id
	}
}

// cell is a value with its style.
type cell struct {
	style string
	value any
}

func (b *workbook) cells(row []cell) []any {
	values := make([]any, len(row))
	for i, c := range row {
		value := c.value
		if text, is := value.(string); is {
			value = encodings.Inert(text)
		}
		values[i] = excelize.Cell{StyleID: b.styles[c.style], Value: value}
	}
	return values
}

// sheet adds a sheet with a few rows, sets the column widths and freezes the first rows.
func (b *workbook) sheet(name string, widths []float64, freeze int, rows [][]cell) {
	_, err := b.file.NewSheet(name)
	b.note(err)
	b.note(b.file.SetSheetView(name, 0, &excelize.ViewOptions{ShowGridLines: new(bool)}))
	for i, width := range widths {
		column, err := excelize.ColumnNumberToName(i + 1)
		b.note(err)
		b.note(b.file.SetColWidth(name, column, column, width))
	}
	if freeze > 0 {
		b.note(b.file.SetPanes(name, freezeRows(freeze)))
	}
	for y, row := range rows {
		for x, c := range row {
			at, err := excelize.CoordinatesToCellName(x+1, y+1)
			b.note(err)
			if text, is := c.value.(string); is {
				c.value = encodings.Inert(text)
			}
			b.note(b.file.SetCellValue(name, at, c.value))
			b.note(b.file.SetCellStyle(name, at, at, b.styles[c.style]))
		}
		b.note(b.file.SetRowHeight(name, y+1, rowHeight(row, widths)))
	}
}

// rowHeight returns a height in points that shows all lines of a row's texts. Programs without a
// screen do not calculate it. Column widths are measured in digits, but letters differ in width.
func rowHeight(row []cell, widths []float64) float64 {
	const line = 15.75
	lines := 1
	for i, c := range row {
		text, is := c.value.(string)
		if is && i < len(widths) && c.style != "free" && c.style != "code" {
			lines = max(lines, int(float64(utf8.RuneCountInString(text))*0.94/widths[i])+1)
		}
	}
	return min(line*float64(lines), 400)
}

func freezeRows(rows int) *excelize.Panes {
	return &excelize.Panes{
		Freeze: true, YSplit: rows, TopLeftCell: fmt.Sprintf("A%d", rows+1),
		ActivePane: "bottomLeft",
	}
}

// stream adds a sheet with many rows, like sheet, but writes them directly. All other settings of
// the sheet must be made before.
func (b *workbook) stream(name string, widths []float64, rows [][]cell) {
	stream, err := b.file.NewStreamWriter(name)
	if err != nil {
		b.note(err)
		return
	}
	for i, width := range widths {
		b.note(stream.SetColWidth(i+1, i+1, width))
	}
	b.note(stream.SetPanes(freezeRows(1)))
	for i, row := range rows {
		b.note(stream.SetRow(fmt.Sprintf("A%d", i+1), b.cells(row), excelize.RowOpts{Height: rowHeight(row, widths)}))
	}
	b.note(stream.Flush())
}

// The sizes of paper, as numbered in workbooks.
const (
	a3 = 8
	a4 = 9
)

// paper sets a sheet to be printed one page wide.
func (b *workbook) paper(sheet, orientation string, size int) {
	one, as := 1, 0
	b.note(b.file.SetPageLayout(sheet, &excelize.PageLayoutOptions{
		Orientation: &orientation, Size: &size,
		FitToWidth: &one, FitToHeight: &as,
	}))
	fit := true
	b.note(b.file.SetSheetProps(sheet, &excelize.SheetPropsOptions{FitToPage: &fit}))
}

func (b *workbook) cover(d *document.Document) {
	rows := [][]cell{{{"title", "BÁO CÁO"}}, {{"title", d.Title()}}}
	if d.Demo {
		rows = append(rows, []cell{{"demo", strings.ToUpper(document.DemoText)}})
	}
	merged := len(rows)
	rows = append(rows, nil)
	for _, fact := range d.Facts() {
		rows = append(rows, []cell{{"name", fact[0]}, {"text", fact[1]}})
	}
	rows = append(rows, nil)
	for i, legend := range document.Legends {
		head := cell{"", nil}
		if i == 0 {
			head = cell{"name", "Cách đọc"}
		}
		rows = append(rows, []cell{head, {"text", legend}})
	}
	if d.Seal != nil {
		rows = append(rows, nil, []cell{{"name", "SHA-256"}, {"code", d.Seal.SHA256}},
			[]cell{{"name", "Chữ ký (Ed25519)"}, {"code", d.Seal.Signature}})
	}
	b.sheet(coverSheet, []float64{22, 92}, 0, rows)
	for row := 1; row <= merged; row++ {
		b.note(b.file.MergeCell(coverSheet, fmt.Sprintf("A%d", row), fmt.Sprintf("B%d", row)))
	}
	b.note(b.file.SetRowHeight(coverSheet, 2, 44)) // the title may need two lines
	b.paper(coverSheet, "portrait", a4)
	b.note(b.file.DeleteSheet("Sheet1"))
}

func (b *workbook) definitions(d *document.Document) {
	t := d.DefinitionTable()
	rows := [][]cell{{}}
	for _, head := range t.Heads {
		rows[0] = append(rows[0], cell{"head", head})
	}
	for _, texts := range t.Rows {
		row := []cell{}
		for i, text := range texts {
			row = append(row, cell{map[byte]string{'c': "center", 'l': "cell"}[t.Aligns[i]], text})
		}
		rows = append(rows, row)
	}
	b.sheet(definitionsSheet, []float64{8, 40, 11, 46, 80}, 1, rows)
	b.paper(definitionsSheet, "landscape", a4)
}
