package reports

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"market40/reports/disclosure"
	"market40/reports/facts"
	"market40/reports/indicators"
)

// group is a set of markets whose merchants are counted together: a unit's, or all of a basis.
type group struct {
	markets disclosure.Set
	total   bool // of a basis or of a campaign
	pilots  bool // of a campaign's pilots alone
	tally   tally
	hidden  hidden
}

// groups are the distinct ones of all bases, of all markets and of each campaign's pilots, and every market alone. Two units with
// the same markets are one group: their figures are the same and are hidden together.
type groups struct {
	list    []*group    // first every market alone, in order
	ids     []uuid.UUID // of the markets, by their place in a set
	places  map[uuid.UUID]int
	numbers map[string]int // of a group in list, by its markets
	cells   map[string]*facts.Cell
	cohort  facts.Cohort
	facts   *facts.Known
	several map[facts.MerchantID]bool // who is known at several markets
	pilots  disclosure.Set            // the markets that a campaign chose
	small   disclosure.Set            // those that are counted by themselves alone
}

// groupUnits groups the markets of units, and those of them that are pilots of each campaign.
func groupUnits(units []unit, campaigns []map[uuid.UUID]bool, also []Market) *groups {
	g := &groups{places: map[uuid.UUID]int{}, numbers: map[string]int{}}
	for _, u := range append(slices.Clone(units), unit{markets: also}) {
		for _, m := range u.markets {
			if _, known := g.places[m.ID]; !known {
				g.places[m.ID] = len(g.ids)
				g.ids = append(g.ids, m.ID)
			}
		}
	}
	for _, id := range g.ids {
		g.add(g.set([]Market{{ID: id}}), group{})
	}
	g.pilots, g.small = disclosure.NewSet(len(g.ids)), disclosure.NewSet(len(g.ids))
	for _, pilots := range append([]map[uuid.UUID]bool{nil}, campaigns...) {
		totals := map[string]disclosure.Set{}
		for _, u := range units {
			set := g.set(u.counted(pilots))
			g.add(set, group{pilots: pilots != nil})
			if pilots != nil {
				g.pilots.Join(set)
			}
			if totals[u.basis] == nil {
				totals[u.basis] = make(disclosure.Set, len(set))
			}
			totals[u.basis].Join(set)
		}
		for _, set := range totals {
			g.add(set, group{total: true, pilots: pilots != nil})
		}
	}
	g.order()
	return g
}

// order orders the groups of several markets by size, those of one size in an order of their own.
func (g *groups) order() {
	slices.SortStableFunc(g.list[len(g.ids):], func(a, b *group) int {
		return cmp.Or(cmp.Compare(a.markets.Len(), b.markets.Len()), cmp.Compare(a.markets.Key(), b.markets.Key()))
	})
	for i, c := range g.list {
		g.numbers[c.markets.Key()] = i
	}
}

// counted are the markets of a unit, only pilots where those are given.
func (u unit) counted(pilots map[uuid.UUID]bool) []Market {
	if pilots == nil {
		return u.markets
	}
	markets := []Market{}
	for _, m := range u.markets {
		if pilots[m.ID] {
			markets = append(markets, m)
		}
	}
	return markets
}

func (g *groups) set(markets []Market) disclosure.Set {
	set := disclosure.NewSet(len(g.ids))
	for _, m := range markets {
		set.Add(g.places[m.ID])
	}
	return set
}

// add adds a group of some markets, unless it is there, and notes what it is asked as.
func (g *groups) add(set disclosure.Set, as group) {
	number, known := g.numbers[set.Key()]
	if !known {
		number = len(g.list)
		g.numbers[set.Key()] = number
		g.list = append(g.list, &group{markets: set, hidden: hidden{}})
	}
	c := g.list[number]
	c.total, c.pilots = c.total || as.total, c.pilots || as.pilots
}

// of returns the group of some markets. One that no report of the whole province has is made of those that it has.
func (g *groups) of(markets []Market) *group {
	set := g.summed(g.set(markets))
	if number, known := g.numbers[set.Key()]; known {
		return g.list[number]
	}
	made := &group{markets: set, hidden: hidden{}}
	made.tally = tallied(facts.Join(g.cellsOf(set)), g.cohort)
	for _, f := range allFamilies(g.cohort) {
		for _, id := range f.ids() {
			made.hidden[id] = !g.facts.Has(f.needs) || !g.publishes(&f, id, made)
		}
	}
	return made
}

// paidAt is when the newest payment of a group became known. Where its activity is hidden there is none, and the markets in it whose
// activity is hidden, or where few were paid, add nothing: else the time of all would be that of one of them. Their own manager sees all.
func (g *groups) paidAt(of *group, own bool) *time.Time {
	if !own && of.quiet() {
		return nil
	}
	var newest time.Time
	for place, id := range g.ids {
		at := g.cells[facts.MarketName(place)]
		if at == nil || !of.markets.Has(place) {
			continue
		}
		if alone := g.list[g.numbers[g.set([]Market{{ID: id}}).Key()]]; !own && (alone.quiet() || disclosure.Few(alone.tally.paid)) {
			continue
		}
		if known := at.FreshAt["activity"]; known.After(newest) {
			newest = known
		}
	}
	return &newest
}

