package book

import (
	"fmt"
	"io"
	"strings"

	"codeberg.org/go-pdf/fpdf"

	"market40/merchants/posters"
)

// The page is A4 with the margins of Decree 30/2020/NĐ-CP, Annex I, in millimetres.
const (
	marginTop, marginLeft, marginRight, marginBottom = 20.0, 30.0, 15.0, 20.0
	pageWidth, pageHeight                            = 210.0, 297.0
	width                                            = pageWidth - marginLeft - marginRight
	row                                              = 6.0 // of one line of text
)

// columns are the widths of A, B and 1.
var columns = [3]float64{27, width - 27 - 38, 38}

// sheet is a form that is being drawn.
type sheet struct{ *fpdf.Fpdf }

// writePDF draws a form. Every page of its table begins with the column heads.
func writePDF(w io.Writer, f *form) error {
	s := sheet{fpdf.New("P", "mm", "A4", "")}
	s.SetMargins(marginLeft, marginTop, marginRight)
	s.SetAutoPageBreak(false, marginBottom)
	s.SetCreator("market40 (Chợ 4.0)", true)
	s.SetTitle("Sổ doanh thu S1a-HKD", true)
	s.AliasNbPages("")
	posters.AddFont(s.Fpdf)
	s.SetFooterFunc(func() {
		s.SetY(-12)
		s.font("", 8)
		s.CellFormat(0, 4, fmt.Sprintf("Trang %d/{nb}", s.PageNo()), "", 0, "R", false, 0, "")
	})
	s.AddPage()
	s.above(f)
	s.heads()
	s.font("", 10)
	for _, l := range f.lines {
		s.drawLine([3]string{l.day, l.text, amountText(l.amount)})
	}
	s.font("B", 10)
	s.drawLine([3]string{"", formTotal, amountText(f.total)})
	s.signature()
	if err := s.Output(w); err != nil {
		return fmt.Errorf("write the book as PDF: %w", err)
	}
	return nil
}

func (s sheet) font(style string, points float64) { s.SetFont(posters.Font, style, points) }

// above draws the owner on the left, the form's name on the right, and the title below.
func (s sheet) above(f *form) {
	const left = 98.0
	s.font("B", 10)
	for i, text := range f.head() {
		s.MultiCell(left, 5, drawableText(text), "", "L", false)
		if i == 0 {
			s.font("", 10)
		}
	}
	end := s.GetY()
	s.SetY(marginTop)
	for i, text := range append([]string{formName}, formSource...) {
		s.font("", 8)
		if i == 0 {
			s.font("B", 10)
		}
		s.SetX(marginLeft + left + 3)
		s.CellFormat(width-left-3, 4.4, text, "", 2, "C", false, 0, "")
	}
	s.SetXY(marginLeft, max(end, s.GetY())+6)
	s.font("B", 14)
	s.CellFormat(width, 8, formTitle, "", 1, "C", false, 0, "")
	s.font("", 10)
	for _, text := range f.below() {
		s.MultiCell(width, 5.4, drawableText(text), "", "C", false)
	}
	s.Ln(2)
	s.CellFormat(width, 6, formUnit, "", 1, "R", false, 0, "")
}

func (s sheet) heads() {
	s.font("B", 10)
	for _, head := range formColumns {
		for i, text := range head {
			s.CellFormat(columns[i], 6.5, text, "1", 0, "C", false, 0, "")
		}
		s.Ln(-1)
	}
}

// drawLine draws a line of the table, as high as its text.
func (s sheet) drawLine(cells [3]string) {
	texts := s.SplitText(drawableText(cells[1]), columns[1]-2*s.GetCellMargin())
	if len(texts) == 0 {
		texts = []string{""}
	}
	height := row * float64(len(texts))
	if s.GetY()+height > pageHeight-marginBottom {
		points, _ := s.GetFontSize()
		style := s.GetFontStyle()
		s.AddPage()
		s.heads()
		s.font(style, points)
	}
	x, y := s.GetXY()
	for i, align := range []string{"C", "L", "R"} {
		s.Rect(x, y, columns[i], height, "D")
		lines := []string{cells[i]}
		if i == 1 {
			lines = texts
		}
		for n, text := range lines {
			s.SetXY(x, y+float64(n)*row)
			s.CellFormat(columns[i], row, text, "", 0, align, false, 0, "")
		}
		x += columns[i]
	}
	s.SetXY(marginLeft, y+height)
}

// signature draws the block below the table, on one page.
func (s sheet) signature() {
	const half, height = width / 2, 50
	if s.GetY()+height > pageHeight-marginBottom {
		s.AddPage()
	}
	s.Ln(6)
	print := func(style, text string) {
		s.font(style, 10)
		s.SetX(marginLeft + half)
		s.CellFormat(half, 5.2, text, "", 2, "C", false, 0, "")
	}
	print("", formDate)
	for _, text := range formSigner {
		print("B", text)
	}
	print("", formSigned)
}

// drawableText returns a text that the font can show. Characters beyond the basic plane, such as emoji,
// become boxes.
func drawableText(text string) string {
	return strings.Map(func(r rune) rune {
		if r > 0xFFFF {
			return '□'
		}
		return r
	}, text)
}
