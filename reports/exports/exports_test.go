package exports_test

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/xml"
	"fmt"
	"maps"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"

	"market40/reports/exports"
	"market40/reports/exports/document"
	"market40/reports/exports/verify"
	"market40/reports/figures"
	"market40/reports/indicators"
	"market40/reports/scope"
)

// cellNumber returns the number that a workbook cell holds: a quotient with enough digits to be
// rounded only once, else the value. It computes with fractions, independently of the program.
func cellNumber(value *string, over, under *figures.Quantity, code, part string) string {
	if value == nil {
		return ""
	}
	// a cell shows this many steps per unit: tenths of a hundredth
	hours, shown := strings.HasPrefix(part, "hours_"), int64(1000)
	switch {
	case code == "I09" || code == "I20" || hours:
		shown = 10
	case code == "I23":
		shown = 1
	}
	exact, is := new(big.Rat).SetString(*value)
	if !is {
		return *value
	}
	if over != nil && under != nil && under.IsPositive() && !hours && code != "I23" {
		quotient := new(big.Rat).Quo(over.Rat(), under.Rat())
		if code == "I20" {
			quotient.Mul(quotient, big.NewRat(10_000, 1))
		}
		if rounded, _ := new(big.Rat).SetString(quotient.FloatString(4)); rounded.Cmp(exact) == 0 { // "-0.0000" is zero
			exact = quotient
		}
	}
	if code == "I06" && !hours { // written in points, which are hundredths
		exact, shown = new(big.Rat).Mul(exact, big.NewRat(100, 1)), 10
	}
	// decimals, so that all digits together are fifteen
	digits := max(0, 15-len(strings.TrimPrefix(exact.FloatString(0), "-")))
	held, _ := new(big.Rat).SetString(exact.FloatString(digits))
	// exactly half-way
	if steps := new(big.Rat).Mul(exact, big.NewRat(shown, 1)); steps.Denom().Cmp(big.NewInt(2)) == 0 {
		last := new(big.Rat).SetFrac(big.NewInt(int64(exact.Sign())), new(big.Int).Exp(big.NewInt(10),
			big.NewInt(int64(digits)), nil))
		held.Add(held, last)
	}
	n, _ := held.Float64()
	return strconv.FormatFloat(n, 'f', -1, 64)
}

// expectedCells returns the cells that a figure should have according to the API's JSON, in the order of
// the workbook's columns from "Tử số" on. hidden is the text of a hidden cell.
func expectedCells(f figures.Figure, code, part, hidden string) []string {
	instead := func(text string, is bool) string {
		if text == "" && is {
			return hidden
		}
		return text
	}
	quantity := func(q *figures.Quantity) string {
		if q == nil {
			return instead("", f.Suppressed)
		}
		return q.String()
	}
	cells := []string{
		quantity(f.Numerator), quantity(f.Denominator),
		instead(cellNumber(f.Value, f.Numerator, f.Denominator, code, part), f.Suppressed), "", "", "", "", "", "", "",
		"", "",
	}
	if e := f.Evidence; e != nil {
		for i, n := range []int{e.A, e.B, e.C, e.D} {
			cells[3+i] = strconv.Itoa(n)
		}
	}
	if f.Interval != nil {
		cells[7], cells[8] = cellNumber(&f.Interval.Low, nil, nil, code, part), cellNumber(&f.Interval.High, nil, nil,
			code, part)
	}
	if c := f.Coverage; c != nil {
		cells[9], cells[10], cells[11] = hidden, strconv.Itoa(c.Denominator), hidden
		if c.Numerator != nil {
			cells[9], cells[11] = strconv.Itoa(*c.Numerator), cellNumber(c.Value, figures.Count(*c.Numerator),
				figures.Count(c.Denominator), "I05", "")
		}
	}
	return cells
}

