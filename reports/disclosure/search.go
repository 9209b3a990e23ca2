package disclosure

import (
	"maps"
	"slices"
)

// search looks for hidden counts that a reader could narrow down, and for cells to hide against it.
type search struct {
	t      *Table
	sorted []int           // the cells from small to large
	order  []int           // the cells in the order of hiding
	inside [][]int         // for each cell, the smaller cells inside it, from large to small
	groups []group         // people who are in several atoms
	masks  [][]uint32      // for each group, which of its atoms (bits) are in each cell
	secret map[action]bool // counts that are hidden for what they reveal themselves

	// counts for which nothing more can be hidden, with the number of possible values
	abandoned map[narrow]int
}

// narrow is a count of a cell, or of a group of people, for which published figures leave too few
// values.
type narrow struct {
	cell, group int // −1: none
	count       int
	known       bool // if people of several atoms are known
}

func newSearch(t *Table) *search {
	s := &search{
		t: t, inside: make([][]int, len(t.Cells)), groups: groupPeople(t), secret: map[action]bool{},
		abandoned: map[narrow]int{},
	}
	for i := range t.Cells {
		s.sorted = append(s.sorted, i)
		for k := range t.Cells[i].Counts {
			s.secret[action{i, k}] = t.Cells[i].Counts[k].Hidden
		}
	}
	for g := range s.groups {
		s.masks = append(s.masks, s.groups[g].masks(t.Cells))
	}
	slices.SortFunc(s.sorted, s.compare)
	s.order = slices.SortedFunc(slices.Values(s.sorted), s.compareWorth)
	for _, i := range s.sorted {
		for _, j := range slices.Backward(s.sorted) {
			if j != i && t.Cells[j].Atoms.Within(t.Cells[i].Atoms) {
				s.inside[i] = append(s.inside[i], j)
			}
		}
	}
	return s
}

// firstNarrow returns the smallest count that is narrowed down too far, among secrets only or among
// all hidden counts.
func (s *search) firstNarrow(secrets bool) (narrow, bool) {
	for k := range s.t.counts() {
		least := s.fewestValues(k)
		models := []*model{s.newModel(k, false)}
		if len(s.t.People) > 0 {
			models = append(models, s.newModel(k, true))
		}
		for _, i := range s.sorted {
			secret := s.secret[action{i, k}]
			if !s.t.Cells[i].Counts[k].Hidden || secrets && !secret {
				continue
			}
			need := s.need(i, k)
			if !secret && s.t.Cells[i].Counts[k].ofMany() {
				need = min(need, least)
			}
			for _, m := range models {
				n := narrow{i, -1, k, m.known}
				if _, up := s.abandoned[n]; up || need < 2 {
					continue
				}
				if m.known {
					need = min(need, m.spanAlone(i)+1)
				}
				if m.values(i) < need {
					return n, true
				}
			}
		}
		for g := range s.groups {
			n := narrow{-1, g, k, false}
			if _, up := s.abandoned[n]; up || s.countsOnce(g, k) {
				continue
			}
			if need, guarded := s.groups[g].need(k); guarded && models[0].span(models[0].ofGroup(g))+1 < need {
				return n, true
			}
		}
	}
	return narrow{}, false
}

// ofMany reports whether a reader with fewer than Fewest possible values for a count knows that it
// is of many people and not of nearly all. Such a count reveals nothing about few people.
func (c *Count) ofMany() bool { return c.N-(Fewest-2) >= Fewest && c.Most-c.N >= Fewest-1 }

// fewestValues returns the smallest number of values that a secret must leave possible. A count of
// many people that is hidden to protect it needs no more.
func (s *search) fewestValues(k int) int {
	least := Fewest
	for i := range s.t.Cells {
		if s.secret[action{i, k}] {
			if need := s.need(i, k); need > 1 {
				least = min(least, need)
			}
		}
	}
	return least
}

// forget removes counts that are no secrets from abandoned.
func (s *search) forget() {
	maps.DeleteFunc(s.abandoned, func(n narrow, _ int) bool { return !s.isSecret(n) })
}

// isSecret reports whether a count is hidden for what it reveals itself.
func (s *search) isSecret(n narrow) bool { return n.cell < 0 || s.secret[action{n.cell, n.count}] }

// narrowsAbandoned reports whether a count in abandoned has fewer possible values than before.
func (s *search) narrowsAbandoned(secrets bool) bool {
	for n, values := range s.abandoned {
		if (!secrets || s.isSecret(n)) && s.openValues(n) < values {
			return true
		}
	}
	return false
}

// counts returns how many counts a cell has.
func (t *Table) counts() int {
	n := 0
	for i := range t.Cells {
		n = max(n, len(t.Cells[i].Counts))
	}
	return n
}

