package exports

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"market40/merchants/platform/bizday"
	"market40/reports/figures"
	"market40/reports/scope"
)

// table is a table that the PDF and the draft show with the same cells.
type table struct {
	title  string
	heads  []string
	shares []float64 // shares of the width, one per column
	aligns string    // l, c or r, one per column
	rows   [][]string
	name   int // the number of columns from the left that together identify a row
}

// figuresOf returns a table of all figures of one group, with their parts.
func (d *Document) figuresOf(title string, figures figures.Figures) table {
	t := table{
		title:  title,
		heads:  []string{"Mã", "Chỉ số", "Tử số / mẫu số", "Giá trị", "Bằng chứng", "Độ phủ"},
		shares: []float64{0.065, 0.275, 0.19, 0.16, 0.16, 0.15}, aligns: "clrrll", name: 2,
	}
	for _, code := range slices.Sorted(maps.Keys(figures)) {
		figure, definition := figures[code], d.define(code)
		t.rows = append(t.rows, figureRow(rowSubject{code: code, name: definition.Name, unit: definition.Unit}, figure))
		for _, key := range definition.partsIn(figure) {
			of := rowSubject{code: code, part: key, name: "– " + definition.partName(key), unit: partUnit(definition.Unit,
				key)}
			t.rows = append(t.rows, figureRow(of, figure.Parts[key]))
		}
	}
	return t
}

// hoursPrefix is the prefix of the keys of parts in hours.
const hoursPrefix = "hours_"

// partUnit returns the unit of an indicator's part: bands are shares, and some parts are hours.
func partUnit(unit, key string) string {
	switch {
	case strings.HasPrefix(key, hoursPrefix):
		return hours
	case unit == bands:
		return share
	}
	return unit
}

// rowSubject is what a row of figures is about.
type rowSubject struct{ code, part, name, unit string }

func figureRow(of rowSubject, f figures.Figure) []string {
	value, name := valueText(f, of.unit), of.name
	if interval := intervalText(f.Interval, of.unit); interval != "" && !f.Suppressed {
		value += " (" + interval + ")"
	}
	if f.Period != "" {
		name += " (" + monthText(f.Period) + ")"
	}
	coverage := ""
	if f.Coverage != nil {
		coverage = coverageText(f.Coverage)
	}
	missing := cmp.Or(of.missingText(f), unknownText)
	ratio := quantityText(f.Numerator, missing) + " / " + quantityText(f.Denominator, missing)
	return []string{of.code, name, ratio, value, mixText(f, of.code, of.part), coverage}
}

// byUnit returns a table with the main figure of each unit and the figures that lead to it.
func (d *Document) byUnit() table {
	t := table{
		title: "Kết quả theo địa phương",
		heads: []string{
			"TT", "Địa phương", "Đăng ký (I01)", "Sẵn sàng mã QR (I03)", "Có giao dịch 30 ngày (I05)",
			"Bằng chứng của I05", "Độ phủ", "Trạng thái",
		},
		shares: []float64{0.05, 0.19, 0.1, 0.11, 0.15, 0.14, 0.15, 0.11}, aligns: "clrrrllc", name: 2,
	}
	for i, row := range d.Report.Rows {
		headline := row.Indicators["I05"]
		t.rows = append(t.rows, []string{
			fmt.Sprint(i + 1), row.Locality.Name,
			valueText(row.Indicators["I01"], share), valueText(row.Indicators["I03"], share), ratioText(headline),
			mixText(headline, "I05", ""), coverageText(cmp.Or(row.Coverage, headline.Coverage)), statusText(row),
		})
	}
	total := d.Report.Total
	t.rows = append(t.rows, []string{
		"", "Tổng cộng", valueText(total["I01"], share), valueText(total["I03"], share), ratioText(total["I05"]),
		mixText(total["I05"], "I05", ""), coverageText(cmp.Or(d.Report.Coverage, total["I05"].Coverage)), "",
	})
	return t
}

