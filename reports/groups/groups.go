// Package groups decides which markets are counted together, counts each group, and records what is
// hidden of it. A merchant counts once in a group, on the best evidence. Package disclosure decides
// what may be published.
package groups

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

// Group is a set of markets with their merchants counted together: the markets of a unit, or all of
// a basis.
type Group struct {
	markets disclosure.Set
	total   bool // of a basis or of a campaign
	pilots  bool // only pilots of a campaign
	Tally   Tally
	Hidden  Hidden
}

// Groups are all distinct groups: the units of all bases, all markets, each campaign's pilots, and
// every single market. Two units with the same markets are one group, because their figures are the
// same and are hidden together.
type Groups struct {
	All     []*Group    // first every single market, in order
	Markets []uuid.UUID // by their index in a set
	indexes map[uuid.UUID]int
	numbers map[string]int // the index of a group in All, by its markets
	cells   map[string]*facts.Cell
	cohort  facts.Cohort
	facts   *facts.DayFacts
	several map[facts.MerchantID]bool // merchants who are known at several markets
	pilots  disclosure.Set            // markets that a campaign chose
	small   disclosure.Set            // markets that are counted only alone
}

// Unit is an administrative unit with its markets.
type Unit struct {
	Basis   string
	Markets []uuid.UUID
}

// counted returns the markets of a unit. If pilots is given, it returns only those.
func (u Unit) counted(pilots map[uuid.UUID]bool) []uuid.UUID {
	if pilots == nil {
		return u.Markets
	}
	return slices.DeleteFunc(slices.Clone(u.Markets), func(id uuid.UUID) bool { return !pilots[id] })
}

// New returns the groups of the units' markets, and of the pilots of each campaign among them.
func New(units []Unit, campaigns []map[uuid.UUID]bool, also []uuid.UUID) *Groups {
	g := &Groups{indexes: map[uuid.UUID]int{}, numbers: map[string]int{}}
	for _, u := range append(slices.Clone(units), Unit{Markets: also}) {
		for _, id := range u.Markets {
			if _, known := g.indexes[id]; !known {
				g.indexes[id] = len(g.Markets)
				g.Markets = append(g.Markets, id)
			}
		}
	}
	for _, id := range g.Markets {
		g.add(g.set(id), Group{})
	}
	g.pilots, g.small = disclosure.NewSet(len(g.Markets)), disclosure.NewSet(len(g.Markets))
	for _, pilots := range append([]map[uuid.UUID]bool{nil}, campaigns...) {
		totals := map[string]disclosure.Set{}
		for _, u := range units {
			set := g.set(u.counted(pilots)...)
			g.add(set, Group{pilots: pilots != nil})
			if pilots != nil {
				g.pilots.Join(set)
			}
			if totals[u.Basis] == nil {
				totals[u.Basis] = make(disclosure.Set, len(set))
			}
			totals[u.Basis].Join(set)
		}
		for _, set := range totals {
			g.add(set, Group{total: true, pilots: pilots != nil})
		}
	}
	g.order()
	return g
}

// order sorts the groups of several markets by size; groups of equal size have a fixed order.
func (g *Groups) order() {
	slices.SortStableFunc(g.All[len(g.Markets):], func(a, b *Group) int {
		return cmp.Or(cmp.Compare(a.markets.Len(), b.markets.Len()), cmp.Compare(a.markets.Key(), b.markets.Key()))
	})
	for i, c := range g.All {
		g.numbers[c.markets.Key()] = i
	}
}

func (g *Groups) set(markets ...uuid.UUID) disclosure.Set {
	set := disclosure.NewSet(len(g.Markets))
	for _, id := range markets {
		set.Add(g.indexes[id])
	}
	return set
}

// add adds a group of some markets unless it exists, and records its role.
func (g *Groups) add(set disclosure.Set, as Group) {
	number, known := g.numbers[set.Key()]
	if !known {
		number = len(g.All)
		g.numbers[set.Key()] = number
		g.All = append(g.All, &Group{markets: set, Hidden: Hidden{}})
	}
	c := g.All[number]
	c.total, c.pilots = c.total || as.total, c.pilots || as.pilots
}

// Of returns the group of some markets. A group that no report of the whole province contains is
// counted from its markets. Only figures that are sums of published groups are then published.
func (g *Groups) Of(markets ...uuid.UUID) *Group {
	set := g.summed(g.set(markets...))
	if number, known := g.numbers[set.Key()]; known {
		return g.All[number]
	}
	made := &Group{markets: set, Hidden: Hidden{}}
	made.Tally = tallyCell(facts.Join(g.cellsOf(set)), g.cohort)
	for _, f := range allFamilies(g.cohort) {
		for _, id := range f.ids() {
			made.Hidden[id] = !g.facts.Has(f.needs) || !g.publishes(&f, id, made)
		}
	}
	return made
}

