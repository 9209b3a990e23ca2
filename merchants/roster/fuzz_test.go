package roster_test

import (
	"errors"
	"os"
	"regexp"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"market40/merchants/platform/problem"
	"market40/merchants/roster"
)

var (
	phoneForm   = regexp.MustCompile(`^(|0[35789]\d{8}|02\d{9})$`)
	accountForm = regexp.MustCompile(`^[0-9A-Za-z]{1,19}$`)
	binForm     = regexp.MustCompile(`^\d{6}$`)
	dayForm     = regexp.MustCompile(`^(|\d{4}-\d\d-\d\d)$`)
)

// checkRoster checks what every answer of Read promises, whatever the file.
func checkRoster(t interface{ Fatalf(string, ...any) }, all roster.Roster, err error) {
	if err != nil {
		var p *problem.Error
		if !errors.As(err, &p) || p.Code == "" || p.Vi == "" || p.En == "" || len(all.Sheets) > 0 {
			t.Fatalf("refused by %v with %d sheets", err, len(all.Sheets))
		}
		return
	}
	for _, sheet := range all.Sheets {
		checkSheet(t, sheet)
	}
}

func checkSheet(t interface{ Fatalf(string, ...any) }, sheet roster.Sheet) {
	if sheet.Columns["number"] == "" || len(sheet.Rows) > roster.MaxRows {
		t.Fatalf("%d rows under %v", len(sheet.Rows), sheet.Columns)
	}
	for _, r := range sheet.Rows {
		whole := r.BankBIN == "" && r.AccountNumber == "" && r.HolderName == "" && r.HolderKind == "" ||
			binForm.MatchString(r.BankBIN) && accountForm.MatchString(r.AccountNumber)
		faultless := len(r.Errors) > 0 || r.Number != "" && r.Kind != "" && r.GoodsGroup != "" &&
			(r.AccountNumber == "") == (r.HolderName == "") && (r.FullName != "" || r.AccountNumber == "")
		switch {
		case r.Line < 1, !whole, !faultless, !phoneForm.MatchString(r.Phone), !dayForm.MatchString(r.Since):
			t.Fatalf("broken row %+v", r)
		case !norm.NFC.IsNormalString(r.FullName), !utf8.ValidString(r.FullName + r.Zone + r.Number),
			utf8.RuneCountInString(r.Number) > roster.MaxNumber:
			t.Fatalf("broken text in %+v", r)
		}
		for _, e := range r.Errors {
			if e.Name == "" || e.Code == "" || e.Vi == "" || e.En == "" {
				t.Fatalf("bare error %+v", e)
			}
		}
	}
}

func FuzzReadCSV(f *testing.F) {
	if file, err := os.ReadFile("testdata/van_gia_semicolon.csv"); err == nil {
		f.Add(file)
	}
	for _, seed := range []string{
		"Sạp số,Họ tên,SĐT,Ngân hàng,Số tài khoản,Từ ngày\nA1,Hoa,912345678,VCB,1.01234E+11,5/3/2021\n",
		"sep=;\r\nSạp số;Khu\r\nA1;B\r\n", "\xFF\xFEA\x00,\x00", "Sạp số\tTầng\tDãy\nKHU A\n1\t2\t3\nTổng\n",
		"STT,Tài khoản,\n,Ngân hàng,Sạp số\n(1),(2),(3)\n1,MB,2\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		sheet, err := roster.Read("list.csv", data)
		checkRoster(t, sheet, err)
	})
}

func FuzzReadXLSX(f *testing.F) {
	f.Add(damMarket(f), "")
	f.Add(
		[]byte(nil),
		`<row r="1"><c t="str"><v>Sạp số</v></c><c t="str"><v>STK</v></c></row><row r="2"><c><v>1E3</v></c><c t="s"><v>0</v></c></row>`,
	)
	f.Add(
		[]byte(nil),
		`<row><c r="B1" t="inlineStr"><is><t>Khu</t></is></c><c t="str"><v>Số sạp</v></c></row><row r="5"><c r="C5"><v>9</v></c></row><mergeCell ref="B1:B9"/>`,
	)
	f.Fuzz(func(t *testing.T, data []byte, rows string) {
		if len(data) == 0 {
			data = rawBook(t, rows, "")
		}
		sheet, err := roster.Read("list.xlsx", data)
		checkRoster(t, sheet, err)
	})
}

// A telephone is read the same however it was written, and with the zero that a spreadsheet
// dropped.
func TestAnyWritingOfATelephone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.StringMatching(`[35789][0-9]{8}`).Draw(t, "digits")
		gap := rapid.SampledFrom([]string{"", " ", ".", "-"}).Draw(t, "gap")
		lead := rapid.SampledFrom([]string{"0", "+84", "+84 ", "84", ""}).Draw(t, "lead")
		written := lead + digits[:2] + gap + digits[2:5] + gap + digits[5:]
		sheet, err := roster.Read("a.csv", []byte("Sạp số;Họ tên;SĐT\n1;Hoa;"+written+"\n"))
		checkRoster(t, sheet, err)
		if err != nil || sheet.Sheets[0].Rows[0].Phone != "0"+digits {
			t.Fatalf("%q: got %+v, %v", written, sheet.Sheets, err)
		}
	})
}
