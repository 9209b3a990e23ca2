package disclosure_test

import (
	"testing"

	"pgregory.net/rapid"
)

// Somebody who is in as many markets as one can be is one person in the totals; what he does in
// them is no more told than what others do.
func TestSomebodyInManyMarkets(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w := newProvince(market{60, 30, 0})
		p := someone{make([]bool, w.atoms), make([]bool, w.atoms)}
		for a := range rapid.IntRange(5, 8).Draw(rt, "markets") {
			p.operates[a], p.counted[a] = true, rapid.Bool().Draw(rt, "paid")
		}
		w.people = append(w.people, p)
		table := w.told()
		table.Protect()
		if found, err := w.published(table).Audit(); err != nil || len(found) > 0 {
			rt.Errorf("%v %v", found, err)
		}
	})
}
