package disclosure_test

import (
	"testing"

	"pgregory.net/rapid"
)

// A person who operates in many markets is one person in the totals. The counts of such a person
// are protected like those of everybody else.
func TestSomebodyInManyMarkets(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w := newProvince(market{60, 30, 0})
		p := someone{make([]bool, w.atoms), make([]bool, w.atoms)}
		for a := range rapid.IntRange(5, 8).Draw(rt, "markets") {
			p.operates[a], p.counted[a] = true, rapid.Bool().Draw(rt, "paid")
		}
		w.people = append(w.people, p)
		table := w.disclosureTable()
		table.Protect()
		if found, err := w.published(table).Audit(); err != nil || len(found) > 0 {
			rt.Errorf("%v %v", found, err)
		}
	})
}
