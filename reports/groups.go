package reports

import (
	"math/bits"
	"slices"
	"strconv"

	"github.com/google/uuid"
)

// group is a set of markets whose merchants are counted together: a unit's, or all of a basis.
type group struct {
	markets marketSet
	tally   tally
	hidden  [families]bool
}

// groups are the distinct ones of all bases, of all markets and of each campaign's pilots, and every market alone. Two units with
// the same markets are one group: their figures are the same and are hidden together.
type groups struct {
	list    []*group
	ids     []uuid.UUID // of the markets, by their place in a marketSet
	places  map[uuid.UUID]int
	numbers map[string]int // of a group in list, by its markets
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
		g.add(g.set([]Market{{ID: id}}))
	}
	for _, pilots := range append([]map[uuid.UUID]bool{nil}, campaigns...) {
		totals := map[string]marketSet{}
		for _, u := range units {
			set := g.set(u.counted(pilots))
			g.add(set)
			if totals[u.basis] == nil {
				totals[u.basis] = make(marketSet, len(set))
			}
			totals[u.basis].join(set)
		}
		for _, set := range totals {
			g.add(set)
		}
	}
	return g
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

func (g *groups) set(markets []Market) marketSet {
	set := make(marketSet, (len(g.ids)+63)/64)
	for _, m := range markets {
		place := g.places[m.ID]
		set[place/64] |= 1 << (place % 64)
	}
	return set
}

func (g *groups) add(set marketSet) {
	if _, known := g.numbers[set.key()]; !known {
		g.numbers[set.key()] = len(g.list)
		g.list = append(g.list, &group{markets: set})
	}
}

// of is the group of some markets, which are a unit's, a basis's, or one.
func (g *groups) of(markets []Market) *group {
	if number, known := g.numbers[g.set(markets).key()]; known {
		return g.list[number]
	}
	return &group{tally: tally{facts: newCell()}} // the caller sees no unit of this basis
}

// placeName is how the queries call the cell of a market.
func placeName(place int) string { return strconv.Itoa(place + 1) }

// cells are those of the markets in a set.
func (g *groups) cells(set marketSet, cells map[string]*cell) (list []*cell) {
	for place := range g.ids {
		if set.has(place) {
			if c := cells[placeName(place)]; c != nil {
				list = append(list, c)
			}
		}
	}
	return list
}

// count fills the tallies from what is known of each market.
func (g *groups) count(cells map[string]*cell, cohort [2]int64) {
	for _, c := range g.list {
		c.tally = tallied(joined(g.cells(c.markets, cells)), cohort)
	}
}

// marketSet has a bit for each market, by its place; all sets of a report have the same length.
type marketSet []uint64

func (s marketSet) has(place int) bool { return s[place/64]>>(place%64)&1 == 1 }

func (s marketSet) join(o marketSet) {
	for i := range s {
		s[i] |= o[i]
	}
}

func (s marketSet) remove(o marketSet) {
	for i := range s {
		s[i] &^= o[i]
	}
}

func (s marketSet) within(o marketSet) bool {
	for i := range s {
		if s[i]&^o[i] != 0 {
			return false
		}
	}
	return true
}

func (s marketSet) size() int {
	n := 0
	for _, word := range s {
		n += bits.OnesCount64(word)
	}
	return n
}

// vector is 1 at the places of its markets, of n.
func (s marketSet) vector(n int) []int64 {
	v := make([]int64, n)
	for place := range v {
		v[place] = int64(s[place/64] >> (place % 64) & 1) //nolint:gosec // a bit
	}
	return v
}

func (s marketSet) key() string {
	b := make([]byte, 0, len(s)*8)
	for _, word := range s {
		for shift := 0; shift < 64; shift += 8 {
			b = append(b, byte(word>>shift))
		}
	}
	return string(b)
}
