// Package disclosure decides which figures of one as-of day may be published. It handles only plain
// counts and sets.
//
// A figure about one to four people is hidden. So that no hidden count can be derived, further
// cells are hidden: the smallest inner cells first, while totals stay visible. The rule is in
// ../README.md, "What is hidden".
package disclosure

import (
	"cmp"
	"math/bits"
	"slices"
)

// Fewest is the smallest number of people in a published count; 0 is also published. It is also the
// number of possible values that a hidden count must leave.
const Fewest = 5

// FewestOfAmounts is the smallest number of merchants in a published amount of money.
const FewestOfAmounts = 10

// IsFew reports whether n is one to four people.
func IsFew(n int) bool { return 0 < n && n < Fewest }

// Count is a number of people in a cell.
type Count struct {
	N           int
	Of          int // its denominator: the people it may be about
	Least, Most int // the limits from the register and from figures that are always published
	Hidden      bool
}

// Cell is a figure of a group of atoms.
type Cell struct {
	Atoms  Set
	Size   int  // the number of people that the figure is about
	Total  bool // of a whole basis or campaign: hidden after cells that are not
	Pilots bool // of a campaign's pilots only, as reports need them: hidden last
	// always published; what it reveals alone about inner cells does not require hiding them
	AlwaysPublished bool
	Counts          []Count
	Hidden          bool // as input: hidden for another reason; as result: a count is hidden
}

// Person is a person who is in several atoms, or in one and outside the table. A cell counts a
// person once.
type Person struct {
	Atoms    []int    // ascending; at most mostAtoms are modelled
	Operates uint32   // at which of Atoms (bits) the person belongs to the cell
	Counted  []uint32 // for each count of a cell: at which of Atoms (bits) the person counts
}

// mostAtoms is the largest number of atoms of one person that are modelled. The contribution of
// people with more atoms is treated as known.
const mostAtoms = 8

// Table is one measure as of one day, or several measures that contain each other, with every cell
// that a role may request. The first cells are the single atoms, in order.
type Table struct {
	Atoms    int
	Cells    []Cell
	People   []Person
	Together bool    // the counts of a cell are published or hidden together
	Within   [][]int // for each count: the counts that contain it
}

// Protect hides every count of few people, and then counts from which a hidden one could be
// derived. It changes t.Cells.
func (t *Table) Protect() {
	any := len(t.People) > 0
	for i := range t.Cells {
		c := &t.Cells[i]
		if c.Hidden || IsFew(c.Size) || t.Together && c.few() {
			c.hide()
		}
		for k := range c.Counts {
			c.Counts[k].Hidden = c.Counts[k].Hidden || IsFew(c.Counts[k].N)
			any = any || c.Counts[k].Hidden
		}
	}
	if !any {
		return
	}
	s := newSearch(t)
	further := s.publishNeedless(s.widen(), true)
	s.forget()
	if more := s.widen(); len(more) > 0 {
		s.publishNeedless(append(further, more...), false)
	}
	for i := range t.Cells {
		c := &t.Cells[i]
		c.Hidden = c.Hidden || slices.ContainsFunc(c.Counts, func(n Count) bool { return n.Hidden })
	}
}

// hide hides all counts of a cell.
func (c *Cell) hide() {
	for k := range c.Counts {
		c.Counts[k].Hidden = true
	}
}

// few reports whether a cell counts one to four people.
func (c *Cell) few() bool {
	return slices.ContainsFunc(c.Counts, func(n Count) bool { return IsFew(n.N) })
}

// action is a count of a cell that is hidden; −1: all counts.
type action struct{ cell, count int }

// hide carries out an action and returns the counts that were published before.
func (s *search) hide(a action) (hidden []action) {
	counts := s.t.Cells[a.cell].Counts
	for k := range counts {
		if (k == a.count || a.count < 0) && !counts[k].Hidden {
			counts[k].Hidden = true
			hidden = append(hidden, action{a.cell, k})
		}
	}
	return hidden
}

func (s *search) publish(list []action) {
	for _, a := range list {
		s.t.Cells[a.cell].Counts[a.count].Hidden = false
	}
}

// widen hides further counts until no hidden count is narrow, and returns them.
func (s *search) widen() (further []action) {
	for {
		found, open := s.firstNarrow(false)
		if !open {
			return further
		}
		hide, more := s.choose(found)
		if !more { // everything connected with it is hidden
			s.abandoned[found] = s.openValues(found)
			continue
		}
		further = append(further, s.hide(hide)...)
	}
}

// publishNeedless publishes counts that were hidden on the way and protect nothing: totals first,
// then the largest cells. It returns the others. With secrets set, only secrets need protection.
// Without it, further counts need it too, so two of them may protect only each other.
func (s *search) publishNeedless(further []action, secrets bool) (needed []action) {
	slices.SortStableFunc(further, func(a, b action) int { return -s.compareWorth(a.cell, b.cell) })
	for len(further) > 0 {
		n := 1
		for s.t.Together && n < len(further) && further[n].cell == further[0].cell {
			n++
		}
		s.publish(further[:n])
		if _, open := s.firstNarrow(secrets); open || s.narrowsAbandoned(secrets) {
			for _, a := range further[:n] {
				s.hide(a)
			}
			needed = append(needed, further[:n]...)
		}
		further = further[n:]
	}
	return needed
}

// compare orders cells from small to large, with a fixed order of equal ones.
func (s *search) compare(a, b int) int {
	x, y := &s.t.Cells[a], &s.t.Cells[b]
	return cmp.Or(cmp.Compare(x.Size, y.Size), cmp.Compare(x.Atoms.Len(), y.Atoms.Len()), cmp.Compare(a, b))
}

// compareWorth orders cells by when they are hidden: parts from small to large, then totals, then
// figures of a campaign.
func (s *search) compareWorth(a, b int) int {
	return cmp.Or(cmp.Compare(s.t.Cells[a].worth(), s.t.Cells[b].worth()), s.compare(a, b))
}

// worth returns a larger number for cells that are hidden later.
func (c *Cell) worth() (worth int) {
	if c.Pilots {
		worth += 2
	}
	if c.Total {
		worth++
	}
	return worth
}

// Set is a set of atoms, with one bit each. All sets of a table have the same length.
type Set []uint64

// NewSet returns an empty set for n atoms.
func NewSet(n int) Set { return make(Set, (n+63)/64) }

// Add adds an atom.
func (s Set) Add(atom int) { s[atom/64] |= 1 << (atom % 64) }

// Has reports whether an atom is in the set.
func (s Set) Has(atom int) bool { return s[atom/64]>>(atom%64)&1 == 1 }

// Len returns the number of atoms.
func (s Set) Len() int {
	n := 0
	for _, word := range s {
		n += bits.OnesCount64(word)
	}
	return n
}

// Within reports whether every atom is in o.
func (s Set) Within(o Set) bool {
	for i := range s {
		if s[i]&^o[i] != 0 {
			return false
		}
	}
	return true
}

// Remove removes the atoms of o.
func (s Set) Remove(o Set) {
	for i := range s {
		s[i] &^= o[i]
	}
}

// Join adds the atoms of o.
func (s Set) Join(o Set) {
	for i := range s {
		s[i] |= o[i]
	}
}

// Key returns the set as a map key.
func (s Set) Key() string {
	b := make([]byte, 0, len(s)*8)
	for _, word := range s {
		for shift := 0; shift < 64; shift += 8 {
			b = append(b, byte(word>>shift))
		}
	}
	return string(b)
}
