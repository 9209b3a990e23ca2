package disclosure_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"market40/reports/disclosure"
)

// province is a generated world with named groups: the pilots of a campaign, one in each district,
// and markets that are added beside them.
type province struct {
	drawn
	names []string
}

// newProvince returns a province with a market for each pilot and one for each element of built. A
// built market is in the first pilot's district unless its district field selects another. In each
// market some merchants are paid.
func newProvince(built ...market) *province {
	w := &province{}
	pilots := []market{
		{853, 412, 0},
		{45, 20, 1},
		{60, 31, 2},
		{180, 90, 3},
		{260, 100, 4},
		{300, 60, 5},
		{350, 200, 6},
		{420, 240, 7},
	}
	districts := make([][]int, len(pilots))
	all := slices.Concat(pilots, built)
	for a, m := range all {
		w.groups, w.names = append(w.groups, []int{a}), append(w.names, "M"+string(rune('0'+a)))
		districts[m.district] = append(districts[m.district], a)
	}
	w.atoms = len(all)
	for a, m := range all {
		for i := range m.merchants {
			p := someone{make([]bool, w.atoms), make([]bool, w.atoms)}
			p.operates[a], p.counted[a] = true, i < m.paid
			w.people = append(w.people, p)
		}
	}
	for d, district := range districts {
		if len(district) > 1 {
			w.groups, w.names = append(w.groups, district), append(w.names, "D"+string(rune('0'+d)))
		}
	}
	w.groups = append(w.groups, []int{0, 1, 2, 3, 4, 5, 6, 7}, nil)
	for a := range all {
		w.groups[len(w.groups)-1] = append(w.groups[len(w.groups)-1], a)
	}
	w.names = append(w.names, "campaign", "all")
	return w
}

// disclosureTable returns the disclosure table of a province.
func (w *province) disclosureTable() *disclosure.Table {
	table := w.table()
	for i, name := range w.names {
		table.Cells[i].Total = name == "campaign" || name == "all"
		table.Cells[i].Pilots = name == "campaign" || i < 8
	}
	return table
}

// market describes a market of a province: its merchants, how many of them are paid, and its
// district.
type market struct{ merchants, paid, district int }

// A small market beside the pilots hides none of their figures. All markets minus the campaign's
// markets is that small market, so one of the two totals is hidden: the total of all markets, and
// the district that contains both.
func TestTotalsStay(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		built  []market
		hidden string
	}{
		{"one merchant, not paid", []market{{1, 0, 0}}, "M8 D0 all"},
		{"one merchant, paid", []market{{1, 1, 0}}, "M8 D0 all"},
		{"two", []market{{2, 1, 0}}, "M8 D0 all"},
		{"three", []market{{3, 2, 0}}, "M8 D0 all"},
		{"four", []market{{4, 2, 0}}, "M8 D0 all"},
		{"twelve, of whom one is paid", []market{{12, 1, 0}}, "M8 D0 all"},
		{"twelve, of whom four are paid", []market{{12, 4, 0}}, "M8 D0 all"},
		{"twelve, of whom five are paid", []market{{12, 5, 0}}, ""},
		{"twelve, none of them paid", []market{{12, 0, 0}}, ""},
		{"two in one district", []market{{1, 0, 0}, {4, 3, 0}}, "M8 M9 D0 all"},
		{"two in two districts", []market{{3, 1, 0}, {4, 2, 2}}, "M8 M9 D0 D2 all"},
	} {
		w := newProvince(tt.built...)
		table := w.disclosureTable()
		table.Protect()
		var hidden []string
		for i, c := range table.Cells {
			if c.Hidden {
				hidden = append(hidden, w.names[i])
			}
		}
		if got := strings.Join(hidden, " "); got != tt.hidden {
			t.Errorf("%s: hidden are %q, not %q", tt.name, got, tt.hidden)
		}
		if found, err := w.published(table).Audit(); err != nil || len(found) > 0 {
			t.Errorf("%s: %v %v", tt.name, found, err)
		}
	}
}

// Whatever markets are added beside the pilots, no figure of the campaign is hidden because of
// them.
func TestPilotsStay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var built []market
		for range rapid.IntRange(1, 4).Draw(rt, "markets") {
			merchants := rapid.SampledFrom([]int{1, 3, 4, 5, 12, 60}).Draw(rt, "merchants")
			built = append(built, market{
				merchants, rapid.IntRange(0, merchants).Draw(rt, "paid"),
				rapid.IntRange(0, 7).Draw(rt, "district"),
			})
		}
		w := newProvince(built...)
		table := w.disclosureTable()
		table.Protect()
		for i, c := range table.Cells {
			if c.Hidden && c.Pilots {
				rt.Errorf("%s is hidden", w.names[i])
			}
		}
		if found, err := w.published(table).Audit(); err != nil || len(found) > 0 {
			rt.Errorf("%v %v", found, err)
		}
	})
}

// A total with fewer people than a market stays visible in preference to that market.
func TestASmallTotalStays(t *testing.T) {
	t.Parallel()
	table := disclosure.Table{Atoms: 4}
	for _, c := range []struct {
		atoms   []int
		size, n int
	}{
		{[]int{0}, 30, 3},
		{[]int{1}, 40, 15},
		{[]int{2}, 200, 3},
		{[]int{3}, 300, 90},
		{[]int{0, 1}, 70, 18},
		{[]int{0, 1, 2, 3}, 570, 111},
	} {
		set := disclosure.NewSet(4)
		for _, a := range c.atoms {
			set.Add(a)
		}
		table.Cells = append(table.Cells, disclosure.Cell{
			Atoms: set, Size: c.size, Total: len(c.atoms) > 1, Counts: []disclosure.Count{{
				N: c.n, Of: c.size,
				Most: c.size,
			}},
		})
	}
	table.Protect()
	for i, c := range table.Cells {
		if hidden := i < 4; c.Hidden != hidden {
			t.Errorf("cell %d is hidden: %t", i, c.Hidden)
		}
	}
}