// orderOf returns the parts of an indicator in the order of its definition: the definition of the
// content if it has one, else the definition of the program.
func orderOf(t testing.TB, c *document.Content, code string) (keys []string) {
	t.Helper()
	for _, d := range c.Definitions {
		for _, part := range d.Parts {
			if d.Code == code {
				keys = append(keys, part.Key)
			}
		}
	}
	known, err := indicators.Definitions()
	must(t, err)
	for _, d := range known {
		for _, part := range d.Parts {
			if d.Code == code && !slices.ContainsFunc(c.Definitions,
				func(own document.Definition) bool { return own.Code == code && len(own.Parts) > 0 }) {
				keys = append(keys, part.Key)
			}
		}
	}
	return keys
}

// expectedRows returns the expected rows of all figures of a content, each with its unit, indicator
// and part.
func expectedRows(t testing.TB, c *document.Content) [][]string {
	t.Helper()
	rows := [][]string{}
	add := func(name string, figures figures.Figures, hidden string) {
		for _, code := range slices.Sorted(maps.Keys(figures)) {
			rows = append(rows, append([]string{name, code}, expectedCells(figures[code], code, "", hidden)...))
			order := orderOf(t, c, code)
			place := func(key string) int {
				if at := slices.Index(order, key); at >= 0 {
					return at
				}
				return len(order)
			}
			keys := slices.SortedFunc(maps.Keys(figures[code].Parts),
				func(a, b string) int { return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(a, b)) })
			for _, key := range keys {
				rows = append(rows, append([]string{name, code}, expectedCells(figures[code].Parts[key], code, key,
					hidden)...))
			}
		}
	}
	for _, row := range c.Report.Rows {
		add(row.Locality.Name, row.Indicators, "ẩn")
	}
	add("Tổng cộng", c.Report.Total, "ẩn")
	return rows
}

// figuresCells returns the same cells from the sheet of figures.
func figuresCells(lines [][]string) [][]string {
	rows := [][]string{}
	for _, line := range lines[1:] {
		for len(line) < 23 {
			line = append(line, "")
		}
		rows = append(rows, slices.Concat([]string{line[2], line[4]}, line[8:20]))
	}
	return rows
}

func sameRows(t *testing.T, found, want [][]string) {
	t.Helper()
	if len(found) != len(want) {
		t.Fatalf("%d rows, not %d", len(found), len(want))
	}
	for i := range want {
		if !slices.Equal(found[i], want[i]) {
			t.Errorf("row %d is\n%q, not\n%q", i+2, found[i], want[i])
		}
	}
}

// LibreOffice opens the workbook and shows each figure as in the API; numbers are stored as
// numbers.
func TestAWorkbookInLibreOffice(t *testing.T) {
	t.Parallel()
	c := octoberReport()
	raw := writeDocument(t, newDocument(t, c), "xlsx")
	text := convertFile(t, "report.xlsx", raw,
		"csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,2")
	lines, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	must(t, err)
	// LibreOffice writes a share as a percentage with two decimals: 57.99%
	for _, line := range lines {
		for i, cell := range line {
			if hundredths, is := strings.CutSuffix(cell, "%"); is {
				n, err := decimal.NewFromString(hundredths)
				must(t, err)
				line[i] = n.Shift(-2).String()
			}
		}
	}
	sameRows(t, figuresCells(lines), expectedRows(t, c))
	for _, line := range lines[1:] {
		if line[22] != "dữ liệu minh họa" && line[1] != "576" {
			t.Fatalf("the line %q does not say that it is invented", line)
		}
	}
	file, err := excelize.OpenReader(bytes.NewReader(raw))
	must(t, err)
	if got := strings.Join(file.GetSheetList(), ","); got != "Bìa,Số liệu,Biểu đồ,Định nghĩa,Xác nhận" {
		t.Errorf("the sheets are %s", got)
	}
	for at, want := range map[string]string{"I2": "886", "K2": "91.9%", "I13": "", "I16": "1,234,567,000"} {
		kind, err := file.GetCellType("Số liệu", at)
		must(t, err)
		if got, err := file.GetCellValue("Số liệu", at); err != nil || want != "" && got != want ||
			kind == excelize.CellTypeSharedString && want != "" {
			t.Errorf("%s shows %q of type %v, not %q", at, got, kind, want)
		}
	}
	charts := 0
	for name := range unzipParts(t, raw) {
		if strings.HasPrefix(name, "xl/charts/chart") {
			charts++
		}
	}
	if charts != 2 {
		t.Errorf("%d charts", charts)
	}
}