// need returns how many values a hidden count must leave possible. A published figure of no people,
// or of nearly all, in a surrounding cell already reveals the people inside. Hiding inner cells
// cannot change that.
func (s *search) need(cell, k int) int {
	c := &s.t.Cells[cell]
	n := c.Counts[k]
	need := min(Fewest, n.Of+1, n.Most-n.Least+1)
	for i := range s.t.Cells {
		around := &s.t.Cells[i]
		if around.Counts[k].Hidden || !c.Atoms.Within(around.Atoms) {
			continue
		}
		if around.Counts[k].N == 0 {
			return 1
		}
		need = min(need, around.Counts[k].Most-around.Counts[k].N+1)
	}
	return need
}

// bounds returns the limits of a count that a reader knows from the other published figures of its
// cell.
func (s *search) bounds(cell, k int) (least, most int) {
	c := &s.t.Cells[cell]
	least, most = c.Counts[k].Least, c.Counts[k].Most
	for part, wholes := range s.t.Within {
		for _, whole := range wholes {
			switch {
			case whole == k && !c.Counts[part].Hidden:
				least = max(least, c.Counts[part].N)
			case part == k && !c.Counts[whole].Hidden:
				most = min(most, c.Counts[whole].N)
			}
		}
	}
	return min(least, c.Counts[k].N), max(most, c.Counts[k].N)
}

// countsOnce reports whether published figures of 0 cover all atoms of a group except one. Then no
// person of the group can count at two atoms.
func (s *search) countsOnce(number, k int) bool {
	open := 0
	for _, atom := range s.groups[number].atoms {
		if !slices.ContainsFunc(s.t.Cells, func(c Cell) bool {
			return !c.Counts[k].Hidden && c.Counts[k].N == 0 && c.Atoms.Has(atom)
		}) {
			open++
		}
	}
	return open < 2
}

// choose returns what to hide next. It is the first cell that leaves more values possible if it is
// hidden, and only the one count if that is enough. If no cell does, it is the first near cell;
// counts that were hidden needlessly are published again later.
func (s *search) choose(n narrow) (action, bool) {
	before := s.openValues(n)
	fallback := action{cell: -1}
	for _, i := range s.order {
		if s.t.Cells[i].AlwaysPublished || !s.near(n, i) {
			continue
		}
		for _, a := range []action{{i, n.count}, {i, -1}} {
			if s.t.Together {
				a.count = -1
			}
			hidden := s.hide(a)
			if len(hidden) == 0 {
				continue
			}
			if fallback.cell < 0 {
				fallback = a
			}
			more := s.openValues(n) > before
			s.publish(hidden)
			if more {
				return a, true
			}
		}
	}
	return fallback, fallback.cell >= 0
}

// near reports whether hiding a cell may help: a published cell contains it and meets the cell of
// the count.
func (s *search) near(n narrow, cell int) bool {
	c := &s.t.Cells[cell]
	about := s.about(n)
	for i := range s.t.Cells {
		around := &s.t.Cells[i]
		if !around.Counts[n.count].Hidden && c.Atoms.Within(around.Atoms) && about.meets(around.Atoms) {
			return true
		}
	}
	return n.cell == cell && !s.t.Together
}

func (s *search) about(n narrow) Set {
	if n.cell >= 0 {
		return s.t.Cells[n.cell].Atoms
	}
	set := NewSet(s.t.Atoms)
	for _, atom := range s.groups[n.group].atoms {
		set.Add(atom)
	}
	return set
}

func (s Set) meets(o Set) bool {
	for i := range s {
		if s[i]&o[i] != 0 {
			return true
		}
	}
	return false
}

// openValues returns how many values are possible for a count.
func (s *search) openValues(n narrow) int {
	m := s.newModel(n.count, n.known)
	if n.cell >= 0 {
		return m.values(n.cell)
	}
	return m.span(m.ofGroup(n.group)) + 1
}

// row is a difference that a reader can compute: a published cell minus smaller, disjoint published
// cells inside it.
type row struct {
	cell int
	less []int
}

// rows returns the differences of published cells. hidden reports which cells are not published.
func (s *search) rows(hidden func(*Cell) bool) []row {
	var rows []row
	for _, i := range s.sorted {
		if hidden(&s.t.Cells[i]) {
			continue
		}
		r := row{cell: i}
		rest := slices.Clone(s.t.Cells[i].Atoms)
		for _, j := range s.inside[i] {
			if inner := &s.t.Cells[j]; !hidden(inner) && inner.Atoms.Within(rest) {
				rest.Remove(inner.Atoms)
				r.less = append(r.less, j)
			}
		}
		rows = append(rows, r)
	}
	return rows
}
