package document

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"market40/merchants/platform/bizday"
	"market40/reports/exports/notation"
	"market40/reports/figures"
	"market40/reports/scope"
)

// Table is a table that the PDF and the draft show with the same cells.
type Table struct {
	Title  string
	Heads  []string
	Shares []float64 // shares of the width, one per column
	Aligns string    // l, c or r, one per column
	Rows   [][]string
}

// FigureTable returns a table of all figures of one group, with their parts.
func (d *Document) FigureTable(title string, group figures.Figures) Table {
	t := Table{
		Title:  title,
		Heads:  []string{"Mã", "Chỉ số", "Tử số / mẫu số", "Giá trị", "Bằng chứng", "Độ phủ"},
		Shares: []float64{0.065, 0.275, 0.19, 0.16, 0.16, 0.15}, Aligns: "clrrll",
	}
	for _, line := range d.Lines(group) {
		t.Rows = append(t.Rows, figureRow(line))
	}
	return t
}

func figureRow(l Line) []string {
	value, name := notation.Value(l.Figure, l.Unit), l.Name
	if l.Part != "" {
		name = "– " + l.PartName
	}
	if interval := notation.Interval(l.Interval, l.Unit); interval != "" && !l.Suppressed {
		value += " (" + interval + ")"
	}
	if l.Period != "" {
		name += " (" + notation.Period(l.Period, "/") + ")"
	}
	coverage := ""
	if l.Coverage != nil {
		coverage = notation.Coverage(l.Coverage)
	}
	missing := cmp.Or(notation.Missing(l.Figure), notation.Unknown)
	ratio := notation.Quantity(l.Numerator, missing) + " / " + notation.Quantity(l.Denominator, missing)
	return []string{l.Code, name, ratio, value, notation.Mix(l.Figure, l.Code, l.Part), coverage}
}

// UnitTable returns a table with the main figure of each unit and the figures that lead to it.
func (d *Document) UnitTable() Table {
	t := Table{
		Title: "Kết quả theo địa phương",
		Heads: []string{
			"TT", "Địa phương", "Đăng ký (I01)", "Sẵn sàng mã QR (I03)", "Có giao dịch 30 ngày (I05)",
			"Bằng chứng của I05", "Độ phủ", "Trạng thái",
		},
		Shares: []float64{0.05, 0.19, 0.1, 0.11, 0.15, 0.14, 0.15, 0.11}, Aligns: "clrrrllc",
	}
	for i, row := range d.Report.Rows {
		headline := row.Indicators["I05"]
		t.Rows = append(t.Rows, []string{
			fmt.Sprint(i + 1),
			row.Locality.Name,
			notation.Value(
				row.Indicators["I01"],
				notation.Share,
			),
			notation.Value(row.Indicators["I03"], notation.Share),
			notation.Ratio(headline),
			notation.Mix(
				headline,
				"I05",
				"",
			),
			notation.Coverage(cmp.Or(row.Coverage, headline.Coverage)),
			statusText(row),
		})
	}
	total := d.Report.Total
	t.Rows = append(t.Rows, []string{
		"",
		"Tổng cộng",
		notation.Value(total["I01"], notation.Share),
		notation.Value(total["I03"], notation.Share),
		notation.Ratio(total["I05"]),
		notation.Mix(total["I05"], "I05", ""),
		notation.Coverage(cmp.Or(d.Report.Coverage, total["I05"].Coverage)),
		"",
	})
	return t
}

// FunnelTable returns how far merchants have come, by unit. It returns false if the report has no
// funnel.
func (d *Document) FunnelTable() (Table, bool) {
	t := Table{
		Title: "Từ đăng ký đến sử dụng thường xuyên, theo địa phương (số tiểu thương)",
		Heads: []string{
			"TT", "Địa phương", "Đã đăng ký", "Đã đối chiếu tên", "Đã in mã", "Giao dịch đầu tiên",
			"Có giao dịch trong 30 ngày", "Sử dụng thường xuyên",
		},
		Shares: []float64{0.06, 0.28, 0.11, 0.11, 0.11, 0.11, 0.11, 0.11}, Aligns: "clrrrrrr",
	}
	known := false
	for i, row := range d.Report.Rows {
		cells := []string{fmt.Sprint(i + 1), row.Locality.Name}
		if f := row.Funnel; f != nil {
			known = true
			for _, n := range FunnelCounts(f) {
				cells = append(cells, notation.StepCount(n))
			}
		}
		for len(cells) < len(t.Heads) {
			cells = append(cells, notation.Unknown)
		}
		t.Rows = append(t.Rows, cells)
	}
	if f := d.Report.Funnel; f != nil {
		cells := []string{"", "Tổng cộng"}
		for _, n := range FunnelCounts(f) {
			cells = append(cells, notation.StepCount(n))
		}
		t.Rows = append(t.Rows, cells)
	}
	return t, known
}

