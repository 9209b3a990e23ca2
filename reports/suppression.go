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
	bySize := slices.SortedFunc(slices.Values(g.list), func(a, b *group) int {
		return cmp.Compare(a.markets.size(), b.markets.size())
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
		protect(bySize, inside, f)
	}
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