// quiet reports whether it is hidden how many were paid lately.
func (g *group) quiet() bool {
	return g.hidden[indicators.Active7.Family()] || g.hidden[indicators.Active30.Family()]
}

// publishes reports whether a group adds up from published groups that lie apart in it and share nobody, and so says nothing new.
func (g *groups) publishes(f *family, id indicators.Family, made *group) bool {
	rest, people := slices.Clone(made.markets), 0
	for _, c := range slices.Backward(g.list) {
		if c.markets.Len() > 0 && !c.hidden[id] && c.markets.Within(rest) {
			rest.Remove(c.markets)
			people += f.belonging(c)
		}
	}
	return rest.Len() == 0 && people == f.belonging(made)
}

// belonging returns how many people of a group a family's figures may be about.
func (f *family) belonging(c *group) (n int) {
	if f.holds == nil {
		return 0 // nobody in the register
	}
	for _, p := range c.tally.facts.People {
		belongs, _ := f.holds(p)
		n += one(belongs)
	}
	return n
}

// ids are what a family decides about.
func (f *family) ids() []indicators.Family {
	if f.each != nil {
		return f.each
	}
	return []indicators.Family{f.id}
}

// cellsOf are those of the markets in a set.
func (g *groups) cellsOf(set disclosure.Set) (list []*facts.Cell) {
	for place := range g.ids {
		if set.Has(place) {
			if c := g.cells[facts.MarketName(place)]; c != nil {
				list = append(list, c)
			}
		}
	}
	return list
}

// key tells groups apart by their markets and sets of markets, and by whether a reader is bound by the rules of disclosure.
func (g *groups) key(bound bool) string {
	var b strings.Builder
	b.WriteString(strconv.FormatBool(bound))
	for _, id := range g.ids {
		b.Write(id[:])
	}
	for _, c := range g.list {
		b.WriteString(c.markets.Key())
		b.WriteString(strconv.FormatBool(c.total) + strconv.FormatBool(c.pilots))
	}
	return b.String()
}

// count fills the tallies from what is known of each market.
func (g *groups) count(known *facts.Known) {
	g.several = map[facts.MerchantID]bool{}
	g.cells, g.cohort, g.facts = facts.JoinParts(known.Cells), known.Cohort(), known
	g.leaveOut()
	for _, c := range g.list {
		c.tally = tallied(facts.Join(g.cellsOf(c.markets)), g.cohort)
	}
}

// suppress decides what may not be published of any group, for every basis, campaign and market together. It is the one decision of a
// day: reports, trends, pages, files and frozen reports ask it.
func (g *groups) suppress() {
	people := peopleOf(len(g.ids), func(place int) *facts.Cell { return g.cells[facts.MarketName(place)] }, nil)
	for _, s := range people {
		g.several[s.id] = true
	}
	for _, f := range allFamilies(g.cohort) {
		if !g.facts.Has(f.needs) {
			for _, c := range g.list {
				for _, id := range f.ids() {
					c.hidden[id] = true // nothing is known of it
				}
			}
			continue
		}
		table := f.table(len(g.ids), people)
		asked := []*group{}
		for _, c := range g.list {
			if c.markets.Len() > 0 {
				cell := f.cell(c.markets, &c.tally, c.hidden)
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
			f.note(&table.Cells[i], c.hidden)
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
func (f *family) cell(atoms disclosure.Set, t *tally, hidden hidden) disclosure.Cell {
	c := disclosure.Cell{Atoms: atoms, Size: t.merchants}
	c.Hidden = slices.ContainsFunc(f.under, func(id indicators.Family) bool { return hidden[id] })
	if f.count != nil {
		counted := f.count(t, hidden)
		c.Size, c.Counts = counted.size, counted.counts
	}
	return c
}

// note notes what is hidden of a cell.
func (f *family) note(c *disclosure.Cell, hidden hidden) {
	if f.each == nil {
		hidden[f.id] = c.Hidden
		return
	}
	for k, id := range f.each {
		hidden[id] = c.Counts[k].Hidden
	}
}

// shared is a merchant that is known in several atoms, or in one and elsewhere, as each of them knows it.
type shared struct {
	atoms     []int
	at        []*facts.Person
	elsewhere bool
	id        facts.MerchantID
}

// peopleOf finds the merchants that are known in several of n atoms, or in one and elsewhere.
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

// people returns what shared merchants add to a family's counts, in an order that does not depend on how they were read. Where a
// merchant adds nothing, it is left out: another query knows it there.
func (f *family) people(of []shared) []disclosure.Person {
	if f.holds == nil {
		return nil
	}
	var list []disclosure.Person
	for _, s := range of {
		one := disclosure.Person{}
		for i, p := range s.at {
			belongs, counted := f.holds(p)
			bit := uint32(1) << len(one.Atoms)
			if one.Counted == nil {
				one.Counted = make([]uint32, len(counted))
			}
			if !belongs && !slices.Contains(counted, true) || len(one.Atoms) == mostPlaces {
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
		return cmp.Or(slices.Compare(a.Atoms, b.Atoms), cmp.Compare(a.Operates, b.Operates), slices.Compare(a.Counted, b.Counted))
	})
	return list
}

// mostPlaces is how many atoms of a merchant fit into the bits of a person.
const mostPlaces = 32
