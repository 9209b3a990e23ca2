package disclosure

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"strings"
)

// group is a number of people who are in the same atoms and belong to cells there in the same way.
type group struct {
	atoms    []int
	operates uint32
	size     int
	patterns []map[uint32]int // for each count: how many people count at which of the atoms
}

// groupPeople groups people by their atoms. It leaves out people with more than mostAtoms.
func groupPeople(t *Table) []group {
	numbers := map[string]int{}
	var groups []group
	for _, p := range t.People {
		if len(p.Atoms) < 2 || len(p.Atoms) > mostAtoms {
			continue
		}
		var key strings.Builder
		for _, atom := range p.Atoms {
			key.WriteString(strconv.Itoa(atom) + " ")
		}
		key.WriteString(strconv.Itoa(int(p.Operates)))
		n, known := numbers[key.String()]
		if !known {
			n = len(groups)
			numbers[key.String()] = n
			groups = append(groups, group{atoms: p.Atoms, operates: p.Operates, patterns: make([]map[uint32]int,
				t.counts())})
			for k := range groups[n].patterns {
				groups[n].patterns[k] = map[uint32]int{}
			}
		}
		groups[n].size++
		for k, in := range p.Counted {
			groups[n].patterns[k][in]++
		}
	}
	return groups
}

// masks returns which of the group's atoms (bits) are in each of some cells.
func (g *group) masks(cells []Cell) []uint32 {
	masks := make([]uint32, len(cells))
	for cell := range cells {
		for i, atom := range g.atoms {
			if cells[cell].Atoms.Has(atom) {
				masks[cell] |= 1 << i
			}
		}
	}
	return masks
}

// need returns how many values must be possible for the number of times that the people of a group
// count at several atoms. guarded reports whether that number needs protection. For five people or
// more, 0 and 5 may be known.
func (g *group) need(k int) (values int, guarded bool) {
	twice := 0
	for in, n := range g.patterns[k] {
		twice += n * max(bits.OnesCount32(in&g.operates)-1, 0)
	}
	return min(Fewest, g.size+1), IsFew(g.size) || IsFew(twice)
}

// model is a reader's uncertainty about one count: the changes that leave every published figure
// unchanged.
type model struct {
	s       *search
	k       int
	known   bool // the contribution of people in several atoms is treated as known
	columns []column
	parts   []component
}

// column is a possible change by one person of a kind, with the largest number of such changes.
type column struct {
	limit float64
	by    int // 1: more; −1: less
	// where the person counts; −1: it is a person of group, who counts at the atoms of in
	atom  int
	group int    // the number of people added equals the number removed
	in    uint32 // bits of the group's atoms
}

// component is a set of columns that published figures connect.
type component struct {
	columns []int
	rows    [][]float64 // of the columns
}

// newModel returns a reader's uncertainty about a count. If known is set, the contribution of
// people in several atoms is known from other figures, and only the others may change.
func (s *search) newModel(k int, known bool) *model {
	m := &model{s: s, k: k, known: known}
	together := map[int]int{} // people of groups in an atom, and how many of them count
	holding := map[int]int{}
	if known {
		together, holding = s.several(k)
	} else {
		for g := range s.groups {
			m.addGroup(g, together, holding)
		}
	}
	for atom := range s.t.Atoms {
		c := &s.t.Cells[atom]
		n := c.Counts[k]
		if !n.Hidden && (known || together[atom] == 0) {
			continue
		}
		least, most := s.bounds(atom, k)
		if !n.Hidden { // an increase for one of them may be offset by a decrease for another
			least, most = 0, n.Of
		}
		alone, others := n.N-holding[atom], max(n.Of, n.N)-together[atom]
		m.addColumn(column{limit: float64(min(others-alone, most-n.N)), atom: atom, by: 1})
		m.addColumn(column{limit: float64(min(alone, n.N-least)), atom: atom, by: -1})
	}
	m.connect(s.rows(func(c *Cell) bool { return c.Counts[k].Hidden }))
	return m
}

