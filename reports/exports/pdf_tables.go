package exports

import (
	"fmt"
	"strings"

	"market40/reports/exports/document"
	"market40/reports/exports/notation"
	"market40/reports/figures"
)

// heading prints the heading of a part of the document.
func (s sheet) heading(text string) {
	s.font("B", 11.5)
	s.MultiCell(width, 5.8, drawableText(text), "", "L", false)
	s.Ln(1)
}

// table prints a table. Its header is repeated on every page, and its title is never alone at the
// end of a page.
func (s sheet) table(t document.Table, before string) {
	const start = 30.0
	s.Ln(4)
	if s.GetY()+start > pageHeight-marginBottom {
		s.AddPage()
	}
	s.heading(before + t.Title + s.d.DemoSuffix())
	s.heads(t)
	for _, row := range t.Rows {
		s.row(t, row, false)
	}
	if len(t.Rows) == 0 {
		s.font("", 9)
		s.CellFormat(width, 6, notation.NoData, "1", 1, "C", false, 0, "")
	}
}

func (s sheet) heads(t document.Table) {
	s.SetFillColor(221, 235, 227)
	s.row(t, t.Heads, true)
}

// row prints cells that are all as high as the highest.
func (s sheet) row(t document.Table, cells []string, head bool) {
	style := ""
	if head {
		style = "B"
	}
	s.font(style, 8.2)
	lines := make([][]string, len(cells))
	most := 1
	for i, cell := range cells {
		lines[i] = s.wrap(cell, width*t.Shares[i]-2*s.GetCellMargin())
		most = max(most, len(lines[i]))
	}
	height := lineHeight*float64(most) + 1.4
	if !head && s.GetY()+height > pageHeight-marginBottom {
		s.AddPage()
		s.heads(t)
		s.font("", 8.2)
	}
	x, y := marginLeft, s.GetY()
	s.SetDrawColor(120, 130, 125)
	s.SetLineWidth(0.15)
	for i := range cells {
		wide := width * t.Shares[i]
		look, align := "D", map[byte]string{'l': "L", 'c': "C", 'r': "R"}[t.Aligns[i]]
		if head {
			look, align = "FD", "C"
		}
		s.Rect(x, y, wide, height, look)
		top := y + 0.7
		if head {
			top += lineHeight * float64(most-len(lines[i])) / 2
		}
		for n, text := range lines[i] {
			s.SetXY(x, top+float64(n)*lineHeight)
			s.CellFormat(wide, lineHeight, text, "", 0, align, false, 0, "")
		}
		x += wide
	}
	s.SetXY(marginLeft, y+height)
}

// wrap breaks a text into lines at spaces, and inside words that are wider than the column. Unlike
// fpdf's own wrapping, it does not break at a no-break space.
func (s sheet) wrap(text string, room float64) []string {
	lines, line := []string{}, ""
	for word := range strings.SplitSeq(drawableText(text), " ") {
		if longer := strings.TrimPrefix(line+" "+word, " "); s.GetStringWidth(longer) <= room {
			line = longer
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		for line = word; s.GetStringWidth(line) > room; {
			letters := []rune(line)
			n := len(letters) - 1
			for n > 1 && s.GetStringWidth(string(letters[:n])) > room {
				n--
			}
			if n < 1 {
				break
			}
			lines, line = append(lines, string(letters[:n])), string(letters[n:])
		}
	}
	return append(lines, line)
}

// mixColours are the colours of the evidence levels. Colour-blind people can distinguish them, and
// they print in different greys.
var mixColours = [4][3]int{{11, 107, 58}, {230, 159, 0}, {176, 183, 179}, {0, 114, 178}}

// chart prints I05 of each unit as a bar that is divided by evidence.
func (s sheet) chart() {
	const bar, label, step, most = 3.6, 46.0, 5.4, 40
	room := width - label - 34
	rows := s.d.Report.Rows
	if len(rows) == 0 || len(rows) > most {
		return
	}
	s.Ln(4)
	if s.GetY()+22+step*float64(len(rows)) > pageHeight-marginBottom {
		s.AddPage()
	}
	s.heading("Tỷ lệ có giao dịch trong 30 ngày (I05), ngày " + notation.Day(s.d.AsOf) + s.d.DemoSuffix())
	s.font("", 8)
	s.legend()
	top := s.GetY()
	s.SetDrawColor(200, 206, 203)
	s.SetLineWidth(0.1)
	for percent := 0; percent <= 100; percent += 25 {
		x := marginLeft + label + room*float64(percent)/100
		s.Line(x, top, x, top+step*float64(len(rows)))
		s.SetXY(x-8, top+step*float64(len(rows)))
		s.CellFormat(16, 4, fmt.Sprintf("%d %%", percent), "", 0, "C", false, 0, "")
	}
	for i, row := range rows {
		f := row.Indicators["I05"]
		y := top + step*float64(i)
		s.SetXY(marginLeft, y+(step-4)/2)
		s.CellFormat(label, 4, s.cut(row.Locality.Name, label-2), "", 0, "L", false, 0, "")
		end := marginLeft + label + s.bar(f, marginLeft+label, y+(step-bar)/2, room, bar)
		s.SetXY(end+0.5, y+(step-4)/2)
		s.SetFillColor(255, 255, 255) // over the lines of the scale
		text := notation.Ratio(f)
		s.CellFormat(s.GetStringWidth(text)+2, 4, text, "", 0, "L", true, 0, "")
	}
	s.SetXY(marginLeft, top+step*float64(len(rows))+5)
	s.MultiCell(
		width,
		4,
		"Tổng: "+notation.Ratio(s.d.Report.Total["I05"])+"; bằng chứng "+notation.Mix(s.d.Report.Total["I05"],
			"I05", "")+".",
		"",
		"L",
		false,
	)
}

// bar prints the bar of a share and returns its length. It prints nothing for a hidden or unknown
// figure.
func (s sheet) bar(f figures.Figure, x, y, room, height float64) float64 {
	if f.Value == nil || f.Numerator == nil || f.Denominator == nil || !f.Denominator.IsPositive() {
		return 0
	}
	whole := f.Denominator.InexactFloat64()
	long := min(1, max(0, f.Numerator.InexactFloat64()/whole)) * room
	s.SetFillColor(96, 125, 110)
	if e := f.Evidence; e != nil {
		from := x
		for level, n := range [4]int{e.A, e.B, e.C, e.D} {
			c := mixColours[level]
			s.SetFillColor(c[0], c[1], c[2])
			part := min(float64(n)/whole*room, x+long-from)
			if part > 0 {
				s.Rect(from, y, part, height, "F")
				from += part
			}
		}
		return long
	}
	s.Rect(x, y, long, height, "F")
	return long
}

func (s sheet) legend() {
	x, y := marginLeft, s.GetY()
	for level, text := range [4]string{"A ngân hàng", "B tiểu thương xác nhận", "C khai báo", "D quan sát tại chợ"} {
		c := mixColours[level]
		s.SetFillColor(c[0], c[1], c[2])
		s.Rect(x, y+0.7, 3, 3, "F")
		s.SetXY(x+3.5, y)
		wide := s.GetStringWidth(text) + 7
		s.CellFormat(wide, 4.4, text, "", 0, "L", false, 0, "")
		x += wide + 3.5
	}
	s.SetXY(marginLeft, y+6)
}