// PaidAt returns when the newest payment of a group became known, or nil if its activity is hidden.
// Markets with hidden activity or with few paid merchants are ignored, because otherwise the time
// would be that of a single person. The market's own manager sees all times.
func (g *Groups) PaidAt(of *Group, own bool) *time.Time {
	if !own && of.quiet() {
		return nil
	}
	var newest time.Time
	for place, id := range g.Markets {
		at := g.CellAt(place)
		if at == nil || !of.markets.Has(place) {
			continue
		}
		if alone := g.All[g.numbers[g.set(id).Key()]]; !own && (alone.quiet() || disclosure.IsFew(alone.Tally.paid)) {
			continue
		}
		if known := at.FreshAt["activity"]; known.After(newest) {
			newest = known
		}
	}
	return &newest
}

// quiet reports whether the number of recently paid merchants is hidden.
func (g *Group) quiet() bool {
	return g.Hidden[indicators.Active7.Family()] || g.Hidden[indicators.Active30.Family()]
}

// publishes reports whether a group is a sum of published groups that are disjoint and share no
// merchants. Such a group reveals nothing new.
func (g *Groups) publishes(f *family, id indicators.Family, made *Group) bool {
	rest, people := slices.Clone(made.markets), 0
	for _, c := range slices.Backward(g.All) {
		if c.markets.Len() > 0 && !c.Hidden[id] && c.markets.Within(rest) {
			rest.Remove(c.markets)
			people += f.belonging(c)
		}
	}
	return rest.Len() == 0 && people == f.belonging(made)
}

// belonging returns how many people of a group a family's figures may be about.
func (f *family) belonging(c *Group) (n int) {
	if f.contribution == nil {
		return 0 // none of them is in the register
	}
	for _, p := range c.Tally.Facts.People {
		belongs, _ := f.contribution(p)
		n += oneIf(belongs)
	}
	return n
}

// ids returns the families that are decided together.
func (f *family) ids() []indicators.Family {
	if f.each != nil {
		return f.each
	}
	return []indicators.Family{f.id}
}

// cellsOf returns the cells of the markets in a set.
func (g *Groups) cellsOf(set disclosure.Set) (list []*facts.Cell) {
	for place := range g.Markets {
		if set.Has(place) {
			if c := g.CellAt(place); c != nil {
				list = append(list, c)
			}
		}
	}
	return list
}

// Key returns a key for the groups. It depends on their markets, their sets of markets, and whether
// the reader is bound by the rules of disclosure.
func (g *Groups) Key(bound bool) string {
	var b strings.Builder
	b.WriteString(strconv.FormatBool(bound))
	for _, id := range g.Markets {
		b.Write(id[:])
	}
	for _, c := range g.All {
		b.WriteString(c.markets.Key())
		b.WriteString(strconv.FormatBool(c.total) + strconv.FormatBool(c.pilots))
	}
	return b.String()
}

// Count fills the tallies from what is known of each market.
func (g *Groups) Count(known *facts.DayFacts) {
	g.several = map[facts.MerchantID]bool{}
	g.cells, g.cohort, g.facts = facts.JoinParts(known.Cells), known.Cohort(), known
	g.leaveOut()
	for _, c := range g.All {
		c.Tally = tallyCell(facts.Join(g.cellsOf(c.markets)), g.cohort)
	}
}

// leaveOut removes markets of one to four merchants that no campaign chose from every larger group,
// if a campaign chose other markets. Otherwise all markets minus the pilots would reveal them. The
// register shows how many merchants a market has.
func (g *Groups) leaveOut() {
	if g.pilots.Len() == 0 {
		return
	}
	for place := range g.Markets {
		at := g.CellAt(place)
		if at != nil && !g.pilots.Has(place) && disclosure.IsFew(at.Operating()) {
			g.small.Add(place)
		}
	}
	if g.small.Len() == 0 {
		return
	}
	list := g.All
	g.All, g.numbers = nil, map[string]int{}
	for _, c := range list {
		g.add(g.summed(c.markets), *c)
	}
	g.order()
}

// summed returns the markets of a set that are counted together. Small markets are left out unless
// there are no others.
func (g *Groups) summed(set disclosure.Set) disclosure.Set {
	rest := slices.Clone(set)
	rest.Remove(g.small)
	if rest.Len() == 0 {
		return set
	}
	return rest
}

// Apart returns which of some markets are in no sum with the others.
func (g *Groups) Apart(markets []uuid.UUID) map[uuid.UUID]bool {
	set := g.summed(g.set(markets...))
	left := map[uuid.UUID]bool{}
	for _, id := range markets {
		left[id] = !set.Has(g.indexes[id])
	}
	return left
}

// Merchants returns how many merchants operate a stall at some markets.
func (g *Groups) Merchants(markets []uuid.UUID) int {
	return facts.Join(g.cellsOf(g.set(markets...))).Operating()
}

// CellAt returns what is known of the market at an index, or nil if nothing is known.
func (g *Groups) CellAt(place int) *facts.Cell { return g.cells[facts.MarketName(place)] }

// Joint returns the groups of several markets.
func (g *Groups) Joint() []*Group { return g.All[len(g.Markets):] }

// Has reports whether the market at an index is in a group.
func (g *Group) Has(place int) bool { return g.markets.Has(place) }
