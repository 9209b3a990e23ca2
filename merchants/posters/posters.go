// Package posters draws codes to be hung at stalls: posters and stickers as PDF, one a page or as
// sheets to cut. The code is drawn as vectors at error correction level Q, with its quiet zone, at
// the size that phones read from a hand's distance.
package posters

import (
	_ "embed"
	"fmt"
	"io"
	"math"
	"slices"
	"sort"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/text/unicode/norm"
)

// Noto Sans (SIL Open Font License 1.1, fonts/OFL.txt): every letter of Vietnamese.
var (
	//go:embed fonts/NotoSans-Regular.ttf
	regular []byte
	//go:embed fonts/NotoSans-Bold.ttf
	bold []byte
)

// Fonts returns the fonts of all files that this program draws, by the names of their files.
func Fonts() map[string][]byte {
	return map[string][]byte{"NotoSans-Regular.ttf": regular, "NotoSans-Bold.ttf": bold}
}

// Size is a paper size of ISO 216, upright. The layout is one, drawn larger or smaller.
type Size struct {
	Name          string
	Width, Height float64 // millimetres
	Columns, Rows int     // on a sheet of A4
	across        bool    // the sheet lies on its side
}

// Sizes are what can be printed, by name. A sticker is A7.
var Sizes = map[string]Size{
	"sticker": {"sticker", 74, 105, 4, 2, true},
	"a6":      {"a6", 105, 148, 2, 2, false},
	"a5":      {"a5", 148, 210, 2, 1, true},
	"a4":      {"a4", 210, 297, 1, 1, false},
}

// SizeNames are the names of Sizes, the smallest first.
var SizeNames = []string{"sticker", "a6", "a5", "a4"}

// Poster is what hangs at a stall. Everything on it is public.
type Poster struct {
	Stall, Market      string
	Zone               string
	Seller             string // the merchant's name, if it may be shown
	Holder, Bank, Last string // Last: the account's last digits, masked
	Code               string // the text in the transfer note
	Payload            string // VietQR
	Serial             string // the market and stall of the sticker
	Version            int    // the stall's codes are numbered 1, 2, 3…
	IssuedAt           time.Time
	CheckURL           string
	Demo               bool // invented data
}

// Write draws posters: one per page, or with sheets as many per A4 sheet as fit, with crop marks.
// Each zone begins a new sheet, so that cut stacks are sorted by zone, and is in the document's
// outline.
func Write(w io.Writer, size Size, sheets bool, posters []Poster) error {
	d := newDrawing(size, sheets)
	symbols := drawSymbols(posters)
	each := 1
	if sheets {
		each = size.Columns * size.Rows
	}
	at := -1
	for i, p := range posters {
		next := i == 0 || p.Zone != posters[i-1].Zone
		if at++; at == each || next {
			at = 0
			d.pdf.AddPage()
		}
		if next && p.Zone != "" {
			d.pdf.Bookmark(cleanText(p.Zone), 0, -1)
		}
		x, y := float64(at%d.columns)*size.Width, float64(at/d.columns)*size.Height
		symbol := <-symbols[i]
		if symbol.err != nil {
			return fmt.Errorf("draw the poster of %s: %w", p.Code, symbol.err)
		}
		d.poster(x, y, p, symbol)
		if last := i == len(posters)-1 || p.Zone != posters[i+1].Zone; each > 1 && (at == each-1 || last) {
			d.marks(size)
		}
	}
	if err := d.pdf.Output(w); err != nil {
		return fmt.Errorf("write posters: %w", err)
	}
	return nil
}

// drawing is a PDF under way. Millimetres from the left top corner.
type drawing struct {
	pdf     *fpdf.Fpdf
	width   float64 // of the page
	height  float64
	scale   float64 // of the layout, which is drawn for A6
	columns int
	x, y    float64 // of the poster that is drawn
}

// layoutWidth and layoutHeight are A6's, for which the layout is written.
const layoutWidth, layoutHeight = 105, 148

func newDrawing(size Size, sheets bool) *drawing {
	d := &drawing{width: size.Width, height: size.Height, columns: 1}
	d.scale = min(size.Width/layoutWidth, size.Height/layoutHeight)
	if sheets {
		d.width, d.height, d.columns = 210, 297, size.Columns
		if size.across {
			d.width, d.height = d.height, d.width
		}
	}
	d.pdf = fpdf.NewCustom(&fpdf.InitType{UnitStr: "mm", Size: fpdf.SizeType{Wd: d.width, Ht: d.height}})
	d.pdf.SetCompression(true)
	d.pdf.SetMargins(0, 0, 0)
	d.pdf.SetAutoPageBreak(false, 0)
	d.pdf.SetCreator("market40 (Chợ 4.0)", true)
	d.pdf.SetTitle("Mã VietQR của sạp", true)
	AddFont(d.pdf)
	return d
}

// Font is the family that AddFont gives a document, in "" and "B".
const Font = "noto"

// AddFont adds a font with every letter of Vietnamese to a document.
func AddFont(pdf *fpdf.Fpdf) {
	pdf.AddUTF8FontFromBytes(Font, "", regular)
	pdf.AddUTF8FontFromBytes(Font, "B", bold)
}

