// Package audit proves what reports/disclosure decides, and shares no code with it. It takes what is published of one count as
// of one day, as a reader sees it, and bounds each hidden cell by linear programming.
package audit

import (
	"fmt"
	"math"
	"math/bits"
)

// fewest is the rule's number: a hidden count must leave so many values open.
const fewest = 5

// slack is how far a bound may be off a whole number by floating point.
const slack = 1e-6

// Class is people who are in the same atoms (markets, or parts of one), as the register shows it by name.
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
	Least, Most int  // what other published figures say of it
}

// Published is one count as of one day, with everything that a role may ask of it.
type Published struct {
	Classes []Class
	Cells   []Cell
}

// Finding is a hidden count that a reader can narrow down too far.
type Finding struct {
	Name      string
	Low, High int
	Need      int // so many values must be open
}

func (f Finding) String() string {
	return fmt.Sprintf("%s is within %d–%d: fewer than %d values", f.Name, f.Low, f.High, f.Need)
}

// Audit returns the hidden counts that published ones narrow down to too few values. The error says that the figures contradict
// each other or that the solver failed: nothing is proved then.
func (p *Published) Audit() ([]Finding, error) {
	problem := p.build()
	if err := problem.reduce(); err != nil {
		return nil, err
	}
	var found []Finding
	check := func(name string, need int, terms map[int]float64, least, most int) error {
		low, err := problem.bound(terms, 1)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		high, err := problem.bound(terms, -1)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		from, to := max(least, int(math.Ceil(low-slack))), min(most, int(math.Floor(high+slack)))
		if to-from+1 < need {
			found = append(found, Finding{name, from, to, need})
		}
		return nil
	}
	for i := range p.Cells {
		c := &p.Cells[i]
		if c.Value != nil {
			continue
		}
		if err := check(c.Name, p.need(c), problem.count(c.Atoms), c.Least, c.Most); err != nil {
			return nil, err
		}
	}
	for i := range p.Classes {
		c := &p.Classes[i]
		if len(c.Atoms) < 2 || c.People >= fewest || p.placesLeft(c) < 2 {
			continue
		}
		terms := problem.twice(i)
		if err := check(fmt.Sprintf("what %d people do in %v", c.People, c.Atoms), min(fewest, c.People+1), terms, 0, math.MaxInt32); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// need returns how many values must be open: five, or all that there are. Where a published figure around the cell counts nobody or
// nearly everybody, that figure alone leaves fewer.
func (p *Published) need(c *Cell) int {
	need := min(fewest, c.Most-c.Least+1)
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

// placesLeft returns at how many atoms of a class anybody may count: published figures of nobody rule out the others.
func (p *Published) placesLeft(c *Class) int {
	left := 0
	for _, atom := range c.Atoms {
		nobody := false
		for _, cell := range p.Cells {
			nobody = nobody || cell.Value != nil && *cell.Value == 0 && contains(cell.Atoms, []int{atom})
		}
		if !nobody {
			left++
		}
	}
	return left
}

func contains(list, part []int) bool {
	in := map[int]bool{}
	for _, x := range list {
		in[x] = true
	}
	for _, x := range part {
		if !in[x] {
			return false
		}
	}
	return true
}

// build writes the published figures as equations. A variable is how many people of a class count at exactly some of its atoms.
func (p *Published) build() *equations {
	e := &equations{}
	for i, c := range p.Classes {
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

// variable is how many people of a class count at exactly these atoms.
type variable struct {
	class  int
	in     uint32
	counts Class
}

// count returns the terms of a cell's count.
func (e *equations) count(atoms []int) map[int]float64 {
	inside := map[int]bool{}
	for _, atom := range atoms {
		inside[atom] = true
	}
	terms := map[int]float64{}
	for j, v := range e.variables {
		if v.class < 0 {
			continue
		}
		mask := uint32(0)
		for i, atom := range v.counts.Atoms {
			if inside[atom] {
				mask |= 1 << i
			}
		}
		if v.in&mask != 0 && v.counts.Operates&mask != 0 {
			terms[j] = 1
		}
	}
	return terms
}

// twice returns the terms of how often the people of a class count more than once.
func (e *equations) twice(class int) map[int]float64 {
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
