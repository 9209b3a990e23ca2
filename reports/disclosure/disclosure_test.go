package disclosure_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"market40/reports/disclosure"
	"market40/reports/disclosure/audit"
)

// someone is a person of a generated world: the atoms in which the person operates, and those in
// which the count applies.
type someone struct{ operates, counted []bool }

// drawn is a generated world with one count: atoms, people, and the groups of atoms that a reader
// may request.
type drawn struct {
	atoms  int
	people []someone
	groups [][]int
}

func draw(rt *rapid.T) *drawn {
	w := &drawn{atoms: rapid.IntRange(1, 7).Draw(rt, "atoms")}
	rate := rapid.SampledFrom([]int{0, 1, 5, 10, 15, 19, 20}).Draw(rt, "of twenty")
	for a := range w.atoms {
		size := rapid.SampledFrom([]int{0, 1, 3, 4, 5, 7, 12, 30}).Draw(rt, "size")
		most := min(size, rapid.SampledFrom([]int{0, 3, size * rate / 20, size}).Draw(rt, "holding"))
		for i := range size {
			p := someone{make([]bool, w.atoms), make([]bool, w.atoms)}
			p.operates[a], p.counted[a] = true, i < most
			w.people = append(w.people, p)
		}
	}
	for range rapid.SampledFrom([]int{0, 0, 0, 1, 2, 6}).Draw(rt, "in several") {
		p := someone{make([]bool, w.atoms), make([]bool, w.atoms)}
		for range rapid.IntRange(2, 3).Draw(rt, "markets") {
			a := rapid.IntRange(0, w.atoms-1).Draw(rt, "market")
			p.operates[a], p.counted[a] = true, rapid.Bool().Draw(rt, "counted")
		}
		w.people = append(w.people, p)
	}
	all := make([]int, w.atoms)
	for a := range all {
		all[a] = a
		w.groups = append(w.groups, []int{a})
	}
	for range rapid.IntRange(0, 2).Draw(rt, "bases") {
		units := map[int][]int{}
		for a := range all {
			u := rapid.IntRange(0, 2).Draw(rt, "unit")
			units[u] = append(units[u], a)
		}
		for u := range 3 {
			if len(units[u]) > 0 {
				w.groups = append(w.groups, units[u])
			}
		}
	}
	if rapid.Bool().Draw(rt, "campaign") {
		if pilots := slices.DeleteFunc(slices.Clone(all), func(int) bool { return rapid.Bool().Draw(rt, "not") }); len(
			pilots) > 0 {
			w.groups = append(w.groups, pilots)
		}
	}
	w.groups = append(w.groups, all)
	return w
}

// count returns how many people a group has, and for how many of them the count applies.
func (w *drawn) count(group []int) (size, n int) {
	for _, p := range w.people {
		operates := slices.ContainsFunc(group, func(a int) bool { return p.operates[a] })
		if operates {
			size++
			if slices.ContainsFunc(group, func(a int) bool { return p.counted[a] }) {
				n++
			}
		}
	}
	return size, n
}

func (w *drawn) table() *disclosure.Table {
	t := &disclosure.Table{Atoms: w.atoms}
	known := map[string]bool{}
	for _, g := range w.groups {
		set := disclosure.NewSet(w.atoms)
		for _, a := range g {
			set.Add(a)
		}
		if known[set.Key()] {
			continue
		}
		known[set.Key()] = true
		size, n := w.count(g)
		t.Cells = append(t.Cells, disclosure.Cell{
			Atoms: set, Size: size,
			Counts: []disclosure.Count{{N: n, Of: size, Most: size}},
		})
	}
	for _, p := range w.people {
		one := disclosure.Person{Counted: []uint32{0}}
		for a := range w.atoms {
			if !p.operates[a] && !p.counted[a] {
				continue
			}
			bit := uint32(1) << len(one.Atoms)
			one.Atoms = append(one.Atoms, a)
			if p.operates[a] {
				one.Operates |= bit
			}
			if p.counted[a] {
				one.Counted[0] |= bit
			}
		}
		if len(one.Atoms) > 1 {
			t.People = append(t.People, one)
		}
	}
	return t
}

// published returns what a reader sees of a table.
func (w *drawn) published(t *disclosure.Table) *audit.Published {
	p := &audit.Published{}
	classes := map[string]int{}
	for _, one := range w.people {
		var c audit.Class
		for a := range w.atoms {
			if one.operates[a] || one.counted[a] {
				if one.operates[a] {
					c.Operates |= 1 << len(c.Atoms)
				}
				c.Atoms = append(c.Atoms, a)
			}
		}
		key := fmt.Sprint(c)
		n, known := classes[key]
		if !known {
			n = len(p.Classes)
			classes[key] = n
			p.Classes = append(p.Classes, c)
		}
		p.Classes[n].People++
	}
	for i, c := range t.Cells {
		cell := audit.Cell{Name: fmt.Sprintf("cell %d", i), Most: c.Size}
		for a := range w.atoms {
			if c.Atoms.Has(a) {
				cell.Atoms = append(cell.Atoms, a)
			}
		}
		if !c.Hidden {
			cell.Value = &c.Counts[0].N
		}
		p.Cells = append(p.Cells, cell)
	}
	return p
}

// In any world, linear programming over all published counts narrows down no hidden count.
func TestNothingHiddenCanBeNarrowed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w := draw(rt)
		table := w.table()
		table.Protect()
		for _, c := range table.Cells {
			if !c.Hidden && (disclosure.IsFew(c.Size) || disclosure.IsFew(c.Counts[0].N)) {
				rt.Fatalf("%v is published", c)
			}
		}
		found, err := w.published(table).Audit()
		if err != nil || len(found) > 0 {
			rt.Fatalf("%v %v\n%+v", found, err, table.Cells)
		}
	})
}