// ratioText returns a share with its numerator and denominator: 58,3 % (7/12).
func ratioText(f figures.Figure) string {
	value := valueText(f, share)
	if f.Suppressed || f.Value == nil {
		return value
	}
	return fmt.Sprintf("%s (%s/%s)", value, quantityText(f.Numerator, unknownText), quantityText(f.Denominator,
		unknownText))
}

// funnel returns how far merchants have come, by unit. It returns false if the report has no
// funnel.
func (d *Document) funnel() (table, bool) {
	t := table{
		title: "Từ đăng ký đến sử dụng thường xuyên, theo địa phương (số tiểu thương)",
		heads: []string{
			"TT", "Địa phương", "Đã đăng ký", "Đã đối chiếu tên", "Đã in mã", "Giao dịch đầu tiên",
			"Có giao dịch trong 30 ngày", "Sử dụng thường xuyên",
		},
		shares: []float64{0.06, 0.28, 0.11, 0.11, 0.11, 0.11, 0.11, 0.11}, aligns: "clrrrrrr", name: 2,
	}
	known := false
	for i, row := range d.Report.Rows {
		cells := []string{fmt.Sprint(i + 1), row.Locality.Name}
		if f := row.Funnel; f != nil {
			known = true
			for _, n := range funnelCounts(f) {
				cells = append(cells, countText(n))
			}
		}
		for len(cells) < len(t.heads) {
			cells = append(cells, unknownText)
		}
		t.rows = append(t.rows, cells)
	}
	if f := d.Report.Funnel; f != nil {
		cells := []string{"", "Tổng cộng"}
		for _, n := range funnelCounts(f) {
			cells = append(cells, countText(n))
		}
		t.rows = append(t.rows, cells)
	}
	return t, known
}

func funnelCounts(f *figures.Funnel) []*int {
	return []*int{f.Registered, f.Verified, f.Printed, f.FirstPayment, f.Active, f.Habitual}
}

// markets returns the counted markets, by unit.
func (d *Document) markets() table {
	t := table{
		title: "Chợ được tính", heads: []string{"TT", "Địa phương", "Mã", "Chợ", "Ghi chú"},
		shares: []float64{0.06, 0.3, 0.14, 0.3, 0.2}, aligns: "clcll", name: 4,
	}
	for i, row := range d.Report.Rows {
		if len(row.Markets) == 0 {
			t.rows = append(t.rows, []string{
				fmt.Sprint(i + 1), row.Locality.Name, row.Locality.Code, unknownText,
				d.without(row.Locality),
			})
		}
		for _, m := range row.Markets {
			note := ""
			if m.Demo {
				note = demoText
			}
			t.rows = append(t.rows, []string{fmt.Sprint(i + 1), row.Locality.Name, row.Locality.Code, m.Name + " (" +
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

// definitions returns the meanings of the document's indicators.
func (d *Document) definitions() table {
	t := table{
		title: "Định nghĩa chỉ số", heads: []string{"Mã", "Chỉ số", "Phiên bản", "Công thức", "Diễn giải"},
		shares: []float64{0.07, 0.23, 0.1, 0.27, 0.33}, aligns: "clcll", name: 1,
	}
	for _, code := range slices.Sorted(maps.Keys(d.Report.Total)) {
		definition := d.define(code)
		version := definition.Version
		if version == 0 {
			version = d.Report.Total[code].Definition
		}
		t.rows = append(t.rows, []string{
			code, definition.Name, fmt.Sprint(version), withoutMarkdown(definition.formula()),
			withoutMarkdown(definition.Prose),
		})
	}
	return t
}

// facts returns what the document is about, as pairs.
func (d *Document) facts() [][2]string {
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
	add("Số liệu tại", "00:00 ngày "+dayText(d.AsOf)+" (giờ Việt Nam)")
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
		add("Lưu ý", demoText)
	}
	return facts
}

// headline returns the document's title.
func (d *Document) headline() string {
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
