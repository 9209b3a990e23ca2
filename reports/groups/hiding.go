package groups

import (
	"cmp"
	"slices"

	"market40/reports/disclosure"
	"market40/reports/facts"
	"market40/reports/indicators"
)

// Suppress decides what may not be published of any group, for all bases, campaigns and markets
// together. There is one decision for a day: reports, trends, pages, files and frozen reports all
// use it.
func (g *Groups) Suppress() {
	people := peopleOf(len(g.Markets), func(place int) *facts.Cell { return g.CellAt(place) }, nil)
	for _, s := range people {
		g.several[s.id] = true
	}
	for _, f := range allFamilies(g.cohort) {
		if !g.facts.Has(f.needs) {
			for _, c := range g.All {
				for _, id := range f.ids() {
					c.Hidden[id] = true // nothing is known of it
				}
			}
			continue
		}
		table := f.table(len(g.Markets), people)
		asked := []*Group{}
		for _, c := range g.All {
			if c.markets.Len() > 0 {
				cell := f.cell(c.markets, &c.Tally, c.Hidden)
				cell.Total, cell.Pilots = c.total, c.pilots
				table.Cells, asked = append(table.Cells, cell), append(asked, c)
			}
		}
		if f.tooFew != nil {
			table.ProtectAmounts(func(set disclosure.Set) bool { return f.tooFew(g.cellsOf(set)) })
		} else {
			table.Protect()
		}
		for i, c := range asked {
			f.note(&table.Cells[i], c.Hidden)
		}
	}
}

// table returns a table without cells.
func (f *family) table(atoms int, people []shared) *disclosure.Table {
	t := &disclosure.Table{Atoms: atoms, People: f.people(people), Together: f.each == nil}
	if f.each != nil {
		t.Within = activeWithin()
	}
	return t
}

// cell returns a group as one cell of a family's table.
func (f *family) cell(atoms disclosure.Set, t *Tally, hidden Hidden) disclosure.Cell {
	c := disclosure.Cell{Atoms: atoms, Size: t.Merchants}
	c.Hidden = slices.ContainsFunc(f.under, func(id indicators.Family) bool { return hidden[id] })
	if f.count != nil {
		counted := f.count(t, hidden)
		c.Size, c.Counts = counted.size, counted.counts
	}
	return c
}

// note records what is hidden of a cell.
func (f *family) note(c *disclosure.Cell, hidden Hidden) {
	if f.each == nil {
		hidden[f.id] = c.Hidden
		return
	}
	for k, id := range f.each {
		hidden[id] = c.Counts[k].Hidden
	}
}

// shared is a merchant who is known in several atoms, or in one and elsewhere, with the facts in
// each atom.
type shared struct {
	atoms     []int
	at        []*facts.Person
	elsewhere bool
	id        facts.MerchantID
}

// peopleOf returns the merchants who are known in several of n atoms, or in one and elsewhere.
func peopleOf(n int, cellOf func(int) *facts.Cell, elsewhere map[facts.MerchantID]bool) []shared {
	first := map[facts.MerchantID]int{}
	found := map[facts.MerchantID]*shared{}
	var order []*shared
	for atom := range n {
		c := cellOf(atom)
		if c == nil {
			continue
		}
		for id, p := range c.People {
			at, known := first[id]
			if !known && !elsewhere[id] {
				first[id] = atom
				continue
			}
			s := found[id]
			if s == nil {
				s = &shared{elsewhere: elsewhere[id], id: id}
				if known {
					s.atoms, s.at = []int{at}, []*facts.Person{cellOf(at).People[id]}
				}
				found[id] = s
				order = append(order, s)
			}
			s.atoms, s.at = append(s.atoms, atom), append(s.at, p)
		}
	}
	people := make([]shared, 0, len(order))
	for _, s := range order {
		people = append(people, *s)
	}
	return people
}

// people returns what shared merchants add to a family's counts. The order does not depend on the
// order of reading. Merchants who add nothing are left out, because they are known from another
// query.
func (f *family) people(of []shared) []disclosure.Person {
	if f.contribution == nil {
		return nil
	}
	var list []disclosure.Person
	for _, s := range of {
		one := disclosure.Person{}
		for i, p := range s.at {
			belongs, counted := f.contribution(p)
			bit := uint32(1) << len(one.Atoms)
			if one.Counted == nil {
				one.Counted = make([]uint32, len(counted))
			}
			if !belongs && !slices.Contains(counted, true) || len(one.Atoms) == disclosure.MaxAtoms {
				continue
			}
			one.Atoms = append(one.Atoms, s.atoms[i])
			if belongs {
				one.Operates |= bit
			}
			for k, holds := range counted {
				if holds {
					one.Counted[k] |= bit
				}
			}
		}
		if len(one.Atoms) > 1 || s.elsewhere && len(one.Atoms) == 1 {
			list = append(list, one)
		}
	}
	slices.SortFunc(list, func(a, b disclosure.Person) int {
		return cmp.Or(
			slices.Compare(a.Atoms, b.Atoms), cmp.Compare(a.Operates, b.Operates), slices.Compare(a.Counted, b.Counted),
		)
	})
	return list
}