// several counts the people of each atom who are also elsewhere, and those of them who count.
func (s *search) several(k int) (people, holding map[int]int) {
	people, holding = map[int]int{}, map[int]int{}
	for _, p := range s.t.People {
		for i, atom := range p.Atoms {
			if i >= MaxAtoms || p.Operates>>i&1 == 0 {
				continue
			}
			people[atom]++
			holding[atom] += int(p.Counted[k] >> i & 1)
		}
	}
	return people, holding
}

// MaxAtoms is the number of atoms that fit into the bits of a person.
const MaxAtoms = 32

// spanAlone returns by how much the count of a cell may change if nothing is published.
func (m *model) spanAlone(cell int) int {
	total := 0.0
	for j := range m.columns {
		total += math.Abs(m.effect(&m.columns[j], cell)) * m.columns[j].limit
	}
	return int(total)
}

func (m *model) addColumn(c column) {
	if c.limit > 0 {
		m.columns = append(m.columns, c)
	}
}

func (m *model) addGroup(number int, together, holding map[int]int) {
	g := &m.s.groups[number]
	for i, atom := range g.atoms {
		if g.operates>>i&1 == 1 {
			together[atom] += g.size
		}
	}
	for from, n := range g.patterns[m.k] {
		for i, atom := range g.atoms {
			if g.operates>>i&1 == 1 && from>>i&1 == 1 {
				holding[atom] += n
			}
		}
	}
	for in := range uint32(1) << len(g.atoms) {
		n := g.patterns[m.k][in]
		m.addColumn(column{limit: float64(g.size - n), by: 1, atom: -1, group: number, in: in})
		m.addColumn(column{limit: float64(n), by: -1, atom: -1, group: number, in: in})
	}
}

// effect returns by how much a column changes the count of a cell.
func (m *model) effect(c *column, cell int) float64 {
	if c.atom >= 0 {
		if m.s.t.Cells[cell].Atoms.Has(c.atom) {
			return float64(c.by)
		}
		return 0
	}
	inside := m.s.masks[c.group][cell]
	if inside&m.s.groups[c.group].operates == 0 || inside&c.in == 0 {
		return 0
	}
	return float64(c.by)
}

// connect finds which columns the rows connect.
func (m *model) connect(rows []row) {
	of := make([]int, len(m.columns)) // a union-find forest
	for i := range of {
		of[i] = i
	}
	root := func(i int) int {
		for of[i] != i {
			of[i] = of[of[i]]
			i = of[i]
		}
		return i
	}
	var effects [][]float64
	for _, r := range rows {
		e, first := make([]float64, len(m.columns)), -1
		for j := range m.columns {
			c := &m.columns[j]
			e[j] = m.effect(c, r.cell)
			for _, inner := range r.less {
				e[j] -= m.effect(c, inner)
			}
			if e[j] == 0 {
				continue
			}
			if first < 0 {
				first = j
			}
			of[root(j)] = root(first)
		}
		if first >= 0 {
			effects = append(effects, e)
		}
	}
	for g := range m.s.groups {
		e, first := make([]float64, len(m.columns)), -1
		for j := range m.columns {
			c := &m.columns[j]
			if c.atom >= 0 || c.group != g {
				continue
			}
			e[j] = float64(c.by)
			if first < 0 {
				first = j
			}
			of[root(j)] = root(first)
		}
		if first >= 0 {
			effects = append(effects, e)
		}
	}
	number := map[int]int{}
	for j := range m.columns {
		n, known := number[root(j)]
		if !known {
			n = len(m.parts)
			number[root(j)] = n
			m.parts = append(m.parts, component{})
		}
		m.parts[n].columns = append(m.parts[n].columns, j)
	}
	for _, e := range effects {
		for n := range m.parts {
			m.parts[n].addRow(e)
		}
	}
}

