package exports_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"html"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"market40/reports"
	"market40/reports/exports"
	"market40/reports/exports/document"
	"market40/reports/exports/verify"
	"market40/reports/figures"
	"market40/reports/indicators"
	"market40/reports/scope"
)

// shareOf returns a share of a count as in the API, with four decimals.
func shareOf(n, of int) figures.Figure {
	return figures.Figure{
		Numerator: figures.Count(n), Denominator: figures.Count(of),
		Value: text(big.NewRat(int64(n), int64(of)).FloatString(4)), Definition: 1,
	}
}

// draftText returns the visible text of the draft, including its tables.
func draftText(t testing.TB, d *document.Document) string {
	t.Helper()
	out := []string{}
	for _, run := range regexp.MustCompile(`<w:t(?: [^>]*)?>([^<]*)</w:t>`).FindAllStringSubmatch(
		string(unzipParts(t, writeDocument(t, d, "docx"))["word/document.xml"]), -1) {
		out = append(out, run[1])
	}
	return html.UnescapeString(normalizeSpace(strings.Join(out, " ")))
}

// roundedOnce are half-way cases, and cases that rounding twice gets wrong. The expected text is
// the true quotient to one decimal, rounded half away from zero.
var roundedOnce = []struct {
	n, of int
	want  string
}{
	{504, 855, "58,9"},
	{8, 55, "14,5"},
	{196, 364, "53,8"},
	{126, 158, "79,7"},
	{1, 16, "6,3"},
	{49, 400, "12,3"},
	{1, 2000, "0,1"},
	{1, 2001, "0,0"},
	{7, 12, "58,3"},
	{29, 200, "14,5"},
	{289, 2000, "14,5"},
	{2879, 20000, "14,4"},
	{1009, 2000, "50,5"},
	{867, 2000, "43,4"},
	{999, 1000, "99,9"},
	{1999, 2000, "100,0"},
}

// TestSharesAreRoundedOnce checks the draft, the PDF and the workbook as LibreOffice shows it,
// including coverage and points.
func TestSharesAreRoundedOnce(t *testing.T) {
	t.Parallel()
	c := octoberReport()
	c.Report.Rows = c.Report.Rows[:0]
	for i, pair := range roundedOnce {
		f := coveredFigure(shareOf(pair.n, pair.of), pair.n, pair.of)
		f.Coverage.Value = f.Value
		gap := shareOf(-pair.n, pair.of)
		c.Report.Rows = append(c.Report.Rows, reports.Row{
			Locality: scope.Locality{Level: "district", Code: fmt.Sprint(500 + i), Name: fmt.Sprintf("Huyện %d", i)},
			Markets:  []scope.Market{{Code: "M", Name: "Chợ"}},
			Indicators: figures.Figures{"I05": f, "I06": gap, "I22": {
				Definition: 1,
				Parts:      map[string]figures.Figure{"female": shareOf(pair.n, pair.of)},
			}},
		})
	}
	c.Report.Total = figures.Figures{"I05": coveredFigure(shareOf(504, 855), 504, 855)}
	// A weighted estimate is not the quotient of the observed counts, so its value is printed as it
	// is.
	c.Report.Total["I07"] = figures.Figure{
		Numerator: figures.Count(1), Denominator: figures.Count(3),
		Value: text("0.4439"), Interval: &figures.Interval{Low: "0.3125", High: "0.5715"}, Definition: 1,
	}
	d := newDocument(t, c)
	draft := draftText(t, d)
	pdf := normalizeSpace(runTool(t, writeDocument(t, d, "pdf"), ".pdf", "pdftotext", "-layout", "FILE", "-"))
	shown := convertFile(t, "report.xlsx", writeDocument(t, d, "xlsx"),
		"csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,true,false,false,2")
	lines, err := csv.NewReader(bytes.NewReader(shown)).ReadAll()
	must(t, err)
	lines = lines[1:]
	for i, pair := range roundedOnce {
		share := fmt.Sprintf("%s %% (%s/%s)", pair.want, countedText(pair.n), countedText(pair.of))
		if strings.Count(draft, share) < 2 || !strings.Contains(pdf, share) {
			t.Errorf("%d/%d: the draft or the PDF does not say %s", pair.n, pair.of, share)
		}
		minus := "-" + pair.want
		if pair.want == "0,0" {
			minus = pair.want
		}
		if gap := minus + " điểm phần trăm"; !strings.Contains(draft, gap) {
			t.Errorf("%d/%d: the draft does not say %s", pair.n, pair.of, gap)
		}
		point := strings.Replace(pair.want, ",", ".", 1) + "%"
		gap := "-" + strings.TrimSuffix(point, "%") + " điểm"
		for row, want := range []string{point, gap, "", point} {
			line := lines[4*i+row]
			if got := line[10]; got != want && got != strings.TrimPrefix(want, "-") {
				t.Errorf("%d/%d: LibreOffice shows %q of %s %s, not %q", pair.n, pair.of, got, line[4], line[6], want)
			}
			if line[4] == "I05" && line[19] != point {
				t.Errorf("%d/%d: LibreOffice shows a coverage of %q, not %q", pair.n, pair.of, line[19], point)
			}
		}
	}
	if !strings.Contains(draft, "44,4 % (31,3 – 57,2 %)") || !slices.ContainsFunc(lines, func(line []string) bool {
		return line[4] == "I07" && line[10] == "44.4%" && line[15] == "31.3%" && line[16] == "57.2%"
	}) {
		t.Error("an estimate is not printed unchanged")
	}
}

