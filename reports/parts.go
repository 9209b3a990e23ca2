package reports

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// separator stands between the words of a part's cell: the market's place, zone, goods group, kind.
const separator = "\x1f"

// dimensions are the ways to divide a market, by the place of their word in a cell's name.
var dimensions = []string{"", "zone", "goods_group", "kind"}

// part is what is counted in one part of a market.
type part struct {
	dimension, name string
	atoms           map[string]bool // cells that it is made of
	tally           tally
	hidden          bool
}

// wholes puts the parts of each market together.
func wholes(atoms map[string]*cell) map[string]*cell {
	of := map[string][]*cell{}
	for _, name := range slices.Sorted(maps.Keys(atoms)) {
		place, _, _ := strings.Cut(name, separator)
		of[place] = append(of[place], atoms[name])
	}
	cells := make(map[string]*cell, len(of))
	for place, here := range of {
		cells[place] = joined(here)
	}
	return cells
}

// atomsOf are the parts of the market at a place.
func (c *counted) atomsOf(place string) map[string]*cell {
	own := map[string]*cell{}
	for name, atom := range c.atoms {
		if strings.HasPrefix(name, place+separator) {
			own[name] = atom
		}
	}
	return own
}

// divide makes the parts of a market in every dimension. They are hidden together, so all are made whatever is asked for.
func divide(cells map[string]*cell, cohort [2]int64) []*part {
	var parts []*part
	for at, dimension := range dimensions[1:] {
		of := map[string][]string{}
		for _, name := range slices.Sorted(maps.Keys(cells)) {
			if words := strings.Split(name, separator); len(words) == len(dimensions) {
				of[words[at+1]] = append(of[words[at+1]], name)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(of)) {
			p := &part{dimension: dimension, name: name, atoms: map[string]bool{}}
			var here []*cell
			for _, atom := range of[name] {
				p.atoms[atom], here = true, append(here, cells[atom])
			}
			p.tally = tallied(joined(here), cohort)
			if p.tally.merchants > 0 {
				parts = append(parts, p)
			}
		}
	}
	return parts
}

// hideParts hides parts of a market whose own figures are published: those with a small count, and then the next smallest, until
// nothing hidden is left to be worked out of the market's figures and the parts that are shown.
func hideParts(parts []*part, whole *tally, of func(*tally) figures) {
	for _, p := range parts {
		p.hidden = of(&p.tally).few()
	}
	for _, dimension := range dimensions[1:] {
		var list []*part
		for _, p := range parts {
			if p.dimension == dimension {
				list = append(list, p)
			}
		}
		for remainderTells(list, of(whole), of) && hideSmallest(list) {
		}
	}
	for derivable(parts) && hideSmallest(parts) {
	}
}

// remainderTells says whether what is left of a whole without the parts that are shown tells of a hidden one.
func remainderTells(list []*part, left figures, of func(*tally) figures) bool {
	hidden, small := 0, false
	for _, p := range list {
		if p.hidden {
			hidden++
			small = small || isFew(p.tally.merchants)
			continue
		}
		left = left.less(of(&p.tally))
	}
	return hidden == 1 || hidden > 1 && (left.few() || small && left.full())
}

// hideSmallest hides the smallest part that is shown; false: all are hidden.
func hideSmallest(list []*part) bool {
	shown := slices.DeleteFunc(slices.Clone(list), func(p *part) bool { return p.hidden })
	if len(shown) == 0 {
		return false
	}
	slices.MinFunc(shown, func(a, b *part) int { return cmp.Compare(a.tally.merchants, b.tally.merchants) }).hidden = true
	return true
}

// derivable says whether a hidden part is a sum or difference of shown ones and the whole: zones may be the same stalls as goods.
// It is linear algebra over the cells that parts are made of, modulo a prime, which has the same answer for such small numbers.
func derivable(parts []*part) bool {
	places := map[string]int{}
	for _, p := range parts {
		for atom := range p.atoms {
			if _, known := places[atom]; !known {
				places[atom] = len(places)
			}
		}
	}
	whole := make([]int64, len(places))
	for i := range whole {
		whole[i] = 1
	}
	space := &span{}
	space.add(whole)
	for _, p := range parts {
		if !p.hidden {
			space.add(p.vector(places))
		}
	}
	return slices.ContainsFunc(parts, func(p *part) bool { return p.hidden && space.holds(p.vector(places)) })
}

func (p *part) vector(places map[string]int) []int64 {
	v := make([]int64, len(places))
	for atom := range p.atoms {
		v[places[atom]] = 1
	}
	return v
}

// span is what a reader can work out, as reduced rows modulo a prime.
type span struct{ rows [][]int64 }

const prime = 1_000_000_007

func (s *span) add(v []int64) {
	if s.reduce(v) >= 0 {
		normalize(v)
		s.rows = append(s.rows, v)
	}
}

// normalize scales a row so that its first number is 1.
func normalize(v []int64) {
	at := slices.IndexFunc(v, func(x int64) bool { return x != 0 })
	if at < 0 || v[at] == 1 {
		return
	}
	scale := power(v[at], prime-2)
	for i := range v {
		v[i] = v[i] * scale % prime
	}
}

func (s *span) holds(v []int64) bool { return s.reduce(v) < 0 }

// reduce takes the rows off v and returns the place of its first number that is left; −1: none.
func (s *span) reduce(v []int64) int {
	for _, row := range s.rows {
		at := slices.IndexFunc(row, func(x int64) bool { return x != 0 })
		if factor := v[at]; factor != 0 {
			for i := range v {
				v[i] = (v[i] + (prime-factor)*row[i]) % prime
			}
		}
	}
	return slices.IndexFunc(v, func(x int64) bool { return x != 0 })
}

func power(base, exponent int64) int64 {
	result := int64(1)
	for ; exponent > 0; exponent >>= 1 {
		if exponent&1 == 1 {
			result = result * base % prime
		}
		base = base * base % prime
	}
	return result
}

// figure is an indicator of a part: numerator, denominator and value alone.
func (p *part) figure(c *counted, code string) Figure {
	g := told{group: &group{tally: p.tally}, day: c.day, version: c.version}
	if p.hidden {
		for i := range g.hidden {
			g.hidden[i] = true
		}
	}
	f := g.figures()[code]
	f.Evidence, f.Parts, f.Coverage, f.FreshAt = nil, nil, nil, nil
	return f
}
