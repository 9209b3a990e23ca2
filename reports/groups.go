package reports

import (
	"math/bits"

	"github.com/google/uuid"
)

// group is a set of markets whose merchants are counted together: a unit's, or all of a basis.
type group struct {
	markets   marketSet
	tally     tally
	hidden    bool    // numerators, values and evidence
	mixHidden [3]bool // the evidence of each indicator
}

// groups are the distinct ones of all bases. Two units with the same markets are one group: their figures are the
// same and are hidden together.
type groups struct {
	list    []*group
	ids     []uuid.UUID // of the markets, by their place in a marketSet
	places  map[uuid.UUID]int
	numbers map[string]int // of a group in list, by its markets
	totals  map[string]marketSet
}

func groupUnits(units []unit) *groups {
	g := &groups{places: map[uuid.UUID]int{}, numbers: map[string]int{}, totals: map[string]marketSet{}}
	for _, u := range units {
		for _, m := range u.markets {
			if _, known := g.places[m.ID]; !known {
				g.places[m.ID] = len(g.ids)
				g.ids = append(g.ids, m.ID)
			}
		}
	}
	for _, u := range units {
		set := g.set(u)
		g.add(set)
		if g.totals[u.basis] == nil {
			g.totals[u.basis] = make(marketSet, len(set))
		}
		g.totals[u.basis].join(set)
	}
	for _, set := range g.totals {
		g.add(set)
	}
	return g
}

func (g *groups) set(u unit) marketSet {
	set := make(marketSet, (len(g.ids)+63)/64)
	for _, m := range u.markets {
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

// of are the figures of a unit.
func (g *groups) of(u unit) Figures { return g.list[g.numbers[g.set(u).key()]].figures() }

// total are the figures of all units of a basis.
func (g *groups) total(basis string) Figures {
	number, known := g.numbers[g.totals[basis].key()]
	if !known { // the caller sees no unit of this basis
		return (&group{}).figures()
	}
	return g.list[number].figures()
}

// members are group numbers and markets, pair by pair.
func (g *groups) members() (numbers []int32, markets []uuid.UUID) {
	for number, group := range g.list {
		for place, id := range g.ids {
			if group.markets.has(place) {
				numbers = append(numbers, int32(number)) //nolint:gosec // a few hundred units
				markets = append(markets, id)
			}
		}
	}
	return numbers, markets
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

func (s marketSet) key() string {
	b := make([]byte, 0, len(s)*8)
	for _, word := range s {
		for shift := 0; shift < 64; shift += 8 {
			b = append(b, byte(word>>shift))
		}
	}
	return string(b)
}
