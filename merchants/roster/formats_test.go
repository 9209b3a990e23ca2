package roster_test

import (
	"fmt"
	"html"
	"os"
	"strings"
	"testing"

	"market40/merchants/roster"
)

// formatted zips a workbook with one row. Its stall number, telephone, tax code and account are
// numbers of the given formats.
func formatted(t testing.TB, row string, formats ...string) []byte {
	t.Helper()
	var styles strings.Builder
	styles.WriteString(`<styleSheet><numFmts>`)
	for i, format := range formats {
		fmt.Fprintf(&styles, `<numFmt numFmtId="%d" formatCode="%s"/>`, 164+i, html.EscapeString(format))
	}
	styles.WriteString(
		`</numFmts><dxfs><dxf><numFmt numFmtId="164" formatCode="0"/></dxf></dxfs><cellStyleXfs><xf numFmtId="9"/></cellStyleXfs><cellXfs><xf numFmtId="0"/>`,
	)
	for i := range formats {
		fmt.Fprintf(&styles, `<xf numFmtId="%d"/>`, 164+i)
	}
	for _, builtin := range []int{1, 3, 9, 11, 14, 49, 44} {
		fmt.Fprintf(&styles, `<xf numFmtId="%d"/>`, builtin)
	}
	styles.WriteString(`</cellXfs></styleSheet>`)
	const head = `<row r="1"><c t="str"><v>Sạp số</v></c><c t="str"><v>Họ tên</v></c><c t="str"><v>SĐT</v></c><c t="str"><v>Ngân hàng</v></c><c t="str"><v>STK</v></c><c t="str"><v>MST</v></c></row>`
	return zipParts(t, map[string]string{"xl/worksheets/sheet1.xml": `<worksheet><sheetData>` + head + row +
		`</sheetData></worksheet>`, "xl/styles.xml": styles.String()})
}

// An account is what its cell shows; a format that shows something else is refused, and bare
// numbers get a warning.
func TestAccountsAreWhatTheSheetShows(t *testing.T) {
	t.Parallel()
	const thirteen = "0000000000000"
	for _, c := range []struct{ format, value, want, faults, warnings string }{
		{thirteen, "71000888888", "0071000888888", "", ""},
		{`"00"0`, "71000888888", "0071000888888", "", ""},
		{`\0\00`, "71000888888", "0071000888888", "", ""},
		{`0000\ 000\ 000\ 000`, "71000888888", "0071000888888", "", ""},
		{`0000-000-000-000`, "71000888888", "0071000888888", "", ""},
		{`[Blue]0000000000000;[Red]-0`, "71000888888", "0071000888888", "", ""},
		{`[<=9999999]0000000;0000000000000`, "71000888888", "0071000888888", "", ""},
		{`[$-42A]0000000000000;@`, "71000888888", "0071000888888", "", ""},
		{`#,##0`, "71000888888", "71000888888", "", "account_number zeros_lost"},
		{`0.00`, "71000888888", "71000888888", "", "account_number zeros_lost"},
		{`General`, "71000888888", "71000888888", "", "account_number zeros_lost"},
		{`@`, "71000888888", "71000888888", "", "account_number zeros_lost"},
		{thirteen, "71000888888.5", "", "account_number account_form", ""},
		{thirteen, "-71000888888", "", "account_number account_form", ""},
		{`0,`, "71000888888", "", "account_number account_form", ""},
		{`0%`, "71000888888", "", "account_number account_form", ""},
		{`0.00E+00`, "71000888888", "", "account_number account_form", ""},
		{`dd/mm/yyyy`, "45000", "", "account_number account_form", ""},
		{`# ?/?`, "71000888888", "", "account_number account_form", ""},
		{`[DBNum1]0`, "71000888888", "", "account_number account_form", ""},
		{`"VCB "0000000000000`, "71000888888", "", "account_number account_form", ""},
		{`"hidden"`, "71000888888", "", "account_number account_form", ""},
		{`0*-`, "71000888888", "", "account_number account_form", ""},
		{strings.Repeat("0", 300), "71000888888", "", "account_number account_form", ""},
		{thirteen, "1.9143100000101E+18", "", "account_number account_rounded", ""},
		{thirteen, "1234567890123", "1234567890123", "", ""},
		// the format has no place for a zero before it
		{thirteen, "12345678901234", "12345678901234", "", "account_number zeros_lost"},
		{`0,000`, "71000888888", "71000888888", "", "account_number zeros_lost"},
		{`00`, "71000888888", "71000888888", "", "account_number zeros_lost"},
		{`00-000`, "71000888888", "71000888888", "", "account_number zeros_lost"},
	} {
		row := `<row r="2"><c t="str"><v>A1</v></c><c t="str"><v>Hoa</v></c><c/><c t="str"><v>VCB</v></c><c s="1"><v>` +
			c.value + `</v></c></row>`
		sheet := readOneSheet(t, "a.xlsx", formatted(t, row, c.format))
		if got := sheet.Rows[0]; got.AccountNumber != c.want || faultList(got) != c.faults ||
			warnings(got) != c.warnings {
			t.Errorf(
				"%s as %s: got %q (%s; %s), want %q (%s; %s)",
				c.value,
				c.format,
				got.AccountNumber,
				faultList(got),
				warnings(got),
				c.want,
				c.faults,
				c.warnings,
			)
		}
	}
}

