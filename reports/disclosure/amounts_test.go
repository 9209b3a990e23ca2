package disclosure_test

import (
	"strings"
	"testing"

	"market40/reports/disclosure"
)

// Amounts are hidden in the order of counts: totals after their parts, and figures of a campaign
// last. A cell that stays is never hidden.
func TestAmountsPreserveTotals(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		built  []market
		stays  string
		hidden string
	}{
		{"seven beside the pilots: the difference of both totals reveals them", []market{{7, 0, 0}}, "", "M8 D0 all"},
		{"seven twice, in one district", []market{{7, 0, 0}, {7, 0, 0}}, "", "M8 M9"},
		{"seven twice, in two", []market{{7, 0, 0}, {7, 0, 2}}, "", "M8 M9 D0 D2"},
		{"twelve: enough for an amount", []market{{12, 0, 0}}, "", ""},
		{"both totals stay", []market{{7, 0, 0}}, "all campaign", "M8 D0"},
	} {
		w := newProvince(tt.built...)
		table := w.disclosureTable()
		for i, name := range w.names {
			table.Cells[i].AlwaysPublished = strings.Contains(" "+tt.stays+" ", " "+name+" ")
		}
		table.ProtectAmounts(func(set disclosure.Set) bool {
			people := 0
			for atom := range w.atoms {
				if set.Has(atom) {
					people += table.Cells[atom].Size
				}
			}
			return 0 < people && people < 10
		})
		var hidden []string
		for i, c := range table.Cells {
			if c.Hidden {
				hidden = append(hidden, w.names[i])
			}
		}
		if got := strings.Join(hidden, " "); got != tt.hidden {
			t.Errorf("%s: hidden are %q, not %q", tt.name, got, tt.hidden)
		}
	}
}