// FunnelCounts returns the counts of a funnel, in order; nil is hidden.
func FunnelCounts(f *figures.Funnel) []*int {
	return []*int{f.Registered, f.Verified, f.Printed, f.FirstPayment, f.Active, f.Habitual}
}

// MarketTable returns the counted markets, by unit.
func (d *Document) MarketTable() Table {
	t := Table{
		Title: "Chợ được tính", Heads: []string{"TT", "Địa phương", "Mã", "Chợ", "Ghi chú"},
		Shares: []float64{0.06, 0.3, 0.14, 0.3, 0.2}, Aligns: "clcll",
	}
	for i, row := range d.Report.Rows {
		if len(row.Markets) == 0 {
			t.Rows = append(t.Rows, []string{
				fmt.Sprint(i + 1), row.Locality.Name, row.Locality.Code, notation.Unknown,
				d.without(row.Locality),
			})
		}
		for _, m := range row.Markets {
			note := ""
			if m.Demo {
				note = DemoText
			}
			t.Rows = append(t.Rows, []string{fmt.Sprint(i + 1), row.Locality.Name, row.Locality.Code, m.Name + " (" +
				m.Code + ")", note})
		}
	}
	return t
}

// without returns the reason why no market of a unit is counted.
func (d *Document) without(l scope.Locality) string {
	for _, s := range d.Statuses {
		switch {
		case s.Locality.ID != l.ID:
		case s.State == "exempt" && s.ExemptReason != nil:
			return "miễn: " + *s.ExemptReason
		case s.State == "missing":
			return "chưa chọn chợ thí điểm"
		}
	}
	return "không có chợ được tính"
}

// DefinitionTable returns the meanings of the document's indicators.
func (d *Document) DefinitionTable() Table {
	t := Table{
		Title: "Định nghĩa chỉ số", Heads: []string{"Mã", "Chỉ số", "Phiên bản", "Công thức", "Diễn giải"},
		Shares: []float64{0.07, 0.23, 0.1, 0.27, 0.33}, Aligns: "clcll",
	}
	for _, code := range slices.Sorted(maps.Keys(d.Report.Total)) {
		definition := d.define(code)
		version := definition.Version
		if version == 0 {
			version = d.Report.Total[code].Definition
		}
		t.Rows = append(t.Rows, []string{
			code, definition.Name, fmt.Sprint(version), withoutMarkdown(definition.formula()),
			withoutMarkdown(definition.Prose),
		})
	}
	return t
}

// Facts returns what the document is about, as pairs.
func (d *Document) Facts() [][2]string {
	facts := [][2]string{}
	add := func(name, text string) {
		if text != "" {
			facts = append(facts, [2]string{name, text})
		}
	}
	if c := d.Campaign; c != nil {
		add("Chương trình", c.Name)
		add("Căn cứ", c.LegalRef)
	}
	if d.Locality != nil {
		add("Địa phương", d.Locality.Name)
	}
	if d.Period != "" {
		add("Kỳ báo cáo", d.periodText())
	}
	add("Số liệu tại", "00:00 ngày "+notation.Day(d.AsOf)+" (giờ Việt Nam)")
	add("Theo", d.basisText())
	add("Số tổng không gồm", d.Report.Outside.Named())
	add("Số liệu của ngày này", d.Report.Revised.Text())
	if f := d.Frozen; d.Seal != nil {
		add("Phiên bản", fmt.Sprintf("%d, chốt lúc %s", f.Version, bizday.ShowTime(f.At)))
		add("Lý do đính chính", f.Reason)
	} else {
		add("Trạng thái", "số liệu chưa chốt, có thể thay đổi")
	}
	if d.Demo {
		add("Lưu ý", DemoText)
	}
	return facts
}

// Title returns the document's title.
func (d *Document) Title() string {
	text := "Kết quả thực hiện mô hình chợ 4.0"
	if d.Campaign != nil && d.Campaign.Name != "" {
		text = "Kết quả thực hiện " + lowerFirst(d.Campaign.Name)
	}
	return text + " " + d.periodText()
}

// lowerFirst returns a name for use inside a sentence.
func lowerFirst(s string) string {
	first, rest, _ := strings.Cut(s, " ")
	if first == strings.ToUpper(first) && len([]rune(first)) > 1 { // an abbreviation
		return s
	}
	return strings.TrimSpace(strings.ToLower(first) + " " + rest)
}