// Stall numbers, telephones and tax codes too are what their cells show, by formats of the
// workbook's own and by built-in ones.
func TestIdentifiersAreWhatTheSheetShows(t *testing.T) {
	t.Parallel()
	formats := []string{"000", `"A-"00`, "0000000000", "d-mmm", "0-0"}
	for _, c := range []struct{ number, phone, tax, want, faults, warnings string }{
		{
			`<c s="1"><v>7</v></c>`, `<c s="3"><v>912345678</v></c>`, `<c s="3"><v>301234567</v></c>`,
			"007 0912345678 0301234567", "", "",
		},
		{
			`<c s="2"><v>7</v></c>`, `<c><v>912345678</v></c>`, `<c><v>301234567</v></c>`, "A-07 0912345678 0301234567",
			"", "",
		},
		{`<c s="5"><v>112</v></c>`, `<c/>`, `<c/>`, "11-2  ", "", ""},
		{
			`<c s="4"><v>45000</v></c>`, `<c s="4"><v>45000</v></c>`, `<c s="8"><v>301234567</v></c>`, "  ",
			"number number_form, phone phone_form, tax_code tax_code_form", "",
		},
		{
			`<c s="10"><v>45000</v></c>`, `<c s="6"><v>912345678</v></c>`, `<c s="11"><v>301234567</v></c>`,
			" 0912345678 0301234567", "number number_form", "",
		},
		{`<c><v>1.1</v></c>`, `<c/>`, `<c/>`, "1.1  ", "", "number zeros_lost"},
		// the sheet shows 205.00
		{
			`<c s="12"><v>205</v></c>`, `<c s="12"><v>912345678</v></c>`, `<c/>`, " 0912345678 ", "number number_form",
			"",
		},
		{`<c s="6"><v>405</v></c>`, `<c/>`, `<c/>`, "405  ", "", ""},
		{`<c s="7"><v>405</v></c>`, `<c/>`, `<c/>`, "405  ", "", ""},
		// of 001087012345, or as it is
		{`<c s="1"><v>7</v></c>`, `<c/>`, `<c><v>1087012345</v></c>`, "007  1087012345", "", "tax_code zeros_lost"},
		{
			`<c s="1"><v>7</v></c>`, `<c/>`, `<c s="7"><v>1087012345</v></c>`, "007  1087012345", "",
			"tax_code zeros_lost",
		},
		// of the branch 0301234567-001
		{`<c s="1"><v>7</v></c>`, `<c/>`, `<c><v>301234567001</v></c>`, "007  301234567001", "", "tax_code zeros_lost"},
		{`<c s="1"><v>7</v></c>`, `<c/>`, `<c><v>56087012345</v></c>`, "007  056087012345", "", ""},
		{`<c s="1"><v>7</v></c>`, `<c/>`, `<c><v>4201234567001</v></c>`, "007  4201234567-001", "", ""},
		{`<c s="1"><v>7</v></c>`, `<c/>`, `<c t="str"><v>4201234567</v></c>`, "007  4201234567", "", ""},
		{`<c s="1"><v>7</v></c>`, `<c/>`, `<c s="3"><v>4201234567</v></c>`, "007  4201234567", "", ""},
		{`<c t="b"><v>1</v></c>`, `<c/>`, `<c/>`, "  ", "number number_form", ""},
		{`<c s="99"><v>7</v></c>`, `<c/>`, `<c/>`, "  ", "number number_form", ""},
		{`<c s="1"><f t="shared" si="0"/><v>8</v></c>`, `<c/>`, `<c/>`, "008  ", "", ""},
		{`<c s="1" t="str"><f>TEXT(7,"00")</f><v>07</v></c>`, `<c/>`, `<c/>`, "07  ", "", ""},
	} {
		row := `<row r="2">` + c.number + `<c t="str"><v>Hoa</v></c>` + c.phone + `<c/><c/>` + c.tax + `</row>`
		sheet := readOneSheet(t, "a.xlsx", formatted(t, row, formats...))
		r := sheet.Rows[0]
		if got := r.Number + " " + r.Phone + " " + r.TaxCode; got != c.want || faultList(r) != c.faults ||
			warnings(r) != c.warnings {
			t.Errorf("%s: got %q (%s; %s), want %q (%s; %s)", row, got, faultList(r), warnings(r), c.want, c.faults,
				c.warnings)
		}
	}
}