func (p *component) addRow(effects []float64) {
	own, any := make([]float64, len(p.columns)), false
	for i, j := range p.columns {
		own[i] = effects[j]
		any = any || own[i] != 0
	}
	if any && !slices.ContainsFunc(p.rows, func(r []float64) bool { return slices.Equal(r, own) }) {
		p.rows = append(p.rows, own)
	}
}

// ofCell returns by how much each column changes the count of a cell.
func (m *model) ofCell(cell int) []float64 {
	f := make([]float64, len(m.columns))
	for j := range m.columns {
		f[j] = m.effect(&m.columns[j], cell)
	}
	return f
}

// ofGroup returns by how much each column changes how often the people of a group count at several
// atoms.
func (m *model) ofGroup(group int) []float64 {
	f := make([]float64, len(m.columns))
	g := &m.s.groups[group]
	twice := func(in uint32) float64 { return float64(max(bits.OnesCount32(in&g.operates)-1, 0)) }
	for j, c := range m.columns {
		if c.atom < 0 && c.group == group {
			f[j] = float64(c.by) * twice(c.in)
		}
	}
	return f
}

// values returns how many values are possible for the count of a cell.
func (m *model) values(cell int) int {
	f := m.ofCell(cell)
	down := make([]float64, len(f))
	for j := range f {
		down[j] = -f[j]
	}
	n := m.s.t.Cells[cell].Counts[m.k].N
	least, most := m.s.bounds(cell, m.k)
	return min(m.most(f), most-n) + min(m.most(down), n-least) + 1
}

// span returns the range of a count that the columns change by f.
func (m *model) span(f []float64) int {
	down := make([]float64, len(f))
	for j := range f {
		down[j] = -f[j]
	}
	return m.most(f) + m.most(down)
}

// most returns the largest increase of f that leaves every published figure unchanged.
func (m *model) most(f []float64) int {
	total := 0.0
	for i := range m.parts {
		p := &m.parts[i]
		own, room, any := make([]float64, len(p.columns)), make([]float64, len(p.columns)), false
		for at, j := range p.columns {
			own[at], room[at] = f[j], m.columns[j].limit
			any = any || own[at] != 0
		}
		if any {
			total += p.most(own, room)
		}
	}
	return int(math.Floor(total + tolerance))
}

func (p *component) most(f, room []float64) float64 {
	switch len(p.rows) {
	case 0:
		total := 0.0
		for j := range f {
			total += max(f[j], 0) * room[j]
		}
		return total
	case 1:
		return mostOfOne(p.rows[0], f, room)
	}
	return solveMaximum(p.rows, f, room)
}

// mostOfOne solves the case of one row with entries −1, 0 and 1. It pairs columns that raise the
// row with columns that lower it, best ones first.
func mostOfOne(effects, f, room []float64) float64 {
	type move struct{ gain, room float64 }
	var up, down []move
	total := 0.0
	for j, e := range effects {
		switch {
		case e > 0 && e != 1 || e < 0 && e != -1:
			return solveMaximum([][]float64{effects}, f, room)
		case e > 0:
			up = append(up, move{f[j], room[j]})
		case e < 0:
			down = append(down, move{f[j], room[j]})
		default:
			total += max(f[j], 0) * room[j]
		}
	}
	best := func(a, b move) int { return cmp.Compare(b.gain, a.gain) }
	slices.SortFunc(up, best)
	slices.SortFunc(down, best)
	for i, j := 0, 0; i < len(up) && j < len(down) && up[i].gain+down[j].gain > 0; {
		n := min(up[i].room, down[j].room)
		total += n * (up[i].gain + down[j].gain)
		up[i].room, down[j].room = up[i].room-n, down[j].room-n
		if up[i].room == 0 {
			i++
		}
		if down[j].room == 0 {
			j++
		}
	}
	return total
}