func countedText(n int) string {
	if n >= 1000 {
		return fmt.Sprintf("%d.%03d", n/1000, n%1000)
	}
	return fmt.Sprint(n)
}

// TestHiddenCells checks that a hidden cell shows "ẩn" in every kind of file, for units and totals,
// and never "<5".
func TestHiddenCells(t *testing.T) {
	t.Parallel()
	c := octoberReport()
	none := &figures.Funnel{}
	c.Report.Funnel = none
	for _, code := range []string{"I01", "I03", "I05", "I06"} {
		f := hiddenFigure(2458)
		f.Parts = map[string]figures.Figure{"strict": hiddenFigure(2458)}
		f.Coverage = &figures.Share{Denominator: 2458}
		c.Report.Total[code] = f
	}
	c.Report.Coverage = &figures.Share{Denominator: 2458}
	d := newDocument(t, c)
	draft := draftText(t, d)
	_, after, _ := strings.Cut(draft, "Bảng 2. ")
	_, row, _ := strings.Cut(after, "Tổng cộng ")
	if !strings.HasPrefix(row, "ẩn ẩn ẩn – ẩn") {
		t.Errorf("the total's row is %.60q", row)
	}
	_, steps, _ := strings.Cut(row, "Tổng cộng ")
	if !strings.HasPrefix(steps, "ẩn ẩn ẩn ẩn ẩn ẩn") {
		t.Errorf("the total's steps are %.60q", steps)
	}
	first, _, _ := strings.Cut(draft, "Bảng 2. ")
	_, first, _ = strings.Cut(first, "Bảng 1. ")
	first, _, _ = strings.Cut(first, "“ẩn”") // the legend
	if strings.Contains(first, "<5") || !strings.Contains(first, "ẩn / 2.458 ẩn") {
		t.Errorf("the total's figures are %.300q", first)
	}
	if strings.Contains(draft, "<5") || !strings.Contains(draft, "bảo mật (“ẩn”)") ||
		!strings.Contains(draft, "số liệu nói về dưới 5 người") ||
		!strings.Contains(after, "Huyện Khánh Vĩnh ẩn ẩn ẩn") {
		t.Error("the draft contains <5, or does not mark hidden cells")
	}
	file, err := excelize.OpenReader(bytes.NewReader(writeDocument(t, d, "xlsx")))
	must(t, err)
	lines, err := file.GetRows("Số liệu")
	must(t, err)
	for _, line := range lines[1:] {
		if slices.Contains(line, "<5") {
			t.Errorf("the workbook says %q", line)
		}
	}
	lines, err = file.GetRows("Biểu đồ")
	must(t, err)
	said := fmt.Sprint(lines)
	if !strings.Contains(said, "[Huyện Khánh Vĩnh ẩn ẩn 52]") || !strings.Contains(said, "[Đăng ký ẩn]") ||
		strings.Count(said, "ẩn]") != 6 {
		t.Errorf("the charts are drawn from %s", said)
	}
	_, bar, _ := strings.Cut(
		normalizeSpace(runTool(t, writeDocument(t, d, "pdf"), ".pdf", "pdftotext", "-layout", "FILE", "-")),
		"Tổng: ",
	)
	if !strings.HasPrefix(bar, "ẩn;") {
		t.Errorf("below the PDF's chart is %.40q", bar)
	}
}