// A row without height is hidden as one that says so.
func TestRowsOfNoHeightAreHidden(t *testing.T) {
	t.Parallel()
	for attributes, want := range map[string]bool{
		`hidden="1"`: true, `ht="0" customHeight="1"`: true, `ht="0.0"`: true, `ht="15" customHeight="1"`: false,
		`ht="0.75"`: false, `ht="x"`: false, ``: false,
	} {
		row := `<row r="2" ` + attributes + `><c t="str"><v>A1</v></c><c t="str"><v>Hoa</v></c></row>`
		if got := readOneSheet(t, "a.xlsx", formatted(t, row)).Rows[0].Hidden; got != want {
			t.Errorf("%s: hidden %v", attributes, got)
		}
	}
}

// A text file does not say which cells were numbers. A column without leading zeros shows it, and
// the codes themselves.
func TestTaxCodesOfTextMayHaveLostZeros(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ codes, warnings string }{
		{"1087012345", "tax_code zeros_lost"},                      // of 001087012345
		{"301234567001", "tax_code zeros_lost"},                    // of 0301234567-001
		{"4201234567", "tax_code zeros_lost"},                      // no tax code: its check digit is another
		{"4200000011", ""},                                         // a tax code
		{"9912345678", ""},                                         // no personal number begins so
		{"301234567", ""},                                          // 0301234567 alone
		{"56087012345", ""},                                        // 056087012345 alone
		{"4201234567001", ""},                                      // 4201234567-001 alone
		{"001087012345\nA2,Lan,1087012345", ""},                    // the column has its zeros
		{"56087012345\nA2,Lan,1087012345", ";tax_code zeros_lost"}, // the column lost them
	} {
		sheet := readOneSheet(t, "a.csv", []byte("Sạp số,Họ tên,MST\nA1,Hoa,"+c.codes+"\n"))
		var got []string
		for _, row := range sheet.Rows {
			got = append(got, warnings(row))
			if len(row.Errors) > 0 {
				t.Errorf("%q: %v", c.codes, row.Errors)
			}
		}
		if strings.TrimSuffix(strings.Join(got, ";"), ";") != c.warnings {
			t.Errorf("%q: warned of %q, want %q", c.codes, got, c.warnings)
		}
	}
}

// Where a file of text shows that zeros were lost, its accounts may have lost theirs: such an
// account would be another person's.
func TestAccountsOfTextMayHaveLostZeros(t *testing.T) {
	t.Parallel()
	const lost, tax = "account_number zeros_lost", "tax_code zeros_lost"
	for _, c := range []struct{ rows, warnings string }{
		{"912000101,,71000888801\nA2,Lê Thị Lan,VCB,912000102,,71000888802", lost + ";" + lost},
		// one cell was a number
		{"912000101,,71000888801\nA2,Lê Thị Lan,VCB,0912000102,,71000888802", lost + ";" + lost},
		{"0912000101,,71000888801\nA2,Lê Thị Lan,VCB,0912000102,,71000888802", ""},
		{"912000101,,0071000888801", ""},
		{"912000101,,", ""},
		{",301234567,71000888801", lost},
		{",0301234567,71000888801", ""},
		{",4201234567,71000888801", tax}, // no tax code, and no sure sign
		{",,71000888801", ""},
	} {
		for name, file := range map[string]string{"a.csv": ",", "a.tsv": "\t"} {
			sheet := readOneSheet(
				t,
				name,
				[]byte(strings.ReplaceAll("Sạp số,Họ tên,NH,SĐT,MST,STK\nA1,Nguyễn Thị Lan,VCB,"+
					c.rows+"\n", ",", file)),
			)
			var got []string
			for _, row := range sheet.Rows {
				got = append(got, warnings(row))
			}
			if strings.Trim(strings.Join(got, ";"), ";") != c.warnings {
				t.Errorf("%q: warned of %q, want %q", c.rows, got, c.warnings)
			}
		}
	}
}