// marks draws where the sheet is cut: short lines at its edges, and crosses inside.
func (d *drawing) marks(size Size) {
	const arm = 4.0
	d.pdf.SetLineWidth(0.1)
	d.pdf.SetDrawColor(120, 120, 120)
	for c := 1; c < size.Columns; c++ {
		x := float64(c) * size.Width
		d.pdf.Line(x, 0, x, arm)
		d.pdf.Line(x, d.height-arm, x, d.height)
	}
	for r := 1; r < size.Rows; r++ {
		y := float64(r) * size.Height
		d.pdf.Line(0, y, arm, y)
		d.pdf.Line(d.width-arm, y, d.width, y)
		for c := 1; c < size.Columns; c++ {
			x := float64(c) * size.Width
			d.pdf.Line(x-arm/2, y, x+arm/2, y)
			d.pdf.Line(x, y-arm/2, x, y+arm/2)
		}
	}
}

// Heights of the layout, in millimetres of A6.
const (
	margin     = 6.0
	symbolSide = 70.0 // with the quiet zone: a module of a usual code is 1.1 mm
	symbolTop  = 34.0
)

// poster draws one.
func (d *drawing) poster(x, y float64, p Poster, symbol symbol) {
	d.x, d.y = x, y
	d.ink(11, 107, 58)
	d.fill(0, 0, layoutWidth, 11)
	d.ink(255, 255, 255)
	d.writeLine("Quét mã VietQR để trả tiền", "B", 13, 2.2, 6.6)
	d.ink(16, 35, 28)
	d.writeLine("Sạp "+p.Stall, "B", 21, 12.2, 9.4)
	market := p.Market
	if p.Zone != "" {
		market += " · " + p.Zone
	}
	d.writeLine(market, "", 11, 22, 5)
	if p.Seller != "" {
		d.writeLine(p.Seller, "", 10, 27, 4.6)
	}
	if p.Demo {
		d.demo()
	}
	d.symbol(symbol)
	d.ink(16, 35, 28)
	d.writeLine(p.Holder, "B", 14, 105.5, 6.4)
	d.writeLine(p.Bank+"  "+p.Last, "", 12, 112, 5.6)
	d.writeLine("Nội dung: "+p.Code, "B", 12, 118.2, 5.6)
	d.ink(70, 85, 78)
	d.writeLine("Tên người nhận phải trùng với tên trên. Người bán chỉ tin khi loa báo.", "", 7.4, 125.4, 3.8)
	d.writeLine("Kiểm tra mã: "+p.CheckURL, "", 7.4, 129.6, 3.8)
	d.writeLine(fmt.Sprintf("%s · bản %d · cấp ngày %s", p.Serial, p.Version, p.IssuedAt.Format("02/01/2006")), "", 7.4,
		133.8, 3.8)
	if p.Demo {
		d.ink(163, 32, 32)
		d.writeLine("dữ liệu minh họa, không trả tiền", "B", 9, 138.4, 4.6)
	}
}

// demo writes along both sides of the code that its data is invented.
func (d *drawing) demo() {
	const text = "dữ liệu minh họa"
	d.ink(214, 120, 120)
	d.pdf.SetFont("noto", "B", 17*d.scale)
	half := d.pdf.GetStringWidth(text) / 2
	y := d.y + (symbolTop+symbolSide/2)*d.scale
	for _, side := range []float64{8, layoutWidth - 8} {
		x := d.x + side*d.scale
		d.pdf.TransformBegin()
		d.pdf.TransformRotate(90, x, y)
		d.pdf.Text(x-half, y+2*d.scale, text)
		d.pdf.TransformEnd()
	}
}

func (d *drawing) ink(r, g, b int) {
	d.pdf.SetTextColor(r, g, b)
	d.pdf.SetFillColor(r, g, b)
}

func (d *drawing) fill(x, y, w, h float64) {
	d.pdf.Rect(d.x+x*d.scale, d.y+y*d.scale, w*d.scale, h*d.scale, "F")
}

// smallest is how small a line's letters may become to fit, of their size.
const smallest = 0.55

// writeLine writes one line in the middle, at a height of the layout. What is too long is written
// smaller, then cut with an ellipsis.
func (d *drawing) writeLine(text, style string, points, top, height float64) {
	text = cleanText(text)
	room := (layoutWidth - 2*margin) * d.scale
	points *= d.scale
	d.pdf.SetFont("noto", style, points)
	if wide := d.pdf.GetStringWidth(text); wide > room {
		d.pdf.SetFont("noto", style, math.Max(points*room/wide, points*smallest))
	}
	if letters := []rune(text); d.pdf.GetStringWidth(text) > room {
		fits := func(n int) bool { return d.pdf.GetStringWidth(string(letters[:n])+"…") <= room }
		n := sort.Search(len(letters), func(n int) bool { return !fits(n + 1) })
		text = strings.TrimRight(string(letters[:n]), " ") + "…"
	}
	d.pdf.SetXY(d.x+margin*d.scale, d.y+top*d.scale)
	d.pdf.CellFormat(room, height*d.scale, text, "", 0, "CM", false, 0, "")
}

// longest is how much of a text is looked at, in letters.
const longest = 200

// cleanText returns a text that the font can write: composed, on one line, without characters outside
// the Basic Multilingual Plane.
func cleanText(text string) string {
	letters := []rune(norm.NFC.String(strings.Join(strings.Fields(strings.ToValidUTF8(text, "")), " ")))
	letters = letters[:min(len(letters), longest)]
	return string(slices.DeleteFunc(letters, func(r rune) bool {
		return r < ' ' || r > 0xffff || r >= 0x7f &&
			r < 0xa0
	}))
}
