package roster_test

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/text/encoding/unicode"

	"market40/merchants/roster"
)

// Each header a board may write, beside a column of stall numbers or of names.
func TestHeaders(t *testing.T) {
	t.Parallel()
	for title, field := range map[string]string{
		"Sạp số": "number", "SỐ SẠP": "number", "số quầy": "number", "Mã sạp": "number", "Điểm kinh doanh": "number",
		"Ki-ốt": "number", "\"Số\nsạp\"": "number", "stall_number": "number",
		"Họ tên": "full_name", "HO VA TEN": "full_name", "Tên tiểu thương": "full_name", "Chủ sạp": "full_name",
		"Họ và tên (chủ hộ)": "full_name", "\"Họ tên\n(Full name)\"": "full_name",
		"Tên hộ kinh doanh": "household_name", "SÐT": "phone", "Số  điện thoại": "phone", "Điện thoại liên hệ": "phone",
		"Số ĐT.": "phone", "Ngân hàng": "bank", "Tên NH/Ngân hàng": "bank", "bank_bin": "bank",
		"Số tài khoản": "account_number", "STK": "account_number", "Số TK": "account_number",
		"account_number": "account_number", "Chủ tài khoản": "holder_name",
		"Tên tài khoản": "holder_name", "Họ tên chủ tài khoản": "holder_name", "Loại tài khoản": "holder_kind",
		"Khu": "zone", "Dãy": "zone", "TẦNG": "zone", "zone": "zone",
		"Ngành hàng": "goods_group", "Loại": "kind", "Loại điểm": "kind", "Mã số thuế": "tax_code", "M.S.T": "tax_code",
		"Từ ngày": "since", "Ho\u0323 te\u0302n": "full_name",
	} {
		beside, value := "Sạp số", "A1"
		if field == "number" {
			beside, value = "Họ tên", "Nguyễn Thị Hoa"
		}
		sheet := readOneSheet(t, "a.csv", []byte("STT,"+beside+","+title+"\n1,"+value+",x1\n"))
		if sheet.Columns[field] == "" || len(sheet.Columns) != 2 {
			t.Errorf("%q: columns %v, want %s", title, sheet.Columns, field)
		}
	}
}

func TestForeignColumns(t *testing.T) {
	t.Parallel()
	sheet := readOneSheet(t, "a.csv", []byte(
		"STT,Số sạp,Mã sạp,Chi nhánh,Ghi chú,Họ tên,Địa chỉ,Số CCCD\n7,A1,CD-001,Nha Trang,"+
			strings.Repeat("dài ", 400)+",Hoa,12 Lê Lợi,056\n"))
	if r := sheet.Rows[0]; r.Number != "A1" || r.FullName != "Hoa" || len(r.Errors) > 0 || len(sheet.Columns) != 2 {
		t.Errorf("got %+v, columns %v", r, sheet.Columns)
	}
}

func TestSeveralZoneColumnsAreJoined(t *testing.T) {
	t.Parallel()
	sheet := readOneSheet(t, "a.csv", []byte("Tầng,Khu,Dãy,Sạp số\n1,Khu A,,A1\n,B,2,B1\n"))
	if a, b := sheet.Rows[0].Zone, sheet.Rows[1].Zone; a != "Tầng 1, Khu A" || b != "Khu B, Dãy 2" {
		t.Errorf("got %q and %q", a, b)
	}
}

