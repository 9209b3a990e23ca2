package exports

import (
	"fmt"
	"io"
	"strings"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/text/unicode/norm"

	"market40/merchants/posters"
	"market40/merchants/vietqr"
	"market40/reports/exports/document"
)

// The page is A4 with the margins of Decree 30/2020/NĐ-CP, Annex I, in millimetres.
const (
	marginTop, marginLeft, marginRight, marginBottom = 20.0, 30.0, 15.0, 20.0
	pageWidth, pageHeight                            = 210.0, 297.0
	width                                            = pageWidth - marginLeft - marginRight
	lineHeight                                       = 4.3 // of a table's text
)

// sheet is a PDF that is being written.
type sheet struct {
	*fpdf.Fpdf
	d *document.Document
}

// attachmentName is the name of the sealed content inside a PDF.
const attachmentName = "noi-dung-da-ky.json"

// writePDF writes a report. The same document gives the same bytes: the file contains nothing about
// the day or the machine.
func writePDF(w io.Writer, d *document.Document) error {
	s := sheet{fpdf.New("P", "mm", "A4", ""), d}
	s.SetMargins(marginLeft, marginTop, marginRight)
	s.SetAutoPageBreak(false, marginBottom)
	s.SetCatalogSort(true)
	s.SetCreationDate(d.CreatedAt())
	s.SetModificationDate(d.CreatedAt())
	s.SetCreator("market40 (Chợ 4.0)", true)
	s.SetTitle(d.Title(), true)
	s.SetLang("vi-VN")
	s.AliasNbPages("")
	posters.AddFont(s.Fpdf)
	if d.Seal != nil {
		raw, err := d.Seal.JSON()
		if err != nil {
			return fmt.Errorf("the sealed content: %w", err)
		}
		s.SetAttachments([]fpdf.Attachment{{
			Content: raw, Filename: attachmentName,
			Description: "Nội dung đã chốt và ký",
		}})
	}
	s.SetHeaderFunc(s.above)
	s.SetFooterFunc(s.below)
	s.AddPage()
	s.cover()
	s.results()
	s.details()
	s.table(d.DefinitionTable(), "Phụ lục: ")
	if d.Seal != nil {
		if err := s.proof(); err != nil {
			return err
		}
	}
	if err := s.Output(w); err != nil {
		return fmt.Errorf("write a report as PDF: %w", err)
	}
	return nil
}

func (s sheet) font(style string, size float64) { s.SetFont(posters.Font, style, size) }

func (s sheet) ink(r, g, b int) { s.SetTextColor(r, g, b) }

// above prints the report's identity at the top of every page except the first.
func (s sheet) above() {
	if s.PageNo() == 1 {
		return
	}
	s.font("", 8)
	s.ink(70, 85, 78)
	s.SetXY(marginLeft, 10)
	s.CellFormat(width, 4, s.cut(s.d.Title()+s.d.DemoSuffix(), width), "", 0, "L", false, 0, "")
	s.ink(0, 0, 0)
	s.SetXY(marginLeft, marginTop)
}

func (s sheet) below() {
	s.font("", 8)
	s.ink(70, 85, 78)
	s.SetXY(marginLeft, pageHeight-13)
	text := "Số liệu chưa chốt"
	if seal := s.d.Seal; seal != nil {
		text = fmt.Sprintf("Phiên bản %d · SHA-256 %.16s…", s.d.Frozen.Version, seal.SHA256)
	}
	s.CellFormat(width/2, 4, text, "", 0, "L", false, 0, "")
	s.CellFormat(width/2, 4, fmt.Sprintf("Trang %d/{nb}", s.PageNo()), "", 0, "R", false, 0, "")
	s.ink(0, 0, 0)
}

// cut shortens a text that is too long for one line and ends it with an ellipsis.
func (s sheet) cut(text string, room float64) string {
	text = drawableText(text)
	if s.GetStringWidth(text) <= room {
		return text
	}
	letters := []rune(text)
	for len(letters) > 0 && s.GetStringWidth(string(letters)+"…") > room {
		letters = letters[:len(letters)-1]
	}
	return strings.TrimRight(string(letters), " ") + "…"
}