// TestWhatCarriesNoMix checks that a figure without an evidence mix shows a dash, and that a hidden
// mix is shown as hidden.
func TestWhatCarriesNoMix(t *testing.T) {
	t.Parallel()
	c := octoberReport()
	money := figures.Count(1_000_000)
	money.Money = true
	amount := figures.Figure{
		Numerator: money, Denominator: money, Value: text("1.0000"), Definition: 1,
		Period: "2026-10",
	}
	checked := shareOf(40, 80)
	checked.Parts = map[string]figures.Figure{
		"swapped": shareOf(3, 80),
		"hours_to_replace": {
			Numerator: figures.Count(3), Denominator: figures.Count(3), Value: text("27.4167"),
			Definition: 2,
		},
	}
	c.Report.Rows = c.Report.Rows[:1]
	c.Report.Rows[0].Indicators = figures.Figures{
		"I08": amount, "I11": amount, "I12": amount, "I19": checked,
		"I03": shareOf(5, 10),
	}
	c.Report.Total = c.Report.Rows[0].Indicators
	draft := draftText(t, newDocument(t, c))
	for _, want := range []string{
		"I08 Tỷ trọng doanh thu không tiền mặt (tháng 10/2026) 1.000.000 đ / 1.000.000 đ 100,0 % –",
		"I11 Tỷ lệ phí chợ nộp bằng chuyển khoản (tháng 10/2026) 1.000.000 đ / 1.000.000 đ 100,0 % –",
		"I12 Tỷ lệ thu phí chợ (tháng 10/2026) 1.000.000 đ / 1.000.000 đ 100,0 % –", "3 / 80 3,8 % –",
		"3 / 3 27,4 giờ –", "40 / 80 50,0 % ẩn", "5 / 10 50,0 % ẩn",
	} {
		if !strings.Contains(draft, want) {
			t.Errorf("the draft does not say %q in %.900s", want, draft)
		}
	}
	if strings.Contains(draft, "kỳ 2026") {
		t.Error("a month is printed in the program's form")
	}
	file, err := excelize.OpenReader(bytes.NewReader(writeDocument(t, newDocument(t, c), "xlsx")))
	must(t, err)
	if note, err := file.GetCellValue("Số liệu", "W3"); err != nil || note != "dữ liệu minh họa; tháng 10/2026" {
		t.Errorf("the note is %q, %v", note, err)
	}
}

// TestBandsInOrder checks that the bands of I10 run from the smallest to the largest, even if the
// frozen content names no parts.
func TestBandsInOrder(t *testing.T) {
	t.Parallel()
	for _, parts := range [][]document.Part{nil, {
		{Key: "le_50k", Name: "đến 50"},
		{Key: "le_200k", Name: "đến 200"},
		{Key: "le_1m", Name: "đến 1 triệu"},
		{Key: "over_1m", Name: "trên 1 triệu"},
	}} {
		c := octoberReport()
		c.Definitions[1].Parts = parts
		bands := shareOf(10, 100)
		bands.Parts = map[string]figures.Figure{
			"le_50k": shareOf(10, 100), "le_200k": shareOf(20, 100),
			"le_1m": shareOf(30, 100), "over_1m": shareOf(40, 100),
		}
		c.Report.Total["I10"] = bands
		draft := draftText(t, newDocument(t, c))
		last := 0
		for _, n := range []string{"10 / 100 10,0 %", "20 / 100 20,0 %", "30 / 100 30,0 %", "40 / 100 40,0 %"} {
			at := strings.LastIndex(draft, n)
			if at < last {
				t.Errorf("%s comes before a smaller band", n)
			}
			last = at
		}
	}
}

// TestDefinitionsInVietnamese checks that the annex prints formulas in Vietnamese, even for content
// frozen before Vietnamese formulas existed, and prints no Markdown marks.
func TestDefinitionsInVietnamese(t *testing.T) {
	t.Parallel()
	c := octoberReport()
	c.Definitions = []document.Definition{
		{
			Code: "I01", Version: 1, Name: "Đăng ký", Formula: "registered and approved merchants ÷ Mop",
			Prose: "Người ngoài là *chưa quan sát được*, xem `strict`; 2 * 3 * 4.",
		},
		{Code: "I05", Version: 7, Name: "Hoạt động", Formula: "something of a later version", Prose: "x"},
		{Code: "I03", Version: 2, Name: "Sẵn sàng", Formula: "ready ÷ Mop", Words: "sẵn sàng ÷ đang bán", Prose: "y"},
	}
	seal := sealContent(t, c)
	// content frozen before formula_vi existed
	seal = signRaw(bytes.Replace(seal.Content, []byte(`"formula_vi":"",`), nil, 2))
	d, err := document.Open(seal)
	must(t, err)
	draft := draftText(t, d)
	pdf := normalizeSpace(runTool(t, writeDocument(t, d, "pdf"), ".pdf", "pdftotext", "FILE", "-"))
	for _, want := range []string{
		"tiểu thương đã đăng ký và được duyệt ÷ tiểu thương đang kinh doanh",
		"something of a later version", "sẵn sàng ÷ đang bán", "chưa quan sát được, xem strict; 2 * 3 * 4.",
	} {
		if !strings.Contains(draft, want) {
			t.Errorf("the draft does not say %q", want)
		}
	}
	if strings.Contains(draft+pdf, "registered and approved") || strings.Contains(draft+pdf, "`") ||
		strings.Contains(draft+pdf, "*chưa") {
		t.Error("a formula is English, or a mark is printed")
	}
	for kind := range exports.Kinds {
		proof, err := verify.Check(writeDocument(t, d, kind), publicKey(), lookupOf(seal))
		if err != nil || !proof.Proven() {
			t.Errorf("%s: %v %+v", kind, err, proof)
		}
	}
	known, err := indicators.Definitions()
	must(t, err)
	live := draftText(t, document.Live(&c.Report, known))
	if strings.Contains(live, "÷ Mop") || !strings.Contains(live, "tiểu thương đã đăng ký và được duyệt ÷") {
		t.Error("a live report's formulas are English")
	}
}

