package exports_test

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"market40/reports/exports/document"
	"market40/reports/exports/verify"
)

// TestOlderTableFollowsItsRelease verifies a table written by a release of November 2026:
// without the status columns, and with empty cells for hidden figures. A changed figure is still
// detected, and so is a number in a hidden cell.
func TestOlderTableFollowsItsRelease(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/november_2026.csv")
	must(t, err)
	content, err := os.ReadFile("testdata/november_2026.json")
	must(t, err)
	seal, err := document.ReadSeal(content)
	must(t, err)
	hidden := []byte("CHO-573,I03,1,,52,,")
	for name, file := range map[string]struct {
		raw  []byte
		want string
	}{
		"as it was": {raw, ""},
		"with ẩn":   {everyHidden(raw), ""},
		"a figure changed": {
			bytes.Replace(raw, []byte("I01,1,886,964"), []byte("I01,1,887,964"), 1),
			"“887”, the signed content “886”",
		},
		"a number in a hidden cell": {bytes.Replace(raw, hidden, []byte("CHO-573,I03,1,3,52,,"), 1), "I03, numerator"},
		"a line less":               {raw[:bytes.LastIndexByte(bytes.TrimSpace(raw), '\n')+1], "lines"},
	} {
		proof, err := verify.Check(file.raw, publicKey(), lookupOf(seal))
		must(t, err)
		if faults := strings.Join(proof.Faults, "; "); (file.want == "") != proof.Proven() ||
			!strings.Contains(faults, file.want) || proof.Compared == 0 {
			t.Errorf("%s: %q, not %q", name, faults, file.want)
		}
	}
}

// A workbook of a release before December 2026 lacks the status columns and may write "<5" for a
// hidden number. It is compared with the content without these columns. If other cells differ as
// well, the verifier reports an earlier form and verified content. The content of a file with a
// changed figure is verified too.
func TestAnOlderWorkbookIsOfAnEarlierForm(t *testing.T) {
	t.Parallel()
	_, files := writeEvery(t)
	for name, tt := range map[string]struct {
		change          func(*excelize.File)
		faults, earlier bool
	}{
		"without the status":  {func(*excelize.File) {}, false, false},
		"with <5":             {func(f *excelize.File) { replaceIn(t, f, "ẩn", "<5") }, true, true},
		"with another figure": {func(f *excelize.File) { must(t, f.SetCellValue("Số liệu", "I2", 987)) }, true, false},
	} {
		file, err := excelize.OpenReader(bytes.NewReader(files["xlsx"]))
		must(t, err)
		if rows, err := file.GetRows("Số liệu"); err != nil || strings.Join(rows[0][23:], " ") != "Trạng thái Lý do" ||
			!slices.ContainsFunc(rows[1:], func(r []string) bool { return len(r) > 23 && r[23] != "" }) {
			t.Fatalf("no row has a status: %v %v", rows[0], err)
		}
		must(t, file.RemoveCol("Số liệu", "X"))
		must(t, file.RemoveCol("Số liệu", "X"))
		tt.change(file)
		var b bytes.Buffer
		must(t, file.Write(&b))
		proof, err := verify.Check(b.Bytes(), publicKey(), nil)
		must(t, err)
		if !proof.Signed || proof.Proven() == tt.faults || proof.Earlier != tt.earlier {
			t.Errorf("%s: signed %t, of an earlier form %t, %q", name, proof.Signed, proof.Earlier, proof.Faults)
		}
	}
}

// replaceIn replaces the text of every matching cell in the sheet of figures.
func replaceIn(t *testing.T, f *excelize.File, old, text string) {
	t.Helper()
	cells, err := f.SearchSheet("Số liệu", old)
	must(t, err)
	if len(cells) == 0 {
		t.Fatalf("no cell says %s", old)
	}
	for _, cell := range cells {
		must(t, f.SetCellValue("Số liệu", cell, text))
	}
}

// everyHidden writes "ẩn" where a table of November left hidden numbers empty, as slightly later
// releases did.
func everyHidden(raw []byte) []byte {
	lines := strings.Split(string(raw), "\n")
	for i, line := range lines {
		cells := strings.Split(line, ",")
		if len(cells) < 16 || cells[15] != "true" {
			continue
		}
		for _, at := range []int{8, 9, 10} {
			if cells[at] == "" {
				cells[at] = "ẩn"
			}
		}
		lines[i] = strings.Join(cells, ",")
	}
	return []byte(strings.Join(lines, "\n"))
}
