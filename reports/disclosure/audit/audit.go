// Package audit verifies the decisions of reports/disclosure and shares no code with it. It takes
// the published counts of one measure and day as a reader sees them. It bounds each hidden cell by
// linear programming.
package audit

import (
	"fmt"
	"maps"
	"math"
	"math/bits"
	"slices"
)

// fewest is the number of the rule: a hidden count must leave this many possible values.
const fewest = 5

// slack is how far a bound may be from a whole number because of floating point.
const slack = 1e-6

// Class is a number of people who are in the same atoms (markets, or parts of one). The register
// shows this by name.
type Class struct {
	Atoms    []int
	Operates uint32 // at which of Atoms (bits) they belong to a cell
	People   int
}

// Cell is a count of some atoms as a reader sees it.
type Cell struct {
	Name        string
	Atoms       []int
	Value       *int // nil: hidden
	Least, Most int  // the limits that other published figures set
	// the number of possible values if the denominator is hidden too; 0: limited by Least and Most
	// only
	Values          int
	AlwaysPublished bool // always published: what it reveals alone is no finding
}

// Published is one count as of one day, with everything that a role may request of it.
type Published struct {
	Classes []Class
	Cells   []Cell

	// Apart is set if the counts of a person in single atoms do not decide the count in several
	// together. For example, a merchant may be dormant in one market and paid in another.
	Apart bool
}

// Finding is a hidden count that a reader can narrow down too far.
type Finding struct {
	Name      string
	Low, High int
	Need      int // the number of values that must be possible
}

func (f Finding) String() string {
	return fmt.Sprintf("%s is within %d–%d: fewer than %d values", f.Name, f.Low, f.High, f.Need)
}

// Audit returns the hidden counts that published ones narrow down to too few values. An error means
// that the figures contradict each other or that the solver failed. Then nothing is proved.
func (p *Published) Audit() ([]Finding, error) {
	p = p.merged()
	problem := p.build()
	if err := problem.reduce(); err != nil {
		return nil, err
	}
	var found []Finding
	for i := range p.Cells {
		c := &p.Cells[i]
		if c.Value != nil {
			continue
		}
		low, high, err := problem.narrow(c)
		if err != nil {
			return nil, err
		}
		need := p.need(c)
		if high-low+1 < need { // what the other figures of a cell reveal is no finding
			others, err := p.openByOthers(c)
			if err != nil {
				return nil, err
			}
			need = min(need, others)
			// It reveals nothing about few people or about nearly all, and it protects others.
			if low >= fewest && c.Most-low >= fewest-1 {
				need = min(need, p.fewestValues())
			}
		}
		if high-low+1 < need {
			found = append(found, Finding{c.Name, low, high, need})
		}
	}
	for i := range p.Classes {
		c := &p.Classes[i]
		if p.apart(c) || c.People >= fewest || p.possibleAtoms(c) < 2 {
			continue
		}
		name, need := fmt.Sprintf("what %d people do in %v", c.People, c.Atoms), min(fewest, c.People+1)
		low, high, err := problem.bounds(problem.repeatedTerms(i))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if high-low+1 < need {
			found = append(found, Finding{name, low, high, need})
		}
	}
	return found, nil
}

// narrow returns the least and the largest possible value of a hidden cell.
func (e *equations) narrow(c *Cell) (low, high int, err error) {
	low, high, err = e.bounds(e.count(c.Atoms))
	if err != nil {
		return 0, 0, fmt.Errorf("%s: %w", c.Name, err)
	}
	return max(low, c.Least), min(high, c.Most), nil
}

// bounds returns the least and the largest possible whole number for a sum of terms.
func (e *equations) bounds(terms map[int]float64) (low, high int, err error) {
	least, err := e.bound(terms, 1)
	if err != nil {
		return 0, 0, err
	}
	most, err := e.bound(terms, -1)
	return int(math.Ceil(least - slack)), int(math.Floor(most + slack)), err
}

// openByOthers returns how many values would be possible for a cell if only the cells that stay
// were published.
func (p *Published) openByOthers(c *Cell) (int, error) {
	q := &Published{Classes: p.Classes, Cells: slices.Clone(p.Cells), Apart: p.Apart}
	for i := range q.Cells {
		if !q.Cells[i].AlwaysPublished {
			q.Cells[i].Value = nil
		}
	}
	problem := q.build()
	if err := problem.reduce(); err != nil {
		return 0, err
	}
	low, high, err := problem.narrow(c)
	return high - low + 1, err
}

// merged combines atoms that are in the same cells, because no published figure distinguishes them.
func (p *Published) merged() *Published {
	in := map[int]string{}
	for i := range p.Cells {
		for _, atom := range p.Cells[i].Atoms {
			in[atom] += fmt.Sprint(i, " ")
		}
	}
	first, of := map[string]int{}, map[int]int{}
	for _, atom := range slices.Sorted(maps.Keys(in)) {
		if _, known := first[in[atom]]; !known {
			first[in[atom]] = atom
		}
		of[atom] = first[in[atom]]
	}
	m := &Published{Apart: p.Apart}
	for _, c := range p.Cells {
		c.Atoms = slices.DeleteFunc(slices.Clone(c.Atoms), func(atom int) bool { return of[atom] != atom })
		m.Cells = append(m.Cells, c)
	}
	numbers := map[string]int{}
	for _, c := range p.Classes {
		one := Class{People: c.People}
		for i, atom := range c.Atoms {
			if in[atom] == "" {
				continue // in no cell
			}
			place := slices.Index(one.Atoms, of[atom])
			if place < 0 {
				place = len(one.Atoms)
				one.Atoms = append(one.Atoms, of[atom])
			}
			one.Operates |= c.Operates >> i & 1 << place
		}
		key := fmt.Sprint(one.Atoms, one.Operates)
		if n, known := numbers[key]; known {
			m.Classes[n].People += c.People
			continue
		}
		numbers[key] = len(m.Classes)
		m.Classes = append(m.Classes, one)
	}
	return m
}

