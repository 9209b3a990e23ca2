package roster_test

import (
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"market40/merchants/roster"
)

func TestSameName(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"Trần Thị Thủy", "Trần Thị Thúy", false},
		{"Lê Văn Hùng", "Lê Văn Hưng", false},
		{"Lê Văn Hùng", "Lê Văn Hung", false}, // diacritics are written, this one too would be
		{"Đỗ Thị Hoà", "ĐỖ THỊ  HÒA", true},
		{"Ðỗ Thị Hòa", "đỗ thị hòa", true},
		{"Nguyễn Thị Thuý", "Nguyễn Thị Thúy", true},
		{"Trần Thị Thủy", "TRAN THI THUY", true},
		{"Tran Thi Thuy", "tran thi  thuy", true},
		{"Trần Thị Thủy", norm.NFD.String("Trần Thị Thủy"), true},
		{"H'Hen Niê", "H’Hen Niê", true},
		{"Chợ", "", false},
		{"", "", true},
		{"Trần Thị Ba", "Trần Thị Bà", false},
		{"Phạm Đạt", "Phạm Dạt", false},
	} {
		if roster.SameName(c.a, c.b) != c.same || roster.SameName(c.b, c.a) != c.same {
			t.Errorf("%q and %q: %t", c.a, c.b, !c.same)
		}
	}
}

// TestAColumnOfShortNamesInAnOldFont: one such name alone may be a foreign one.
func TestAColumnOfShortNamesInAnOldFont(t *testing.T) {
	t.Parallel()
	const short = "Sạp số,Họ tên\nA1,Mai Thaûo\nA2,Phaïm Nga\nA3,Lan Vuõ\nA4,Lê Thị Hoa\n"
	var got []string
	for _, row := range readOneSheet(t, "a.csv", []byte(short)).Rows {
		got = append(got, faultList(row)+row.Guesses["full_name"])
	}
	if want := "full_name text_encodingvni"; got[0] != want || got[1] != want || got[2] != want || got[3] != "" {
		t.Errorf("the rows have %q", got)
	}
	if row := readOneSheet(t, "a.csv", []byte(short[:strings.Index(short, "A2")])).Rows[0]; faultList(row) != "" {
		t.Errorf("one name alone has %q", faultList(row))
	}
}
