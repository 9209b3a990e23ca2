package reports

import (
	"cmp"
	"slices"
)

// fewest merchants that a count may tell of; 0 is shown.
const fewest = 5

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

// suppress hides the groups with a small count, all their indicators together, and then whatever would give a hidden
// one away; after that, the evidence that tells of few merchants where the numerator itself does not.
func (g *groups) suppress() {
	bySize := slices.SortedFunc(slices.Values(g.list), func(a, b *group) int {
		return cmp.Compare(a.markets.size(), b.markets.size())
	})
	protect(bySize, func(c *group) figures {
		f := figures{merchants: c.tally.merchants}
		for _, e := range c.tally.evidence {
			f.numerators = append(f.numerators, e.sum())
		}
		return f
	}, func(c *group) *bool { return &c.hidden })
	for _, i := range []int{i01, i03, i05} {
		for _, c := range g.list {
			c.mixHidden[i] = c.hidden
		}
		protect(bySize, func(c *group) figures {
			e := c.tally.evidence[i]
			return figures{c.tally.merchants, []int{e.A, e.B, e.C, e.D}}
		}, func(c *group) *bool { return &c.mixHidden[i] })
	}
}

// protect goes from small groups to large ones. What a reader can work out of a group is the difference to the
// shown groups inside it; if that tells of few merchants, or is a hidden group, the group is hidden too. So the
// total is hidden first. Groups without merchants in common are assumed to add up, which can only hide more.
func protect(bySize []*group, of func(*group) figures, hidden func(*group) *bool) {
	for i, c := range bySize {
		rest := slices.Clone(c.markets)
		left := of(c)
		for _, inner := range slices.Backward(bySize[:i]) {
			if !*hidden(inner) && inner.markets.within(rest) {
				rest.remove(inner.markets)
				left = left.less(of(inner))
			}
		}
		if rest.size() == 0 {
			continue // made of shown groups: it tells nothing new
		}
		gives := left.few()
		for _, inner := range bySize[:i] {
			if *hidden(inner) && inner.markets.within(rest) {
				gives = gives || slices.Equal(inner.markets, rest) || (isFew(of(inner).merchants) && left.full())
			}
		}
		if gives {
			*hidden(c) = true
		}
	}
}
