package exports

import (
	"encoding/base64"
	"fmt"

	"github.com/xuri/excelize/v2"

	"market40/reports/exports/document"
	"market40/reports/exports/notation"
)

// The positions of the chart data on the sheet of charts.
const (
	chartsFrom = 4
	chartsWide = "H" // the charts are to the right of the tables
)

// charts writes the sheet with native charts, and the small tables that hold their data.
func (b *workbook) charts(d *document.Document) {
	evidence := notation.Mix(d.Report.Total["I05"], "I05", "")
	rows := [][]cell{
		{{"free", "Tỷ lệ có giao dịch trong 30 ngày (I05) theo địa phương"}},
		{{"free", "Số liệu 00:00 ngày " + notation.Day(d.AsOf) + "; bằng chứng: " + evidence + d.DemoSuffix()}},
		{{"head", "Địa phương"}, {"head", "I05"}, {"head", "Tử số"}, {"head", "Mẫu số"}},
	}
	for _, row := range d.Report.Rows {
		f := row.Indicators["I05"]
		missing := notation.Missing(f)
		rows = append(
			rows,
			[]cell{{"cell", row.Locality.Name}, valueCell(f, notation.Share, missing), quantityCell(f.Numerator,
				missing), quantityCell(f.Denominator, missing)},
		)
	}
	lastUnit := len(rows)
	rows = append(rows, nil, []cell{{"free", "Từ đăng ký đến sử dụng thường xuyên (toàn bộ)"}}, []cell{
		{"head", "Bước"},
		{"head", "Số tiểu thương"},
	})
	firstStep := len(rows) + 1
	funnel := funnelSteps(d)
	for _, s := range funnel {
		rows = append(rows, []cell{{"cell", s.name}, s.count})
	}
	b.sheet(ChartsSheet, []float64{34, 12, 12, 12, 3, 3, 3}, 0, rows)
	b.paper(ChartsSheet, "landscape", a4)
	at := func(column string, from, to int) string {
		return fmt.Sprintf("'%s'!$%s$%d:$%s$%d", ChartsSheet, column, from, column, to)
	}
	zero, labels, dark := 0.0, true, excelize.Font{Color: "10231C", Size: 9}
	height := uint(max(340, 26*len(d.Report.Rows)))
	series := func(from, to int, name string) []excelize.ChartSeries {
		return []excelize.ChartSeries{{
			Name: name, Categories: at("A", from, to), Values: at("B", from, to),
			Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"0B6B3A"}},
		}}
	}
	if lastUnit >= chartsFrom {
		b.note(b.file.AddChart(ChartsSheet, chartsWide+"2", &excelize.Chart{
			Type: excelize.Col, Series: series(chartsFrom, lastUnit, fmt.Sprintf("'%s'!$B$3", ChartsSheet)),
			Legend: excelize.ChartLegend{Position: "none"},
			Title: excelize.ChartTitle{Paragraph: []excelize.RichTextRun{{Text: "I05 theo địa phương, " +
				notation.Day(d.AsOf) + d.DemoSuffix()}}},
			Dimension: excelize.ChartDimension{Width: uint(max(760, 40*len(d.Report.Rows))), Height: 380},
			PlotArea:  excelize.ChartPlotArea{ShowVal: labels},
			XAxis:     excelize.ChartAxis{Font: dark},
			YAxis: excelize.ChartAxis{
				Minimum: &zero, NumFmt: excelize.ChartNumFmt{CustomNumFmt: "0%"},
				MajorGridLines: true, Font: dark,
			},
		}))
	}
	b.note(b.file.AddChart(ChartsSheet, chartsWide+"24", &excelize.Chart{
		Type: excelize.Bar, Series: series(firstStep, firstStep+len(funnel)-1, fmt.Sprintf("'%s'!$B$%d", ChartsSheet,
			firstStep-1)), Legend: excelize.ChartLegend{Position: "none"},
		Title: excelize.ChartTitle{Paragraph: []excelize.RichTextRun{{Text: "Từ đăng ký đến sử dụng thường xuyên" +
			d.DemoSuffix()}}},
		Dimension: excelize.ChartDimension{Width: 760, Height: min(height, 340)},
		PlotArea:  excelize.ChartPlotArea{ShowVal: labels},
		XAxis:     excelize.ChartAxis{ReverseOrder: true, Font: dark}, YAxis: excelize.ChartAxis{
			Minimum:        &zero,
			MajorGridLines: true, Font: dark,
		},
	}))
}

// step is a step of the funnel, for the whole document.
type step struct {
	name  string
	count cell
}

// funnelSteps returns the funnel of the total. Units are not summed, because a merchant of two units
// counts once. For a report without a funnel, the steps come from its indicators.
func funnelSteps(d *document.Document) []step {
	out := []step{}
	if f := d.Report.Funnel; f != nil {
		for i, n := range document.FunnelCounts(f) {
			out = append(out, step{stepNames[i], intCell(n)})
		}
		return out
	}
	total := d.Report.Total
	for _, s := range []struct{ name, code string }{
		{"Đăng ký", "I01"},
		{"Đã đối chiếu tài khoản", "I02"},
		{"Sẵn sàng mã QR", "I03"},
		{"Có giao dịch trong 30 ngày", "I05"},
	} {
		if f, has := total[s.code]; has {
			out = append(out, step{s.name, quantityCell(f.Numerator, notation.Missing(f))})
		}
	}
	return out
}

// stepNames are the names of the funnel's steps, in order.
var stepNames = [...]string{"Đăng ký", "Đã đối chiếu", "Đã in mã", "Giao dịch đầu tiên", "Hoạt động", "Thường xuyên"}

// sealChunk is the part of the sealed content in one cell; Excel allows 32,767 characters.
const sealChunk = 30_000

// SealRows is the number of rows above the signed content on its sheet.
const SealRows = 6

// seal writes the sheet with which the workbook can be verified alone. The sheet is unchanged if
// another program saves the file.
func (b *workbook) seal(s *document.Seal) {
	raw, err := s.JSON()
	b.note(err)
	rows := [][]cell{
		{{"name", "Xác nhận số liệu"}},
		{{"text", "SHA-256 của nội dung đã chốt:"}},
		{{"code", s.SHA256}},
		{{"text", "Chữ ký (Ed25519):"}},
		{{"code", s.Signature}},
		{{"text", "Kiểm tra: market40 reports verify TỆP. Các ô dưới đây là nội dung đã ký (base64), xin giữ nguyên."}},
	}
	for text := base64.StdEncoding.EncodeToString(raw); text != ""; {
		n := min(sealChunk, len(text))
		rows = append(rows, []cell{{"code", text[:n]}})
		text = text[n:]
	}
	b.sheet(SealSheet, []float64{120}, 0, rows)
	b.paper(SealSheet, "portrait", a4)
	for row := SealRows + 1; row <= len(rows); row++ {
		b.note(b.file.SetRowHeight(SealSheet, row, 15))
	}
}
