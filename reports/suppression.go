package reports

import (
	"cmp"
	"slices"
)

// fewest merchants that a count may tell of; 0 is shown. fewestOfAmounts: that an amount may tell of.
const (
	fewest          = 5
	fewestOfAmounts = 10
)

// figures are counts that are hidden together.
type figures struct {
	merchants  int   // the denominator
	numerators []int // parts of it
}

// few says whether a count among these tells of one to four merchants.
func (f figures) few() bool {
	return slices.ContainsFunc(f.numerators, isFew) || isFew(f.merchants)
}

func isFew(n int) bool { return 0 < n && n < fewest }

// full says whether some numerator is all of the merchants, which tells of each of them.
func (f figures) full() bool { return f.merchants > 0 && slices.Contains(f.numerators, f.merchants) }

func (f figures) less(o figures) figures {
	left := figures{f.merchants - o.merchants, slices.Clone(f.numerators)}
	for i := range left.numerators {
		left.numerators[i] -= o.numerators[i]
	}
	return left
}

// suppress hides the groups with a small count, family by family, and then whatever would give a hidden one away.
func (g *groups) suppress(cells map[string]*cell) {
	// Of one size, in an order of their own: what is hidden must not change from one answer to the next.
	bySize := slices.SortedFunc(slices.Values(g.list), func(a, b *group) int {
		return cmp.Or(cmp.Compare(a.markets.size(), b.markets.size()), cmp.Compare(a.markets.key(), b.markets.key()))
	})
	inside := make([][]int, len(bySize)) // the smaller groups that lie whole in each
	for i, c := range bySize {
		for j, inner := range bySize[:i] {
			if inner.markets.within(c.markets) {
				inside[i] = append(inside[i], j)
			}
		}
	}
	for _, f := range g.families(cells) {
		for _, c := range g.list {
			c.hidden[f.id] = slices.ContainsFunc(f.under, func(id familyID) bool { return c.hidden[id] })
		}
		for protect(bySize, inside, f); g.disentangle(bySize, f.id); {
			protect(bySize, inside, f)
		}
	}
}

// disentangle hides, from small groups to large ones, what a hidden group could be worked out with as a sum or difference of shown ones
// that overlap: pilots that lie in several districts. It says whether it hid any. Merchants of several markets are as in protect.
func (g *groups) disentangle(bySize []*group, id familyID) (hid bool) {
	space, sought := &span{}, [][]int64{}
	for _, c := range bySize {
		if c.hidden[id] {
			sought = append(sought, c.markets.vector(len(g.ids)))
		}
	}
	if len(sought) == 0 {
		return false
	}
	for _, c := range bySize {
		v := c.markets.vector(len(g.ids))
		if c.hidden[id] || space.reduce(v) < 0 {
			continue
		}
		normalize(v)
		if slices.ContainsFunc(sought, func(h []int64) bool { return slices.Equal(h, v) }) {
			c.hidden[id], hid = true, true
			sought = append(sought, v)
			continue
		}
		space.rows = append(space.rows, v)
		newest := span{rows: [][]int64{v}}
		for _, h := range sought { // what of it a reader does not know yet
			newest.reduce(h)
			normalize(h)
		}
	}
	return hid
}

// protect goes from small groups to large ones. What a reader can work out of a group is the difference to the
// shown groups inside it; if that tells of few merchants, or is a hidden group, the group is hidden too. So the
// total is hidden first. Groups without merchants in common are assumed to add up, which can only hide more.
func protect(bySize []*group, inside [][]int, f family) {
	known := make([]figures, len(bySize))
	for i, c := range bySize {
		known[i] = f.of(&c.tally)
		rest, left := slices.Clone(c.markets), known[i]
		for _, j := range slices.Backward(inside[i]) {
			inner := bySize[j]
			if !inner.hidden[f.id] && inner.markets.within(rest) {
				rest.remove(inner.markets)
				left = left.less(known[j])
			}
		}
		if rest.size() == 0 {
			continue // made of shown groups: it tells nothing new
		}
		gives := left.few()
		if f.gives != nil {
			gives = f.gives(rest, left)
		}
		for _, j := range inside[i] {
			inner := bySize[j]
			if inner.hidden[f.id] && inner.markets.within(rest) {
				gives = gives || slices.Equal(inner.markets, rest) || (isFew(known[j].merchants) && left.full())
			}
		}
		if gives {
			c.hidden[f.id] = true
		}
	}
}