func (s sheet) cover() {
	s.font("B", 15)
	s.CellFormat(width, 8, "BÁO CÁO", "", 1, "C", false, 0, "")
	s.font("B", 13)
	s.MultiCell(width, 6.4, drawableText(s.d.Title()), "", "C", false)
	if s.d.Demo {
		s.font("B", 11)
		s.ink(163, 32, 32)
		s.CellFormat(width, 7, strings.ToUpper(document.DemoText), "", 1, "C", false, 0, "")
		s.ink(0, 0, 0)
	}
	s.Ln(3)
	for _, fact := range s.d.Facts() {
		s.font("B", 10)
		y := s.GetY()
		s.CellFormat(36, 5.2, fact[0], "", 0, "L", false, 0, "")
		s.font("", 10)
		s.SetXY(marginLeft+36, y)
		s.MultiCell(width-36, 5.2, drawableText(fact[1]), "", "L", false)
	}
	s.Ln(3)
	s.font("", 8.5)
	s.ink(60, 70, 66)
	for _, legend := range document.Legends {
		s.MultiCell(width, 4.2, legend, "", "L", false)
		s.Ln(0.8)
	}
	s.ink(0, 0, 0)
}

func (s sheet) results() {
	s.chart()
	s.table(s.d.UnitTable(), "")
	s.table(s.d.FigureTable("Toàn bộ chỉ số (tổng)", s.d.Report.Total), "")
	if funnel, known := s.d.FunnelTable(); known {
		s.table(funnel, "")
	}
	s.table(s.d.MarketTable(), "")
}

// details prints all figures of each unit.
func (s sheet) details() {
	for _, row := range s.d.Report.Rows {
		if len(row.Markets) > 0 {
			s.table(s.d.FigureTable(row.Locality.Name+" ("+row.Locality.Code+")", row.Indicators), "Chi tiết: ")
		}
	}
}

// proof prints the annex with the hash, the signature and their QR symbol.
func (s sheet) proof() error {
	const symbol = 52.0
	seal := s.d.Seal
	s.AddPage()
	s.heading("Phụ lục: Xác nhận số liệu")
	s.font("", 10)
	s.MultiCell(width, 5.2, drawableText(s.d.SealText()), "", "J", false)
	s.Ln(2)
	for _, pair := range [][2]string{
		{"Mã báo cáo", s.d.Frozen.Report},
		{"SHA-256 của nội dung", seal.SHA256},
		{"Chữ ký (Ed25519, base64)", seal.Signature},
	} {
		s.font("B", 10)
		s.CellFormat(width, 5.2, pair[0], "", 1, "L", false, 0, "")
		s.font("", 9)
		for text := drawableText(pair[1]); text != ""; {
			n := min(64, len(text))
			s.CellFormat(width, 5, text[:n], "", 1, "L", false, 0, "")
			text = text[n:]
		}
		s.Ln(1.5)
	}
	runs, modules, err := vietqr.Runs(s.d.IdentityLine())
	if err != nil {
		return fmt.Errorf("the seal's symbol: %w", err)
	}
	unit := symbol / float64(modules+2*vietqr.QuietZone)
	x, y := marginLeft+vietqr.QuietZone*unit, s.GetY()+vietqr.QuietZone*unit
	s.SetFillColor(0, 0, 0)
	for _, r := range runs {
		s.Rect(x+float64(r.X)*unit, y+float64(r.Y)*unit, float64(r.Length)*unit, unit, "F")
	}
	s.SetXY(marginLeft+symbol+4, s.GetY()+6)
	s.font("", 9)
	s.MultiCell(width-symbol-4, 4.8,
		"Mã QR chứa dòng xác nhận: mã báo cáo, phiên bản, SHA-256 và chữ ký. Tệp PDF này đính kèm nội dung đã ký ("+
			attachmentName+").", "", "L", false)
	return nil
}

// inFont replaces the characters of the definitions that Noto Sans does not contain.
var inFont = strings.NewReplacer("≥", ">=", "≤", "<=", "−", "-")

// drawableText returns a text that the font can show: composed, on one line, without characters outside
// the basic plane.
func drawableText(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case r < ' ' || r > 0xFFFF:
			return '□'
		}
		return r
	}, norm.NFC.String(strings.ToValidUTF8(inFont.Replace(text), "□")))
}
