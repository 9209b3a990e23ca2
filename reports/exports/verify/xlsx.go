package verify

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"market40/reports/exports"
	"market40/reports/exports/document"
)

// openXLSX opens a workbook, including one that another program saved.
func openXLSX(raw []byte, archive *zip.Reader) (*opened, error) {
	file, err := excelize.OpenReader(bytes.NewReader(raw), excelize.Options{
		UnzipSizeLimit:    LargestFile,
		UnzipXMLSizeLimit: LargestFile,
	})
	if err != nil {
		return nil, fmt.Errorf("the workbook cannot be read: %w", err)
	}
	return &opened{
		kind: "xlsx",
		seal: func(func(string) (*document.Seal, error)) (*document.Seal, error) { return xlsxSeal(file) },
		compare: func(p *Proof, d *document.Document) error {
			if err := p.formulas(archive); err != nil {
				return err
			}
			return p.compareXLSX(file, d)
		},
		texts: func() (texts []string) {
			for _, sheet := range file.GetSheetList() {
				// an unreadable sheet was already reported as a fault
				rows, _ := file.GetRows(sheet)
				texts = append(texts, slices.Concat(rows...)...)
			}
			return texts
		},
	}, nil
}

// xlsxSeal joins the cells that contain the signed content.
func xlsxSeal(file *excelize.File) (*document.Seal, error) {
	rows, err := file.GetRows(exports.SealSheet, excelize.Options{RawCellValue: true})
	if err != nil || len(rows) <= exports.SealRows {
		return nil, ErrNoSeal
	}
	var text strings.Builder
	for _, row := range rows[exports.SealRows:] {
		if len(row) > 0 {
			text.WriteString(strings.TrimSpace(row[0]))
		}
	}
	raw, err := base64.StdEncoding.DecodeString(text.String())
	if err != nil {
		return nil, fmt.Errorf("%w (%w)", ErrNoSeal, err)
	}
	seal, err := document.ReadSeal(raw)
	if err != nil {
		return nil, fmt.Errorf("%w (%w)", ErrNoSeal, err)
	}
	return seal, nil
}

// formulas reports formulas as faults. The program that opens the file calculates them anew, and
// this program writes none.
func (p *Proof) formulas(archive *zip.Reader) error {
	for _, file := range archive.File {
		if !strings.Contains(strings.ToLower(file.Name), "worksheets/") ||
			!strings.HasSuffix(strings.ToLower(file.Name), ".xml") {
			continue
		}
		raw, err := readPart(archive, file.Name)
		if err != nil {
			return fmt.Errorf("%s: %w", file.Name, err)
		}
		decoder := xml.NewDecoder(bytes.NewReader(raw))
		for {
			token, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return fmt.Errorf("%s: %w", file.Name, err)
			}
			if start, is := token.(xml.StartElement); is && start.Name.Local == "f" {
				p.fault("%s contains a formula: its result is not what was signed", file.Name)
				break
			}
		}
	}
	return nil
}

// compareXLSX compares each cell with the workbook for the content, both the stored value and the
// shown text.
func (p *Proof) compareXLSX(file *excelize.File, d *document.Document) error {
	var b bytes.Buffer
	if err := exports.Kinds["xlsx"].Write(&b, d); err != nil {
		return err
	}
	signed, err := excelize.OpenReader(&b)
	if err != nil {
		return err
	}
	if err := asBefore(file, signed); err != nil {
		return err
	}
	sheets := signed.GetSheetList()
	for _, sheet := range sheets {
		for _, raw := range []bool{true, false} {
			faults := len(p.Faults)
			if err := p.compareSheet(sheet, file, signed, excelize.Options{RawCellValue: raw}); err != nil {
				return err
			}
			if len(p.Faults) > faults {
				break // shown differently because the stored value differs
			}
		}
	}
	for _, sheet := range file.GetSheetList() {
		if !slices.Contains(sheets, sheet) {
			p.Unproven = append(p.Unproven, "the sheet “"+sheet+"”, which was added")
		}
	}
	p.Unproven = append(p.Unproven,
		"how cells look (colours, hidden rows and columns) and the charts, which are drawn from the cells of “"+
			exports.ChartsSheet+"”")
	return nil
}

// asBefore removes the status columns from the expected workbook if the file has none, as in
// releases before December 2026.
func asBefore(file, signed *excelize.File) error {
	rows, err := file.GetRows(exports.FiguresSheet)
	if err != nil || len(rows) == 0 ||
		!slices.EqualFunc(rows[0], exports.FigureHeads[:len(exports.FigureHeads)-len(exports.StatusHeads)],
			func(a, b string) bool { return plainText(a) == plainText(b) }) {
		return nil //nolint:nilerr // a missing sheet is reported as a fault
	}
	for range exports.StatusHeads {
		column, err := excelize.ColumnNumberToName(len(exports.FigureHeads) - len(exports.StatusHeads) + 1)
		if err != nil {
			return err
		}
		if err := signed.RemoveCol(exports.FiguresSheet, column); err != nil {
			return err
		}
	}
	return nil
}

func (p *Proof) compareSheet(sheet string, file, signed *excelize.File, as excelize.Options) error {
	want, err := signed.GetRows(sheet, as)
	if err != nil {
		return err
	}
	is, err := file.GetRows(sheet, as)
	if err != nil {
		p.fault("the sheet “%s” is missing", sheet)
		return nil //nolint:nilerr // reported as a fault
	}
	at := func(rows [][]string, y, x int) string {
		if y < len(rows) && x < len(rows[y]) {
			return rows[y][x]
		}
		return ""
	}
	for y := range max(len(want), len(is)) {
		wide := 0
		if y < len(want) {
			wide = len(want[y])
		}
		if y < len(is) {
			wide = max(wide, len(is[y]))
		}
		for x := range wide {
			p.Compared++
			if a, b := at(is, y, x), at(want, y, x); plainText(a) != plainText(b) {
				name, err := excelize.CoordinatesToCellName(x+1, y+1)
				if err != nil {
					return err
				}
				where := sheet + "!" + name
				if sheet == exports.FiguresSheet && y > 0 {
					where += " (" + strings.Join([]string{at(want, y, 2), at(want, y, 4), at(want, 0, x)}, ", ") + ")"
				}
				p.differs(where, a, b)
			}
		}
	}
	return nil
}
