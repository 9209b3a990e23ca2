package roster_test

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"market40/merchants/platform/problem"
	"market40/merchants/roster"
)

// readOneSheet reads a file that must be readable as a whole.
func readOneSheet(t *testing.T, name string, data []byte) roster.Sheet {
	t.Helper()
	all, err := roster.Read(name, data)
	if err != nil || len(all.Sheets) != 1 {
		t.Fatalf("read %s: %d sheets, %v", name, len(all.Sheets), err)
	}
	return all.Sheets[0]
}

// faultList are a row's errors as "field code".
func faultList(r roster.Row) string {
	var all []string
	for _, e := range r.Errors {
		all = append(all, e.Name+" "+e.Code)
	}
	return strings.Join(all, ", ")
}

// compareRows holds a row without errors against what is expected.
func compareRows(t *testing.T, got, want roster.Row) {
	t.Helper()
	if len(got.Errors) > 0 {
		t.Errorf("line %d: %v", got.Line, got.Errors)
	}
	got.Errors, want.Errors = nil, nil
	if g, w := spell(got), spell(want); g != w {
		t.Errorf("line %d:\n got %s\nwant %s", want.Line, g, w)
	}
}

func spell(r roster.Row) string {
	return strings.Join([]string{
		string(rune('0' + r.Line%10)), r.Number, r.Zone, r.Kind, r.GoodsGroup, r.FullName, r.HouseholdName, r.Phone,
		r.TaxCode, r.BankBIN, r.AccountNumber,
		r.HolderName, r.HolderKind, r.Since,
	}, "|")
}

func refusalOf(t *testing.T, err error) *problem.Error {
	t.Helper()
	var p *problem.Error
	if !errors.As(err, &p) {
		t.Fatalf("got %v, want a refusal", err)
	}
	return p
}

// A file as Excel with Vietnamese settings saves it: semicolons, a byte order mark, title rows,
// counted columns, total and signatures.
func TestSemicolonsFromVietnameseExcel(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/van_gia_semicolon.csv")
	if err != nil {
		t.Fatal(err)
	}
	sheet := readOneSheet(t, "vạn giã.CSV", data)
	if len(sheet.Rows) != 3 {
		t.Fatalf("got %d rows, want 3: %+v", len(sheet.Rows), sheet.Rows)
	}
	compareRows(t, sheet.Rows[0], roster.Row{
		Line: 6, Number: "Q-01", Kind: "stall", GoodsGroup: "khac", FullName: `Nguyễn Thị "Bảy"`, Phone: "0905123456",
		BankBIN:       "970436",
		AccountNumber: "0061000123456", HolderName: "NGUYEN THI BAY", HolderKind: "ca_nhan",
	})
	compareRows(t, sheet.Rows[1], roster.Row{
		Line: 7, Number: "Q-02", Kind: "stall", GoodsGroup: "khac", FullName: "Trần Văn Tám", Phone: "0914222333",
		BankBIN: "970422", AccountNumber: "1234567890",
		HolderName: "Trần Văn Tám", HolderKind: "ca_nhan",
	})
	compareRows(t, sheet.Rows[2], roster.Row{Line: 8, Number: "Q-03", Kind: "stall", GoodsGroup: "khac"})
	if want := []int{5, 10, 11, 12}; !slices.Equal(sheet.Skipped, want) {
		t.Errorf("skipped %v, want %v", sheet.Skipped, want)
	}
	if sheet.Columns["account_number"] != "STK" || sheet.Columns["number"] != "Số quầy" || len(sheet.Columns) != 6 {
		t.Errorf("columns %v", sheet.Columns)
	}
}

// values are the fields of a row that testdata/values.json names.
func values(r roster.Row) map[string]string {
	return map[string]string{
		"phone": r.Phone, "account_number": r.AccountNumber, "bank_bin": r.BankBIN, "tax_code": r.TaxCode,
		"since": r.Since, "kind": r.Kind, "goods_group": r.GoodsGroup,
		"full_name": r.FullName, "holder_kind": r.HolderKind, "holder_name": r.HolderName,
		"household_name": r.HouseholdName, "zone": r.Zone, "number": r.Number, "bank": r.BankBIN,
	}
}