// TestWhoIssues checks the issuer. Since districts ended, it is the commune that the pilot is in.
// An unknown issuer is left blank.
func TestWhoIssues(t *testing.T) {
	t.Parallel()
	commune := &scope.Locality{Level: "commune", Code: "22612", Name: "Xã Khánh Vĩnh"}
	for _, tt := range []struct {
		asOf   string
		unit   scope.Locality
		issuer *scope.Locality
		head   string
		says   []string
	}{
		{
			"2026-11-01",
			scope.Locality{Level: "district", Name: "Huyện Khánh Vĩnh"},
			commune,
			"ỦY BAN NHÂN DÂN XÃ KHÁNH VĨNH",
			[]string{
				"Ủy ban nhân dân xã Khánh Vĩnh báo cáo",
				"(địa bàn huyện cũ Khánh Vĩnh) như sau", "Khánh Vĩnh, ngày", "của Ủy ban nhân dân xã Khánh Vĩnh)",
				"TM. ỦY BAN NHÂN DÂN CHỦ TỊCH",
			},
		},
		{
			"2026-11-01",
			scope.Locality{Level: "district", Name: "Thành phố Nha Trang"},
			&scope.Locality{Level: "commune", Name: "Phường Nha Trang"}, "ỦY BAN NHÂN DÂN PHƯỜNG NHA TRANG",
			[]string{"(địa bàn thành phố cũ Nha Trang) như sau", "TM. ỦY BAN NHÂN DÂN CHỦ TỊCH"},
		},
		{
			"2026-11-01",
			scope.Locality{Level: "district", Name: "Huyện Khánh Vĩnh"},
			nil, "ỦY BAN NHÂN DÂN …………",
			[]string{"Ủy ban nhân dân ………… báo cáo", "(địa bàn huyện cũ Khánh Vĩnh) như sau", "…………, ngày"},
		},
		{"2025-08-01", scope.Locality{Level: "district", Name: "Huyện Khánh Vĩnh"}, nil, "ỦY BAN NHÂN DÂN …………", nil},
		{
			"2025-07-01",
			scope.Locality{Level: "district", Name: "Huyện Khánh Vĩnh"},
			nil,
			"ỦY BAN NHÂN DÂN HUYỆN KHÁNH VĨNH",
			[]string{"Ủy ban nhân dân huyện Khánh Vĩnh báo cáo"},
		},
		{
			"2026-11-01",
			scope.Locality{Level: "commune", Name: "Xã Khánh Vĩnh"},
			nil, "ỦY BAN NHÂN DÂN XÃ KHÁNH VĨNH",
			[]string{"Ủy ban nhân dân xã Khánh Vĩnh báo cáo"},
		},
	} {
		c := octoberReport()
		c.Locality, c.Issuer, c.AsOf = &tt.unit, tt.issuer, tt.asOf
		seal := sealContent(t, c)
		if tt.issuer == nil {
			// content frozen before the issuer field existed
			seal = signRaw(bytes.Replace(seal.Content, []byte(`"issuer":null,`), nil, 1))
		}
		d, err := document.Open(seal)
		must(t, err)
		raw := writeDocument(t, d, "docx")
		draft := draftText(t, d)
		for _, want := range append(tt.says, tt.head+" CỘNG HÒA") {
			if !strings.Contains(draft, want) {
				t.Errorf("%s of %s: the draft does not say %q: %.200s", tt.unit.Name, tt.asOf, want, draft)
			}
		}
		if ended := strings.Contains(tt.head, "HUYỆN"); !ended && (strings.Contains(draft, "HUYỆN KHÁNH VĨNH") ||
			strings.Contains(draft, "dân huyện")) {
			t.Errorf("%s of %s: an office that has ended issues it", tt.unit.Name, tt.asOf)
		}
		proof, err := verify.Check(raw, publicKey(), nil)
		if err != nil || !proof.Proven() {
			t.Errorf("%s of %s: %v %+v", tt.unit.Name, tt.asOf, err, proof)
		}
	}
}