func unzipParts(t testing.TB, raw []byte) map[string][]byte {
	t.Helper()
	parts := map[string][]byte{}
	rewriteZip(t, raw, func(name string, part []byte) []byte {
		parts[name] = part
		return part
	})
	return parts
}

// runTool runs a program on a file and returns what it prints.
func runTool(t testing.TB, raw []byte, ending, name string, args ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "x"+ending)
	must(t, os.WriteFile(file, raw, 0o600))
	for i, arg := range args {
		args[i] = strings.ReplaceAll(arg, "FILE", file)
	}
	out, err := exec.CommandContext(t.Context(), name, args...).Output()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return string(out)
}

// normalizeSpace returns a text with single spaces between words, because programs differ in how they write
// spaces.
func normalizeSpace(text string) string { return strings.Join(strings.Fields(text), " ") }

// TestThePDF reads the PDF with poppler and its QR symbol with zbar, and reads the attachment with
// this program.
func TestThePDF(t *testing.T) {
	t.Parallel()
	c := octoberReport()
	seal := sealContent(t, c)
	raw := writeDocument(t, newDocument(t, c), "pdf")
	if info := runTool(t, raw, ".pdf", "pdfinfo", "FILE"); !strings.Contains(info, "(A4)") ||
		!strings.Contains(info, "Kết quả thực hiện mô hình chợ 4.0") {
		t.Errorf("%s", info)
	}
	text := normalizeSpace(runTool(t, raw, ".pdf", "pdftotext", "-layout", "FILE", "-"))
	if strings.ContainsAny(text, "≥≤−") {
		t.Error("a character is printed that the font does not contain")
	}
	for _, want := range []string{
		"DỮ LIỆU MINH HỌA", "58,0 % (559/964)", "2.261 / 2.458", "1.234.567.000 đ",
		"152.341 đ", "(31,2 – 57,2 %)", "Huyện Khánh Vĩnh ẩn", "chưa có dữ liệu", seal.SHA256, "A 1.419 · B 6 ·",
		"miễn: không có chợ trên đảo", "Lý do đính chính", "01/11/2026",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the PDF does not say %q", want)
		}
	}
	if strings.Contains(text, "□") {
		t.Error("the font lacks a character")
	}
	folder := t.TempDir()
	pages, err := strconv.Atoi(
		regexp.MustCompile(`Pages:\s+(\d+)`).FindStringSubmatch(runTool(t, raw, ".pdf", "pdfinfo",
			"FILE"))[1],
	)
	must(t, err)
	last := strconv.Itoa(pages)
	runTool(t, raw, ".pdf", "pdftoppm", "-png", "-r", "150", "-f", last, "-l", last, "FILE", filepath.Join(folder, "p"))
	made, err := filepath.Glob(filepath.Join(folder, "p*.png"))
	must(t, err)
	out, err := exec.CommandContext(t.Context(), "zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable",
		made[0]).Output()
	must(t, err)
	if want := "market40 " + c.Frozen.Report + " v2 sha256:" + seal.SHA256 + " ed25519:" +
		seal.Signature; strings.TrimSpace(string(out)) != want {
		t.Errorf("the symbol says %q", out)
	}
	attached := filepath.Join(folder, "attached.json")
	runTool(t, raw, ".pdf", "pdfdetach", "-save", "1", "-o", attached, "FILE")
	inside, err := os.ReadFile(attached)
	must(t, err)
	if proof, err := verify.Check(inside, publicKey(), nil); err != nil || !proof.Proven() {
		t.Errorf("the attachment: %v %v", proof, err)
	}
}