// One trap each: what is written in a column of a sound row, what is read from it, which errors.
func TestValues(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("testdata/values.json")
	if err != nil {
		t.Fatal(err)
	}
	var traps struct {
		Cases []struct{ Column, Written, Field, Want, Faults string }
	}
	if err := json.Unmarshal(file, &traps); err != nil || len(traps.Cases) < 60 {
		t.Fatalf("%d cases: %v", len(traps.Cases), err)
	}
	for _, c := range traps.Cases {
		cells := map[string]string{
			"Sạp số": "A1", "Họ tên": "Nguyễn Thị Hoa", "Ngân hàng": "VCB",
			"Số tài khoản": "0061000123456",
		}
		cells[c.Column] = c.Written
		var titles, texts []string
		for title, text := range cells {
			titles, texts = append(titles, title), append(texts, text)
		}
		sheet := readOneSheet(t, "list.tsv", []byte(strings.Join(titles, "\t")+"\n"+strings.Join(texts, "\t")+"\n"))
		if len(sheet.Rows) != 1 {
			t.Errorf("%s %q: %d rows", c.Column, c.Written, len(sheet.Rows))
			continue
		}
		got, known := values(sheet.Rows[0])[c.Field]
		if !known || got != c.Want || faultList(sheet.Rows[0]) != c.Faults {
			t.Errorf("%s %q: got %q (%s), want %q (%s)", c.Column, c.Written, got, faultList(sheet.Rows[0]), c.Want,
				c.Faults)
		}
	}
}

func TestUnknownWordsNameTheList(t *testing.T) {
	t.Parallel()
	sheet := readOneSheet(t, "a.csv", []byte("Sạp số,Ngành hàng\n1,Vàng bạc\n"))
	e := sheet.Rows[0].Errors[0]
	if !strings.Contains(e.Vi, "Hải sản, Thịt, Rau củ") || !strings.Contains(e.En, "Khác") {
		t.Errorf("got %+v", e)
	}
}

// Rows are held against each other; the later row gets the error and names the line of the first.
func TestRowsTogether(t *testing.T) {
	t.Parallel()
	sheet := readOneSheet(t, "a.csv", []byte(`Sạp số,Họ tên,SĐT,Ngân hàng,Số tài khoản
A 1,Nguyễn Thị Hoa,0905123456,VCB,111222333
a1,Lê Văn Tư,0905000001,VCB,444
A2,Nguyễn Thị Hoa,0905123456,VCB,111222333
A3,Trần Bảy,0905000002,Vietcombank,111222333
A4,Trần Bảy,0905000002,MB,111222333
A5,Phạm Chín,0905000002,,
A6,NGUYEN THI HOA,,970436,111 222 333
,,0905000009,,
`))
	want := []string{
		"", "number duplicate_number", "", "account_number account_repeated", "", "phone phone_repeated",
		"", "number required, full_name required",
	}
	for i, r := range sheet.Rows {
		if faultList(r) != want[i] {
			t.Errorf("line %d: got %q, want %q", r.Line, faultList(r), want[i])
		}
		for _, e := range r.Errors {
			if e.Vi == "" || e.En == "" {
				t.Errorf("line %d: %+v lacks a sentence", r.Line, e)
			}
			names := map[string][]string{
				"phone_repeated":   {"Trần Bảy", "dòng 5", "Phạm Chín"},
				"account_repeated": {"Nguyễn Thị Hoa", "dòng 2"},
			}[e.Code]
			for _, name := range names {
				if !strings.Contains(e.Vi, name) || !strings.Contains(e.En, strings.ReplaceAll(name, "dòng", "line")) {
					t.Errorf("line %d: %+v does not say %s", r.Line, e, name)
				}
			}
		}
	}
	if len(sheet.Rows) != len(want) {
		t.Fatalf("got %d rows, want %d", len(sheet.Rows), len(want))
	}
	if e := sheet.Rows[1].Errors[0]; !strings.Contains(e.Vi, "dòng 2") || !strings.Contains(e.En, "line 2") {
		t.Errorf("does not name the other line: %+v", e)
	}
}

// Totals, sections and vacant stalls are known by their words; the families Tống and Công are not
// mistaken for them.
func TestTotalsSectionsAndVacancies(t *testing.T) {
	t.Parallel()
	sheet := readOneSheet(t, "a.csv", []byte(`STT,Sạp số,Họ tên,Mã số thuế,Ghi chú
KHU A - HẢI SẢN,,,,
1,A1,Tống Thị Hoa,,
2,A2,Công ty Biển Xanh,,
Cộng khu A,,2 sạp,,
,II. Dãy 3,,,
3,B1,Trống,,đang sửa
STT,Sạp số,Họ tên,Mã số thuế,Ghi chú
4,B2,"Tống
Văn Ba",,
5,,,,
TONG CONG,,4,,
`))
	got := make([]string, 0, 4)
	for _, r := range sheet.Rows {
		got = append(got, strings.Join([]string{r.Number, r.Zone, r.FullName, faultList(r)}, "/"))
	}
	want := []string{
		"A1/KHU A - HẢI SẢN/Tống Thị Hoa/", "A2/KHU A - HẢI SẢN/Công ty Biển Xanh/", "B1/Dãy 3//",
		"B2/Dãy 3/Tống Văn Ba/",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if sheet.Rows[3].Line != 9 || !slices.Equal(sheet.Skipped, []int{2, 5, 6, 8, 12}) {
		t.Errorf("line %d, skipped %v", sheet.Rows[3].Line, sheet.Skipped)
	}
}