// TPBank has accounts of letters alone; a cell of other words is none.
func TestLetteredAccountsNeedConfirmation(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{
		"mynamebvh": "mynamebvh  account_number account_letters", "dang cap nhat": " account_number account_form ",
		"khong-biet": " account_number account_form ",
		"momo lan":   " account_number account_form ", "0071000888": "0071000888  ",
	} {
		row := readOneSheet(t, "a.csv", []byte("Sạp số,Họ tên,Ngân hàng,STK\nA1,Hoa,TPBank,"+written+"\n")).Rows[0]
		if got := row.AccountNumber + " " + faultList(row) + " " + warnings(row); got != want {
			t.Errorf("%q is read as %q, want %q", written, got, want)
		}
	}
}

// TestHolderRevealsOldFont: the name alone could be a true one.
func TestHolderRevealsOldFont(t *testing.T) {
	t.Parallel()
	for holder, want := range map[string]string{"KHA TU": "full_name text_encoding", "KHA TO": "", "LE THI HOA": ""} {
		row := readOneSheet(t, "a.csv", []byte("Sạp số,Họ tên,Ngân hàng,STK,Chủ tài khoản\nA1,Kha Tó,VCB,0071000888888,"+holder+
			"\n")).Rows[0]
		if faultList(row) != want || want != "" && row.Guesses["full_name"] != "tcvn3" {
			t.Errorf("beside %q it has %q, %v", holder, faultList(row), row.Guesses)
		}
	}
}

// LibreOffice wrote this file from the same table: custom formats, hidden rows, a text column.
func TestAWorkbookOfLibreOffice(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("testdata/libreoffice.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	sheet := readOneSheet(t, "libreoffice.xlsx", file)
	if len(sheet.Rows) != 4 || sheet.Letters["account_number"] != "E" || sheet.Name != "Danh sách" {
		t.Fatalf("got %d rows of %q, columns %v", len(sheet.Rows), sheet.Name, sheet.Letters)
	}
	for i, want := range []struct{ number, account, warnings string }{
		{"001", "0061000777001", ""},
		{"021", "61000777002", "account_number zeros_lost"},
		{"B-7", "0061000777003", ""},
		{"022", "0061000777004", ""},
	} {
		r := sheet.Rows[i]
		if r.Number != want.number || r.AccountNumber != want.account || warnings(r) != want.warnings ||
			len(r.Errors) > 0 || r.Hidden != (i == 3) {
			t.Errorf("row %d: got %q %q (%s), hidden %v, errors %v, want %+v", i, r.Number, r.AccountNumber,
				warnings(r), r.Hidden, r.Errors, want)
		}
	}
}

func warnings(r roster.Row) string {
	var codes []string
	for _, w := range r.Warnings {
		codes = append(codes, w.Name+" "+w.Code)
	}
	return strings.Join(codes, ", ")
}

func FuzzNumberFormats(f *testing.F) {
	for _, seed := range []string{
		"000", `"00"0`, `[<=99]00;000`, "0.00E+00", "[$-42A]0", `\`, `"`, "[", "0*", "_",
		"#,##0,,", "@;;;", "General;",
	} {
		f.Add(seed, "71000888888")
	}
	f.Fuzz(func(t *testing.T, format, value string) {
		row := `<row r="2"><c s="1"><v>` + html.EscapeString(value) +
			`</v></c><c t="str"><v>Hoa</v></c><c s="1"><v>912345678</v></c><c t="str"><v>VCB</v></c><c s="1"><v>` +
			html.EscapeString(value) + `</v></c></row>`
		sheet, err := roster.Read("a.xlsx", formatted(t, row, format))
		checkRoster(t, sheet, err)
	})
}
