package disclosure_test

import (
	"testing"

	"pgregory.net/rapid"

	"market40/reports/disclosure"
)

// The figure of a whole market is hidden only for its own size, never because of its parts. The
// hidden parts still cannot be narrowed down beside it.
func TestTotalOfPartsStaysPublished(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w := drawn{atoms: rapid.IntRange(2, 5).Draw(rt, "parts")}
		var all []int
		for a := range w.atoms {
			w.groups, all = append(w.groups, []int{a}), append(all, a)
			size := rapid.IntRange(1, 16).Draw(rt, "people")
			n := rapid.IntRange(0, size).Draw(rt, "counted")
			for i := range size {
				p := someone{make([]bool, w.atoms), make([]bool, w.atoms)}
				p.operates[a], p.counted[a] = true, i < n
				w.people = append(w.people, p)
			}
		}
		for range rapid.IntRange(0, 4).Draw(rt, "people of two parts") {
			p := someone{make([]bool, w.atoms), make([]bool, w.atoms)}
			for a := range 2 {
				p.operates[a], p.counted[a] = true, rapid.Bool().Draw(rt, "counts")
			}
			w.people = append(w.people, p)
		}
		w.groups = append(w.groups, all)
		table := w.table()
		whole := &table.Cells[w.atoms]
		whole.AlwaysPublished = true
		table.Protect()
		if few := disclosure.IsFew(whole.Size) || disclosure.IsFew(whole.Counts[0].N); whole.Hidden != few {
			rt.Fatalf("the whole of %d, of whom %d count, is hidden: %t", whole.Size, whole.Counts[0].N, whole.Hidden)
		}
		p := w.published(table)
		p.Cells[w.atoms].AlwaysPublished = true
		found, err := p.Audit()
		if err != nil || len(found) > 0 {
			rt.Fatalf("%v %v\n%+v", found, err, table.Cells)
		}
	})
}
