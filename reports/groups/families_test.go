package groups

import (
	"testing"

	"market40/reports/indicators"
)

// Every row is hidden by families that the program decides. Each family is decided once, after the
// families on which it depends. A family that is never decided would never be hidden.
func TestEveryRowIsHidden(t *testing.T) {
	t.Parallel()
	decided := map[indicators.Family]bool{}
	for _, f := range allFamilies([2]int64{}) {
		for _, id := range f.ids() {
			if decided[id] {
				t.Errorf("%s is decided twice", id)
			}
			decided[id] = true
		}
		for _, id := range f.under {
			if !decided[id] {
				t.Errorf("%s is hidden under %s, which is decided later", f.id, id)
			}
		}
	}
	for _, row := range indicators.Rows {
		if len(row.Families()) == 0 && !row.Register && !row.ByLocality {
			t.Errorf("nothing hides %s", row.Code)
		}
		for _, id := range row.Families() {
			if !decided[id] {
				t.Errorf("%s is hidden with %s, which is never decided", row.Code, id)
			}
		}
	}
}
