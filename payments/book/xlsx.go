package book

import (
	"fmt"
	"io"

	"github.com/xuri/excelize/v2"

	"market40/merchants/encodings"
)

// tab is the name of the workbook's only sheet.
const tab = "S1a-HKD"

// writeXLSX writes a form as a workbook. Amounts are whole numbers, and texts are never formulas.
func writeXLSX(w io.Writer, f *form) error {
	file := excelize.NewFile()
	defer func() { _ = file.Close() }() // it is in memory only
	styles, err := stylesOf(file)
	if err != nil {
		return err
	}
	if err := file.SetSheetName("Sheet1", tab); err != nil {
		return fmt.Errorf("name the book's sheet: %w", err)
	}
	sheet, err := file.NewStreamWriter(tab)
	if err != nil {
		return fmt.Errorf("begin the book's sheet: %w", err)
	}
	t := &workbook{StreamWriter: sheet, styles: styles}
	t.widths(14, 64, 34)
	t.write(f)
	if t.err == nil {
		t.err = sheet.Flush()
	}
	if t.err == nil {
		t.err = file.Write(w)
	}
	if t.err != nil {
		return fmt.Errorf("write the book as a workbook: %w", t.err)
	}
	return nil
}

// styles are the styles of cells, by name.
type styles map[string]int

func stylesOf(file *excelize.File) (styles, error) {
	border := []excelize.Border{}
	for _, side := range []string{"left", "right", "top", "bottom"} {
		border = append(border, excelize.Border{Type: side, Color: "000000", Style: 1})
	}
	const grouped = 3 // #,##0
	plain, bold, title := &excelize.Font{Family: "Times New Roman", Size: 12}, &excelize.Font{
		Family: "Times New Roman",
		Size:   12, Bold: true,
	}, &excelize.Font{Family: "Times New Roman", Size: 14, Bold: true}
	middle := &excelize.Alignment{Horizontal: "center", Vertical: "center", WrapText: true}
	wrapped := &excelize.Alignment{Vertical: "center", WrapText: true}
	made := styles{}
	for name, style := range map[string]*excelize.Style{
		"left":   {Font: plain, Alignment: wrapped},
		"owner":  {Font: bold, Alignment: wrapped},
		"center": {Font: plain, Alignment: middle},
		"bold":   {Font: bold, Alignment: middle},
		"title":  {Font: title, Alignment: middle},
		"unit":   {Font: plain, Alignment: &excelize.Alignment{Horizontal: "right"}},
		"head":   {Font: bold, Alignment: middle, Border: border},
		"day":    {Font: plain, Alignment: middle, Border: border},
		"text":   {Font: plain, Alignment: wrapped, Border: border},
		"amount": {Font: plain, Border: border, NumFmt: grouped},
		"sum":    {Font: bold, Border: border, NumFmt: grouped},
		"total":  {Font: bold, Alignment: wrapped, Border: border},
	} {
		id, err := file.NewStyle(style)
		if err != nil {
			return nil, fmt.Errorf("make the style %s: %w", name, err)
		}
		made[name] = id
	}
	return made, nil
}

// workbook is a sheet that is being written; err is the first error.
type workbook struct {
	*excelize.StreamWriter
	styles styles
	rows   int
	err    error
}

func (t *workbook) widths(all ...float64) {
	for i, width := range all {
		if t.err == nil {
			t.err = t.SetColWidth(i+1, i+1, width)
		}
	}
}

// row writes cells, given as pairs of style and value; style "" leaves a cell out.
func (t *workbook) row(cells ...any) {
	t.rows++
	values := make([]any, 0, len(cells)/2)
	for i := 0; i+1 < len(cells); i += 2 {
		style, _ := cells[i].(string)
		if style == "" {
			values = append(values, nil)
			continue
		}
		value := cells[i+1]
		if text, ok := value.(string); ok {
			value = encodings.Inert(text)
		}
		values = append(values, excelize.Cell{StyleID: t.styles[style], Value: value})
	}
	if t.err == nil {
		t.err = t.SetRow(fmt.Sprintf("A%d", t.rows), values)
	}
}

// wide writes one text over the columns from a first one to the last.
func (t *workbook) wide(from, style, text string) {
	cells := []any{}
	for c := "A"; c < from; c = string(c[0] + 1) {
		cells = append(cells, "", nil)
	}
	t.row(append(cells, style, text)...)
	if t.err == nil {
		t.err = t.MergeCell(fmt.Sprintf("%s%d", from, t.rows), fmt.Sprintf("C%d", t.rows))
	}
}

func (t *workbook) write(f *form) {
	right := append([]string{formName}, formSource...)
	left := append(f.head(), "")
	for i := range right {
		ours, theirs := "left", "center"
		if i == 0 {
			ours, theirs = "owner", "bold"
		}
		t.row(ours, left[i], "", nil, theirs, right[i])
		if t.err == nil {
			t.err = t.MergeCell(fmt.Sprintf("A%d", t.rows), fmt.Sprintf("B%d", t.rows))
		}
	}
	t.row()
	t.wide("A", "title", formTitle)
	for _, text := range f.below() {
		t.wide("A", "center", text)
	}
	t.row("", nil, "", nil, "unit", formUnit)
	for _, head := range formColumns {
		t.row("head", head[0], "head", head[1], "head", head[2])
	}
	for _, l := range f.lines {
		t.row("day", l.day, "text", l.text, "amount", l.amount.Dong())
	}
	t.row("total", "", "total", formTotal, "sum", f.total.Dong())
	t.row()
	t.wide("B", "center", formDate)
	for _, text := range formSigner {
		t.wide("B", "bold", text)
	}
	t.wide("B", "center", formSigned)
}