// One content in every encoding and with every separator that Excel saves.
func TestEncodingsAndSeparators(t *testing.T) {
	t.Parallel()
	rows := [][]string{{"Sạp số", "Họ tên", "Ngân hàng", "Số tài khoản"}, {
		"A1", "Đặng Thị Ngọc", "Vietcombank",
		"0061000123456",
	}}
	for _, separator := range []string{",", ";", "\t"} {
		var text string
		for _, row := range rows {
			text += strings.Join(row, separator) + "\r\n"
		}
		utf16 := func(order unicode.Endianness) []byte {
			data, err := unicode.UTF16(order, unicode.UseBOM).NewEncoder().Bytes([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			return data
		}
		for kind, data := range map[string][]byte{
			"utf-8": []byte(text), "bom": []byte("\xEF\xBB\xBF" + text), "utf-16le": utf16(unicode.LittleEndian),
			"utf-16be": utf16(unicode.BigEndian),
			"sep":      []byte("sep=" + separator + "\r\n" + text),
		} {
			sheet := readOneSheet(t, "list.csv", data)
			if len(sheet.Rows) != 1 || sheet.Rows[0].FullName != "Đặng Thị Ngọc" ||
				sheet.Rows[0].AccountNumber != "0061000123456" || len(sheet.Rows[0].Errors) > 0 {
				t.Errorf("%s, %q: got %+v", kind, separator, sheet.Rows)
			}
		}
	}
}

// What makes a whole file unreadable, with its code.
func TestRefusedFiles(t *testing.T) {
	t.Parallel()
	many := "Sạp số,Khu\n" + strings.Repeat("A1,B\n", roster.MaxRows+1)
	for _, c := range []struct{ name, file, content, code string }{
		{"empty", "a.csv", "", "header_missing"},
		{"no header", "a.csv", "A1,Nguyễn Thị Hoa\n", "header_missing"},
		{"no number", "a.csv", "STT,Họ tên,SĐT\n1,Hoa,0905123456\n", "header_missing"},
		{"only number", "a.csv", "Sạp số\n1\n", "header_missing"},
		{"windows-1258", "a.csv", "S\xe1p s\xf4,H\xf2 t\xean\n", "encoding_unknown"},
		{"half a utf-16 letter", "a.csv", "\xFF\xFEA\x00\x00\xD8", "encoding_unknown"},
		{"nul", "a.csv", "Sạp số,Khu\nA\x00,B\n", "encoding_unknown"},
		{"stray quote", "a.csv", "Sạp số,Họ tên\nA1,\"Hoa\nA2,Lan\n", "file_unreadable"},
		{"many columns", "a.csv", "Sạp số,Khu\n" + strings.Repeat(",", roster.MaxColumns) + "x\n", "too_many_columns"},
		{"many rows", "a.csv", many, "too_many_rows"},
		{"many more rows", "a.csv", many + strings.Repeat("A1,B\n", 1000), "too_many_rows"},
		{"too large", "a.csv", strings.Repeat("A", roster.MaxBytes+1), "too_large"},
		{"old excel", "a.xls", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1rest", "unsupported_file"},
		{"locked xlsx", "a.xlsx", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1rest", "unsupported_file"},
		{"html as xls", "a.xls", "<html><table>", "unsupported_file"},
		{"pdf", "a.pdf", "%PDF-1.7", "unsupported_file"},
		{"text as xlsx", "a.xlsx", "Sạp số,Khu\nA1,B\n", "file_unreadable"},
		{"broken zip", "a.xlsx", "PK\x03\x04rest", "file_unreadable"},
	} {
		_, err := roster.Read(c.file, []byte(c.content))
		if err == nil {
			t.Errorf("%s: read, want %s", c.name, c.code)
			continue
		}
		if p := refusalOf(t, err); p.Code != c.code || p.Vi == "" || p.En == "" {
			t.Errorf("%s: got %+v, want %s", c.name, p, c.code)
		}
	}
}

func TestMissingHeaderNamesExpectedOnes(t *testing.T) {
	t.Parallel()
	_, err := roster.Read("a.csv", []byte("STT,Họ tên,SĐT\n1,Hoa,0905123456\n"))
	if p := refusalOf(t, err); !strings.Contains(p.Vi, "mới thấy: Họ tên, SĐT") ||
		!strings.Contains(p.Vi, "Cần cột Sạp số") {
		t.Errorf("got %s", p.Vi)
	}
}

func TestTheLargestListIsRead(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	file.WriteString("CHỢ\nSạp số,Khu\n")
	for i := range roster.MaxRows {
		file.WriteString("A" + strings.Repeat("x", i%3) + ",B\n")
	}
	if sheet := readOneSheet(t, "a.csv", file.Bytes()); len(sheet.Rows) != roster.MaxRows {
		t.Errorf("got %d rows", len(sheet.Rows))
	}
}