// need returns how many values must be possible: five, or all that exist. If a published figure
// around the cell counts no people or nearly all, that figure alone leaves fewer.
func (p *Published) need(c *Cell) int {
	need := min(fewest, c.Most-c.Least+1)
	if c.Values > 0 {
		need = min(need, c.Values)
	}
	for i := range p.Cells {
		around := &p.Cells[i]
		if around.Value == nil || !contains(around.Atoms, c.Atoms) {
			continue
		}
		if *around.Value == 0 {
			need = 1
		}
		if left := around.Most - *around.Value; left < fewest-1 {
			need = min(need, left+1)
		}
	}
	return need
}

// fewestValues returns the smallest number of values that a hidden count must leave possible. A count
// that is hidden to protect it may not have more.
func (p *Published) fewestValues() int {
	least := fewest
	for i := range p.Cells {
		if c := &p.Cells[i]; c.Value == nil {
			if need := p.need(c); need > 1 {
				least = min(least, need)
			}
		}
	}
	return least
}

// possibleAtoms returns the number of atoms of a class at which anybody may count. Published figures
// of 0 exclude the other atoms.
func (p *Published) possibleAtoms(c *Class) int {
	left := 0
	for i, atom := range c.Atoms {
		none := c.Operates>>i&1 == 0
		for _, cell := range p.Cells {
			none = none || cell.Value != nil && *cell.Value == 0 && slices.Contains(cell.Atoms, atom)
		}
		if !none {
			left++
		}
	}
	return left
}

func contains(list, part []int) bool {
	return !slices.ContainsFunc(part, func(x int) bool { return !slices.Contains(list, x) })
}

// mostAtoms is the largest number of atoms of a class that are modelled separately.
const mostAtoms = 8

// apart reports whether the counts of a class in several atoms are modelled as independent of its
// counts in each of them.
func (p *Published) apart(c *Class) bool {
	return len(c.Atoms) > 1 && (p.Apart || len(c.Atoms) > mostAtoms)
}

// build returns the published figures as equations. A variable is the number of people of a class
// who count at exactly some of its atoms.
func (p *Published) build() *equations {
	e := &equations{apart: map[string]int{}}
	for i, c := range p.Classes {
		if p.apart(&c) {
			e.addApart(i, c, p.Cells)
			continue
		}
		row := map[int]float64{}
		for in := range uint32(1) << len(c.Atoms) {
			row[len(e.variables)] = 1
			e.variables = append(e.variables, variable{class: i, in: in, counts: c})
		}
		e.add(row, float64(c.People))
	}
	for i := range p.Cells {
		c := &p.Cells[i]
		if c.Value != nil {
			e.add(e.count(c.Atoms), float64(*c.Value))
			continue
		}
		e.addBounds(e.count(c.Atoms), float64(c.Least), float64(c.Most))
	}
	return e
}

// variable is the number of people of a class who count at exactly these atoms.
type variable struct {
	class  int
	in     uint32
	counts Class
	apart  bool // instead, the number who count in a cell with exactly these of their atoms
}

// addApart adds a variable for each combination of a class's atoms that is in some cell.
func (e *equations) addApart(class int, c Class, cells []Cell) {
	for _, cell := range cells {
		mask := c.inside(cell.Atoms)
		key := fmt.Sprint(class, mask)
		if _, known := e.apart[key]; known || mask&c.Operates == 0 {
			continue
		}
		e.apart[key] = len(e.variables)
		e.variables = append(e.variables, variable{class: class, in: mask, counts: c, apart: true})
		e.addBounds(map[int]float64{e.apart[key]: 1}, 0, float64(c.People))
	}
}

// inside returns which atoms of a class are among some atoms.
func (c *Class) inside(atoms []int) (mask uint32) {
	for i, atom := range c.Atoms {
		if slices.Contains(atoms, atom) {
			mask |= 1 << i
		}
	}
	return mask
}

// count returns the terms of a cell's count.
func (e *equations) count(atoms []int) map[int]float64 {
	terms := map[int]float64{}
	for j, v := range e.variables {
		if v.class < 0 {
			continue
		}
		mask := v.counts.inside(atoms)
		if mask&v.counts.Operates != 0 && (v.apart && mask == v.in || !v.apart && v.in&mask != 0) {
			terms[j] = 1
		}
	}
	return terms
}

// repeatedTerms returns the terms of how often the people of a class count more than once.
func (e *equations) repeatedTerms(class int) map[int]float64 {
	terms := map[int]float64{}
	for j, v := range e.variables {
		if v.class == class {
			if n := bits.OnesCount32(v.in & v.counts.Operates); n > 1 {
				terms[j] = float64(n - 1)
			}
		}
	}
	return terms
}