// TestTheDraftsGeometry measures the draft against Decree 30/2020/NĐ-CP, Annex I, both in the file
// and as rendered.
func TestTheDraftsGeometry(t *testing.T) {
	t.Parallel()
	c := octoberReport()
	c.Locality = &c.Report.Rows[3].Locality
	c.Issuer = &scope.Locality{Level: "commune", Code: "22489", Name: "Xã Vạn Ninh"}
	raw := writeDocument(t, newDocument(t, c), "docx")
	parts := unzipParts(t, raw)
	for name, part := range parts {
		if strings.HasSuffix(name, ".xml") || strings.HasSuffix(name, ".rels") {
			if err := xml.Unmarshal(part, new(struct{ XMLName xml.Name })); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	text, styles := string(parts["word/document.xml"]), string(parts["word/styles.xml"])
	number := func(text, pattern string) float64 {
		t.Helper()
		found := regexp.MustCompile(pattern).FindStringSubmatch(text)
		if found == nil {
			t.Fatalf("no %s", pattern)
		}
		n, err := strconv.ParseFloat(found[1], 64)
		must(t, err)
		return n
	}
	millimetres := func(name string) float64 {
		return number(text, `<w:pg(?:Mar|Sz)[^>]* w:`+name+`="(\d+)"`) / 1440 * 25.4
	}
	for name, between := range map[string][2]float64{
		"w": {209.9, 210.1}, "h": {296.9, 297.1}, "top": {20, 25},
		"bottom": {20, 25}, "left": {30, 35}, "right": {15, 20},
	} {
		if mm := millimetres(name); mm < between[0]-0.05 || mm > between[1]+0.05 {
			t.Errorf("%s is %.1f mm", name, mm)
		}
	}
	if !strings.Contains(styles, `<w:rFonts w:ascii="Times New Roman"`) ||
		number(styles, `<w:rPrDefault>.*?<w:sz w:val="(\d+)"`) != 28 {
		t.Error("the text is not in Times New Roman 14")
	}
	pdf := convertFile(t, "draft.docx", raw, "pdf")
	if info := runTool(t, pdf, ".pdf", "pdfinfo", "FILE"); !strings.Contains(info, "(A4)") {
		t.Error(info)
	}
	const millimetre = 72 / 25.4
	words := regexp.MustCompile(
		`<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">(.*?)</word>`).FindAllStringSubmatch(
		runTool(t, pdf, ".pdf", "pdftotext", "-bbox", "FILE", "-"), -1)
	left, right := 999.0, 0.0
	for _, w := range words {
		x, err := strconv.ParseFloat(w[1], 64)
		must(t, err)
		end, err := strconv.ParseFloat(w[3], 64)
		must(t, err)
		left, right = min(left, x/millimetre), max(right, end/millimetre)
	}
	if left < 29.5 || left > 35 || right > 195.5 || right < 190 {
		t.Errorf("text is from %.1f to %.1f mm", left, right)
	}
	fonts := runTool(t, pdf, ".pdf", "pdffonts", "FILE")
	if !strings.Contains(fonts, "LiberationSerif") || strings.Contains(fonts, "DejaVu") {
		t.Errorf("the fonts are %s", fonts)
	}
	shown := normalizeSpace(runTool(t, pdf, ".pdf", "pdftotext", "FILE", "-"))
	for _, want := range []string{
		"ỦY BAN NHÂN DÂN XÃ VẠN NINH", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc",
		"BÁO CÁO Kết quả thực hiện mô hình chợ 4.0",
		"(DỮ LIỆU MINH HỌA)", "Ủy ban nhân dân xã Vạn Ninh báo cáo kết quả", "(địa bàn huyện cũ Vạn Ninh) như sau",
		"58,0 %, tương ứng 1.425 trên 2.458 tiểu thương", "Nơi nhận:", "- Lưu: VT", "TM. ỦY BAN NHÂN DÂN CHỦ TỊCH",
		"Phụ lục IV", "XÁC NHẬN SỐ LIỆU", sealContent(t, c).SHA256,
	} {
		if !strings.Contains(shown, want) {
			t.Errorf("the draft does not say %q", want)
		}
	}
	if line := normalizeSpace(
		runTool(t, pdf, ".pdf", "pdftotext", "-layout", "-l", "1", "FILE", "-"),
	); !strings.Contains(
		line,
		"Số: /BC-UBND Vạn Ninh, ngày tháng năm",
	) {
		t.Errorf("the blanks for number and date are not on one line: %.300s", line)
	}
	blocks(t, words)
}

// blocks checks where the two blocks of the letter's head are printed: the agency on the left and
// the national title on the right, at the same height.
func blocks(t *testing.T, words [][]string) {
	t.Helper()
	at := func(word string) (x, y float64) {
		for _, w := range words {
			if w[5] == word {
				x, err := strconv.ParseFloat(w[1], 64)
				must(t, err)
				y, err := strconv.ParseFloat(w[2], 64)
				must(t, err)
				return x, y
			}
		}
		t.Fatalf("no word %q", word)
		return 0, 0
	}
	agencyX, agencyY := at("ỦY")
	nationX, nationY := at("CỘNG")
	numberX, numberY := at("Số:")
	dateX, dateY := at("ngày")
	_, kindY := at("BÁO")
	if agencyX > nationX || agencyY != nationY || numberX > dateX || max(numberY, dateY) > kindY ||
		min(numberY, dateY) < nationY {
		t.Errorf("the head is at %v", []float64{
			agencyX, agencyY, nationX, nationY, numberX, numberY, dateX, dateY,
			kindY,
		})
	}
}

// TestNoFormulas checks that no program runs text that a user entered, such as the name of a market
// or a reason.
func TestNoFormulas(t *testing.T) {
	t.Parallel()
	c := octoberReport()
	bad := `=HYPERLINK("http://x";"y")`
	for i, lead := range []string{"=", "+", "-", "@", "\t"} {
		c.Report.Rows[i].Markets[0].Code, c.Report.Rows[i].Markets[0].Name = lead+"1+1", lead+"cmd|' /C calc'!A0"
		c.Report.Rows[i].Locality.Name = lead + "SUM(A1)"
	}
	c.Frozen.Reason, c.Campaign.Name, c.Definitions[0].Prose = bad, bad+" <w:t>&\x01\u0301 🐟", bad
	d := newDocument(t, c)
	lines, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(writeDocument(t, d, "csv")), "\uFEFF"))).
		ReadAll()
	must(t, err)
	file, err := excelize.OpenReader(bytes.NewReader(writeDocument(t, d, "xlsx")))
	must(t, err)
	for _, sheet := range file.GetSheetList() {
		rows, err := file.GetRows(sheet, excelize.Options{RawCellValue: true})
		must(t, err)
		lines = append(lines, rows...)
	}
	for _, cell := range slices.Concat(lines...) {
		if _, err := strconv.ParseFloat(cell, 64); err != nil && cell != "" && strings.Contains("=+-@\t\r", cell[:1]) {
			t.Errorf("a cell is %q", cell)
		}
	}
	for kind := range exports.Kinds {
		proof, err := verify.Check(writeDocument(t, d, kind), publicKey(), lookupOf(sealContent(t, c)))
		if err != nil || !proof.Proven() {
			t.Errorf("%s: %v %+v", kind, err, proof)
		}
	}
	convertFile(t, "bad.docx", writeDocument(t, d, "docx"), "pdf")
}

func TestLongReports(t *testing.T) {
	t.Parallel()
	c := octoberReport()
	for len(c.Report.Rows) < 65 {
		row := c.Report.Rows[len(c.Report.Rows)%5]
		row.Locality.Name = fmt.Sprintf("Xã %s thứ %d", strings.Repeat("Rất Dài ", 5), len(c.Report.Rows))
		c.Report.Rows = append(c.Report.Rows, row)
	}
	seal := sealContent(t, c)
	for kind := range exports.Kinds {
		proof, err := verify.Check(writeDocument(t, newDocument(t, c), kind), publicKey(), lookupOf(seal))
		if err != nil || !proof.Proven() {
			t.Errorf("%s: %v %v", kind, err, proof)
		}
	}
}
