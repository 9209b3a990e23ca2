package roster_test

import (
	"archive/zip"
	"bytes"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"market40/merchants/roster"
)

// cells writes a worksheet: cell → value, as Excel would hold it (numbers as numbers).
type cells map[string]any

// book makes an XLSX file with another program's writer: sheets in order, then whatever arrange
// does to them.
func book(t testing.TB, sheets []cells, arrange func(*excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, sheet := range sheets {
		name := "Sheet" + string(rune('1'+i))
		if _, err := f.NewSheet(name); err != nil {
			t.Fatal(err)
		}
		for cell, value := range sheet {
			if err := f.SetCellValue(name, cell, value); err != nil {
				t.Fatal(err)
			}
		}
	}
	if arrange != nil {
		arrange(f)
	}
	var file bytes.Buffer
	if err := f.Write(&file); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// damMarket is a list as the board of Chợ Đầm keeps it: title, merged header of two lines, counted
// columns, merged zone and merchant, telephones and accounts typed as numbers, total, signatures;
// the first sheet is a cover, the second hidden.
func damMarket(t testing.TB) []byte {
	t.Helper()
	cover := cells{"A1": "BAN QUẢN LÝ CHỢ ĐẦM", "A2": "Phương án 2026"}
	old := cells{"A1": "Sạp số", "B1": "Họ tên", "A2": "cũ", "B2": "cũ"}
	list := cells{
		"A1": "BAN QUẢN LÝ CHỢ ĐẦM", "A2": "DANH SÁCH HỘ KINH DOANH CỐ ĐỊNH",
		"A4": "STT", "B4": "Khu", "C4": "Sạp\nsố", "D4": "Họ và tên", "E4": "SĐT", "F4": "Tài khoản nhận tiền",
		"I4": "Ngành hàng", "J4": "Từ ngày", "K4": "Ghi chú",
		"F5": "Ngân hàng", "G5": "Số tài khoản", "H5": "Chủ tài khoản",
		"A6": 1, "B6": 2, "C6": 3, "D6": 4, "E6": 5, "F6": 6, "G6": 7, "H6": 8, "I6": 9, "J6": 10, "K6": 11,
		"A7": 1, "B7": "Khu A", "C7": 12, "D7": "Nguyễn Thị Hoa", "E7": 912345678, "F7": "VCB", "G7": 101234000000,
		"H7": "NGUYEN THI HOA", "I7": "Hải sản",
		"J7": time.Date(2021, 3, 5, 0, 0, 0, 0, time.UTC),
		"A8": 2, "C8": 13,
		"A9": 3, "C9": "14b", "D9": "Lê Văn Tư", "E9": "0905 123 456", "F9": "BIDV", "G9": "00123456789",
		"I9": "Rau củ", "J9": "15/03/2020",
		"A10": 4, "B10": "Khu B", "C10": "15", "D10": "Trần Bảy", "F10": "MB", "G10": 1234567890123456,
		"A11": 5, "C11": "16", "D11": "Phạm Chín", "F11": "MB", "G11": "1234567890123450",
		"A13": "Tổng cộng", "C13": 5, "G15": "Nha Trang, ngày 20 tháng 11 năm 2026", "C16": "Người lập biểu",
	}
	return book(t, []cells{cover, old, list}, func(f *excelize.File) {
		merged := [][2]string{
			{"A1", "K1"},
			{"A2", "K2"},
			{"A4", "A5"},
			{"B4", "B5"},
			{"C4", "C5"},
			{"D4", "D5"},
			{"E4", "E5"},
			{"F4", "H4"},
			{"I4", "I5"},
			{"J4", "J5"},
			{"K4", "K5"},
			{"B7", "B9"},
			{"B10", "B11"},
			{"A13", "B13"},
			{"G15", "K15"},
		}
		for _, column := range "DEFGHIJ" {
			merged = append(merged, [2]string{string(column) + "7", string(column) + "8"})
		}
		for _, m := range merged {
			if err := f.MergeCell("Sheet3", m[0], m[1]); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.SetSheetVisible("Sheet2", false); err != nil {
			t.Fatal(err)
		}
	})
}

func TestDamMarketsWorkbook(t *testing.T) {
	t.Parallel()
	sheet := readOneSheet(t, "cho dam.xlsx", damMarket(t))
	if len(sheet.Rows) != 5 {
		t.Fatalf("got %d rows, want 5: %+v", len(sheet.Rows), sheet.Rows)
	}
	hoa := roster.Row{
		Line: 7, Number: "12", Zone: "Khu A", Kind: "stall", GoodsGroup: "hai_san", FullName: "Nguyễn Thị Hoa",
		Phone: "0912345678", BankBIN: "970436",
		AccountNumber: "101234000000", HolderName: "NGUYEN THI HOA", HolderKind: "ca_nhan", Since: "2021-03-05",
	}
	compareRows(t, sheet.Rows[0], hoa)
	hoa.Line, hoa.Number = 8, "13"
	compareRows(t, sheet.Rows[1], hoa)
	compareRows(t, sheet.Rows[2], roster.Row{
		Line: 9, Number: "14b", Zone: "Khu A", Kind: "stall", GoodsGroup: "rau", FullName: "Lê Văn Tư",
		Phone: "0905123456", BankBIN: "970418",
		AccountNumber: "00123456789", HolderName: "Lê Văn Tư", HolderKind: "ca_nhan", Since: "2020-03-15",
	})
	if got := faultList(sheet.Rows[3]); got != "account_number account_rounded" || sheet.Rows[3].AccountNumber != "" ||
		sheet.Rows[3].Zone != "Khu B" {
		t.Errorf("16 digits typed as a number: %q, %+v", got, sheet.Rows[3])
	}
	if r := sheet.Rows[4]; r.AccountNumber != "1234567890123450" || len(r.Errors) > 0 {
		t.Errorf("16 digits typed as text: %+v", r)
	}
	if want := []int{6, 13, 15, 16}; !slices.Equal(sheet.Skipped, want) {
		t.Errorf("skipped %v, want %v", sheet.Skipped, want)
	}
	if sheet.Columns["number"] != "Sạp số" || sheet.Columns["bank"] != "Ngân hàng" ||
		sheet.Columns["account_number"] != "Số tài khoản" {
		t.Errorf("columns %v", sheet.Columns)
	}
}

// A board that keeps a sheet for each zone has one list: every sheet with a header is read, and the
// others are named.
func TestEverySheetIsRead(t *testing.T) {
	t.Parallel()
	all, err := roster.Read("khu.xlsx", book(t, []cells{
		{"A1": "BAN QUẢN LÝ CHỢ ĐẦM"},
		{"A1": "Sạp số", "B1": "Họ tên", "A2": "A1", "B2": "Hoa", "A3": "A2", "B3": "Lan"},
		{"BZ1": 1},
		{
			"A1": "DANH SÁCH", "B3": "Số sạp", "C3": "SĐT", "D3": "Họ tên", "B4": "a-1", "C4": "0912000101", "D4": "Tư",
			"B5": "B1", "C5": "0912000102", "D5": "Năm", "B6": "Tổng cộng",
		},
		{"A1": "Sạp số"},
	}, nil))
	if err != nil || len(all.Sheets) != 2 {
		t.Fatalf("got %d sheets, %v", len(all.Sheets), err)
	}
	var rows, unread []string
	for _, sheet := range all.Sheets {
		for _, r := range sheet.Rows {
			rows = append(rows, strings.TrimSpace(sheet.Letters["full_name"]+" "+r.Sheet+" "+r.Number+" "+faultList(r)))
		}
	}
	for _, u := range all.Unread {
		unread = append(unread, u.Name+" "+refusalOf(t, u.Why).Code)
	}
	if want := []string{
		"B Sheet2 A1", "B Sheet2 A2", "D Sheet4 a-1 number duplicate_number",
		"D Sheet4 B1",
	}; !slices.Equal(rows, want) {
		t.Errorf("got %q, want %q", rows, want)
	}
	if want := []string{"Sheet1 header_missing", "Sheet3 too_many_columns", "Sheet5 header_missing"}; !slices.Equal(
		unread, want) {
		t.Errorf("unread %q, want %q", unread, want)
	}
	if e := all.Sheets[1].Rows[0].Errors[0]; !strings.Contains(e.Vi, `dòng 2, trang "Sheet2"`) ||
		!strings.Contains(e.En, `line 2, sheet "Sheet2"`) {
		t.Errorf("does not name the other sheet: %+v", e)
	}
	if !slices.Equal(all.Sheets[1].Skipped, []int{6}) {
		t.Errorf("skipped %v", all.Sheets[1].Skipped)
	}
}

// The parts of a workbook as other programs write them; each is a sheet's rows and what comes of
// them.
func TestCellsOfOtherPrograms(t *testing.T) {
	t.Parallel()
	const head = `<row><c t="inlineStr"><is><t>Sạp số</t></is></c><c t="inlineStr"><is><t>Họ tên</t></is></c><c t="inlineStr"><is><t>NH</t></is></c><c t="inlineStr"><is><t>STK</t></is></c></row>`
	row := func(cells string) string {
		return head + `<row r="9"><c r="A9"><v>7.0</v></c><c r="B9" t="str"><f>X1</f><v>Hoa</v></c><c r="C9"><v>970436</v></c>` + cells + `</row>`
	}
	for name, c := range map[string]struct{ rows, number, faults string }{
		"java's exponent":  {row(`<c r="D9"><v>1.01234567891E11</v></c>`), "101234567891", ""},
		"short exponent":   {row(`<c r="D9"><v>1.01234E+11</v></c>`), "101234000000", ""},
		"exponent as text": {row(`<c r="D9" t="str"><v>1.01234E+11</v></c>`), "", "account_number account_rounded"},
		"fifteen digits":   {row(`<c r="D9" t="n"><v>123456789012345</v></c>`), "123456789012345", ""},
		"seventeen digits": {row(`<c r="D9"><v>12345678901234500</v></c>`), "", "account_number account_rounded"},
		"rich text": {row(
			`<c r="D9" t="inlineStr"><is><r><t>0012</t></r><r><t xml:space="preserve"> 345</t></r><rPh><t>99</t></rPh></is></c>`), "0012345", ""},
		"error":      {row(`<c r="D9" t="e"><v>#REF!</v></c>`), "", "account_number cell_error"},
		"apostrophe": {row(`<c r="D9" t="str"><v>&apos;0012345_x000D_</v></c>`), "0012345", ""},
		"prefixed tags": {
			strings.NewReplacer("</", "</x:", "<", "<x:").Replace(row(`<c r="D9"><v>12345</v></c>`)),
			"12345", "",
		},
		"exponent too deep": {row(`<c r="D9"><v>1E400</v></c>`), "", "account_number account_rounded"},
	} {
		sheet := readOneSheet(t, "a.xlsx", rawBook(t, c.rows, ""))
		if len(sheet.Rows) != 1 || sheet.Rows[0].AccountNumber != c.number || faultList(sheet.Rows[0]) != c.faults {
			t.Errorf("%s: got %+v, want %q (%s)", name, sheet.Rows, c.number, c.faults)
			continue
		}
		if r := sheet.Rows[0]; r.Line != 9 || r.Number != "7" || r.FullName != "Hoa" {
			t.Errorf("%s: got %+v", name, r)
		}
	}
}

func TestDatesOfOldMacs(t *testing.T) {
	t.Parallel()
	rows := `<row r="1"><c t="str"><v>Sạp số</v></c><c t="str"><v>Từ ngày</v></c></row><row r="2"><c t="str"><v>A1</v></c><c><v>42798</v></c></row>`
	sheet := readOneSheet(t, "a.xlsx", rawBook(t, rows, `<workbookPr date1904="1"/>`))
	if sheet.Rows[0].Since != "2021-03-05" {
		t.Errorf("got %+v", sheet.Rows[0])
	}
}

// Files built to hurt the reader end in a refusal.
func TestHostileWorkbooks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ rows, code string }{
		"zip bomb":               {"<!--" + strings.Repeat(" ", roster.MaxUnzipped) + "-->", "too_large"},
		"far column":             {`<row><c r="XFD1"><v>1</v></c></row>`, "too_many_columns"},
		"no such shared text":    {`<row><c t="s"><v>99</v></c></row>`, "file_unreadable"},
		"no such cell":           {`<row><c r="A99999999"><v>1</v></c></row>`, "file_unreadable"},
		"own entity":             {`<row><c t="str"><v>&lol;</v></c></row>`, "file_unreadable"},
		"end of no cell":         {`<row><v>1</v></c></row>`, "file_unreadable"},
		"torn tag":               {`<row><c t="str"`, "file_unreadable"},
		"many rows":              {strings.Repeat(`<row><c><v>1</v></c></row>`, roster.MaxRows+1000), "too_many_rows"},
		"merges over everything": {strings.Repeat(`<mergeCell ref="A1:A1048576"/>`, 100_000), "header_missing"},
	} {
		_, err := roster.Read("a.xlsx", rawBook(t, c.rows, ""))
		if err == nil {
			t.Errorf("%s: read", name)
			continue
		}
		if p := refusalOf(t, err); p.Code != c.code {
			t.Errorf("%s: got %v, want %s", name, p, c.code)
		}
	}
}

// A part that unzips to more than the archive declares is no way around the limit.
func TestLyingArchive(t *testing.T) {
	t.Parallel()
	data := rawBook(t, `<row><c><v>1</v></c></row>`, "")
	honest, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	w := zip.NewWriter(&file)
	for _, part := range honest.File {
		header := part.FileHeader
		if strings.HasSuffix(part.Name, "sheet1.xml") {
			header.UncompressedSize64 = 10
		}
		content, err := part.OpenRaw()
		if err != nil {
			t.Fatal(err)
		}
		to, err := w.CreateRaw(&header)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(to, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = roster.Read("a.xlsx", file.Bytes())
	if err == nil || refusalOf(t, err).Code != "file_unreadable" {
		t.Errorf("got %v", err)
	}
}

// rawBook zips a workbook of one sheet from its XML.
func rawBook(t testing.TB, rows, settings string) []byte {
	t.Helper()
	return zipParts(t, map[string]string{
		"xl/workbook.xml": `<?xml version="1.0" encoding="UTF-8"?><workbook>` + settings +
			`<sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/worksheets/sheet1.xml": `<worksheet><sheetData>` + rows + `</sheetData></worksheet>`,
	})
}

// zipParts zips the parts of a workbook of one sheet; the list of sheets is added where it is
// missing.
func zipParts(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	parts["xl/_rels/workbook.xml.rels"] = `<Relationships><Relationship Id="rId1" Target="/xl/worksheets/sheet1.xml"/></Relationships>`
	if parts["xl/workbook.xml"] == "" {
		parts["xl/workbook.xml"] = `<workbook><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>`
	}
	var file bytes.Buffer
	w := zip.NewWriter(&file)
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(parts[name])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}
