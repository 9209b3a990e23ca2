package roster_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"market40/merchants/platform/problem"
	"market40/merchants/roster"
)

var things = []roster.Field{
	{Name: "day", Needed: true, Headings: []string{"Ngày", "Date"}},
	{Name: "amount", Headings: []string{"Số tiền"}},
	{Name: "at", Headings: []string{"Lúc"}},
	{Name: "month", Headings: []string{"Tháng"}},
	{Name: "said", Headings: []string{"Có hay không"}},
}

// oneCell reads a list of one row and gives its cells.
func oneCell(t testing.TB, heading, cell string) *roster.Cells {
	t.Helper()
	list, err := roster.ReadList("a.csv", []byte("DANH SÁCH\nNgày\t"+heading+"\n1/1/2026\t"+cell+"\n"), things)
	if err != nil || len(list.Rows) != 1 {
		t.Fatalf("%q: %d rows, %v", cell, len(list.Rows), err)
	}
	return list.Rows[0]
}

func faultCodes(faults []problem.Field) string {
	var all []string
	for _, f := range faults {
		all = append(all, f.Code)
	}
	return strings.Join(all, " ")
}

func TestNumbersOfOtherPlaces(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{
		"1234567": "1234567", "1.234.567": "1234567", "1,234,567": "1234567", "1 234 567": "1234567",
		"1.234.567 đ": "1234567", "1.234.567,00": "1234567", "1,234,567.00": "1234567",
		"1.234": "1234", "1234.0": "1234", "12,00": "12", "0": "0", "007": "7", "50.000 VNĐ": "50000", "-": "", "": "",
		"1.234,5": "not_whole", "1,5": "not_whole", "12.34.567": "not_whole", "1.234,567": "not_whole",
		"-5": "not_whole", "1,234.567": "not_whole", "mười": "not_whole", "1.2E+9": "rounded",
		"1234567890123456": "not_whole",
	} {
		row := oneCell(t, "Số tiền", cell)
		if got := row.WholeNumber("amount") + faultCodes(row.Faults()); got != want {
			t.Errorf("%q is read as %q, want %q", cell, got, want)
		}
	}
}

// TestANumberIsNoText: a cell that holds the number 1.234 is not the text of a thousand.
func TestANumberIsNoText(t *testing.T) {
	t.Parallel()
	const cell = `<worksheet><sheetData><row r="1"><c t="str"><v>Ngày</v></c><c t="str"><v>Số tiền</v></c></row>` +
		`<row r="2"><c t="str"><v>28/04/2026</v></c><c%s><v>%s</v></c></row></sheetData></worksheet>`
	for value, want := range map[string]string{
		"1234": "1234", "1234.0": "1234", "1.234": "not_whole", "1.5": "not_whole", "45.123": "not_whole",
		"1234567.125": "not_whole", "0.5": "not_whole", "1.0E3": "1000",
	} {
		for style, want := range map[string]string{"": want, ` t="str"`: ""} {
			if style != "" && value != "1.234" {
				continue
			}
			if style != "" {
				want = "1234"
			}
			list, err := roster.ReadList("a.xlsx",
				zipParts(t, map[string]string{"xl/worksheets/sheet1.xml": fmt.Sprintf(cell, style, value)}), things)
			if err != nil || len(list.Rows) != 1 {
				t.Fatalf("%s: %v, %v", value, list, err)
			}
			if got := list.Rows[0].WholeNumber("amount") + faultCodes(list.Rows[0].Faults()); got != want {
				t.Errorf("%s%s is read as %q, want %q", value, style, got, want)
			}
		}
	}
}

func TestDaysOfOtherPlaces(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{
		"28/04/2026": "2026-04-28", "3/4/2026": "2026-04-03", "03/04/2026": "2026-04-03", "2026-04-03": "2026-04-03",
		"3.4.2026": "2026-04-03", "46115": "2026-04-03", "46115.75": "2026-04-03",
		"04/28/2026": "month_first", "12/13/2026": "month_first", "31/02/2026": "date_form", "3/4/26": "date_form",
		"hôm qua": "date_form", "3/4/1026": "date_form",
	} {
		list, err := roster.ReadList("a.csv", []byte("Ngày\n"+cell+"\n"), things)
		if err != nil || len(list.Rows) != 1 {
			t.Fatalf("%q: %v", cell, err)
		}
		if got := list.Rows[0].Day("day") + faultCodes(list.Rows[0].Faults()); got != want {
			t.Errorf("%q is read as %q, want %q", cell, got, want)
		}
	}
	for cell, want := range map[string]string{
		"3/4/2026 8:05": "2026-04-03T08:05:00+07:00", "3/4/2026 8h05": "2026-04-03T08:05:00+07:00",
		"2026-04-03T08:05:00": "2026-04-03T08:05:00+07:00", "2026-04-03T01:05:00Z": "2026-04-03T01:05:00Z",
		"46115.5": "2026-04-03T12:00:00+07:00", "3/4/2026": "2026-04-03T00:00:00+07:00", "3/4/2026 25:00": "date_form",
		"4/28/2026 8:00": "month_first",
	} {
		row := oneCell(t, "Lúc", cell)
		if got := row.Moment("at") + faultCodes(row.Faults()); got != want {
			t.Errorf("%q is read as %q, want %q", cell, got, want)
		}
	}
	for cell, want := range map[string]string{
		"10/2026": "2026-10", "2026-10": "2026-10", "Tháng 10/2026": "2026-10",
		"1/10/2026": "2026-10", "46296": "2026-10", "13/2026": "month_form", "X": "month_form",
	} {
		row := oneCell(t, "Tháng", cell)
		if got := row.Month("month") + faultCodes(row.Faults()); got != want {
			t.Errorf("%q is read as %q, want %q", cell, got, want)
		}
	}
}

var (
	wholeForm  = regexp.MustCompile(`^(|0|[1-9][0-9]{0,14})$`)
	monthForm  = regexp.MustCompile(`^(|\d{4}-\d\d)$`)
	forbidding = strings.NewReplacer("\n", " ", "\r", " ", "\t", " ", `"`, "'")
)

// FuzzCells reads any text as each kind of value: it is in its form, or has a fault with a
// sentence.
func FuzzCells(f *testing.F) {
	for _, seed := range []string{
		"1.234.567 đ", "3/4/2026 8h05", "46115.9999", "10/2026", "1e5", "có", "04/28/2026",
		"2026-04-03T08:05:00+07:00", "99999999999999999999", "Tháng 9999-99",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		row, err := roster.ReadList("a.csv", []byte("Ngày\tSố tiền\tLúc\tTháng\tCó hay không\n1/1/2026"+
			strings.Repeat("\t"+forbidding.Replace(text), 4)+"\n"), things)
		if err != nil || len(row.Rows) != 1 {
			return
		}
		c := row.Rows[0]
		whole, at, month, _ := c.WholeNumber("amount"), c.Moment("at"), c.Month("month"), c.YesNo("said")
		if _, err := time.Parse(time.RFC3339, at); at != "" && err != nil || !wholeForm.MatchString(whole) ||
			!monthForm.MatchString(month) {
			t.Fatalf("%q is read as %q, %q, %q", text, whole, at, month)
		}
		for _, fault := range c.Faults() {
			if fault.Name == "" || fault.Code == "" || fault.Vi == "" || fault.En == "" {
				t.Fatalf("bare fault %+v", fault)
			}
		}
	})
}
