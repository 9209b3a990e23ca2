package exports_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"market40/reports/exports"
)

// TestAnOlderTableIsJudgedByItsRelease proves a table that a release of November 2026 wrote: without the status, and empty where
// something is hidden. A figure that was changed in it is still found, and so is one told in a hidden cell.
func TestAnOlderTableIsJudgedByItsRelease(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/november_2026.csv")
	must(t, err)
	content, err := os.ReadFile("testdata/november_2026.json")
	must(t, err)
	seal, err := exports.ReadSeal(content)
	must(t, err)
	hidden := []byte("CHO-573,I03,1,,52,,")
	for name, file := range map[string]struct {
		raw  []byte
		want string
	}{
		"as it was":        {raw, ""},
		"with ẩn":          {everyHidden(raw), ""},
		"a figure changed": {bytes.Replace(raw, []byte("I01,1,886,964"), []byte("I01,1,887,964"), 1), "“887”, the signed content “886”"},
		"a figure told":    {bytes.Replace(raw, hidden, []byte("CHO-573,I03,1,3,52,,"), 1), "I03, numerator"},
		"a line less":      {raw[:bytes.LastIndexByte(bytes.TrimSpace(raw), '\n')+1], "lines"},
	} {
		proof, err := exports.Check(file.raw, public(), library(seal))
		must(t, err)
		if told := strings.Join(proof.Faults, "; "); (file.want == "") != proof.Proven() || !strings.Contains(told, file.want) || proof.Compared == 0 {
			t.Errorf("%s: %q, not %q", name, told, file.want)
		}
	}
}

// everyHidden writes ẩn where a table of November left hidden numbers empty, as releases soon after did.
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
