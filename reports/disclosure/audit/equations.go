package audit

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize/convex/lp"
)

const zero = 1e-9

// equations are linear equations over variables that are not negative.
type equations struct {
	variables []variable
	rows      []equation
	apart     map[string]int // variables by class and atoms

	fixed map[int]float64 // variables with only one possible value
	parts []*system       // the other variables, grouped by the rows that connect them
	part  map[int]int     // of a variable
}

// system is a set of variables with the rows that connect them.
type system struct {
	free []int
	rows []equation
	a    *mat.Dense // independent rows
	b    []float64
}

type equation struct {
	terms map[int]float64
	sum   float64
}

func (e *equations) add(terms map[int]float64, sum float64) {
	e.rows = append(e.rows, equation{terms, sum})
}

// addBounds adds least ≤ terms ≤ most with two further variables.
func (e *equations) addBounds(terms map[int]float64, least, most float64) {
	for _, side := range []struct{ sign, sum float64 }{{-1, least}, {1, most}} {
		row := map[int]float64{}
		for j, x := range terms {
			row[j] = x
		}
		row[len(e.variables)] = side.sign
		e.variables = append(e.variables, variable{class: -1})
		e.add(row, side.sum)
	}
}

// reduce fixes the variables with only one value and makes the other rows independent, as the
// solver requires.
func (e *equations) reduce() error {
	e.fixed = map[int]float64{}
	for changed := true; changed; {
		changed = false
		for i := range e.rows {
			fixed, err := e.fix(&e.rows[i])
			if err != nil {
				return err
			}
			changed = changed || fixed
		}
	}
	e.split()
	for _, part := range e.parts {
		if err := part.reduce(); err != nil {
			return err
		}
	}
	return nil
}

// split groups variables that rows connect into one system.
func (e *equations) split() {
	of := make([]int, len(e.variables)) // a union-find forest
	for j := range of {
		of[j] = j
	}
	root := func(j int) int {
		for of[j] != j {
			of[j] = of[of[j]]
			j = of[j]
		}
		return j
	}
	for _, r := range e.rows {
		first := -1
		for j := range r.terms {
			if first < 0 {
				first = j
			}
			of[root(j)] = root(first)
		}
	}
	e.part = map[int]int{}
	numbers := map[int]int{}
	for j := range e.variables {
		if _, known := e.fixed[j]; known {
			continue
		}
		n, known := numbers[root(j)]
		if !known {
			n = len(e.parts)
			numbers[root(j)] = n
			e.parts = append(e.parts, &system{})
		}
		e.part[j] = n
		e.parts[n].free = append(e.parts[n].free, j)
	}
	for _, r := range e.rows {
		for j := range r.terms {
			part := e.parts[e.part[j]]
			part.rows = append(part.rows, r)
			break
		}
	}
}

// reduce makes the rows independent, as the solver requires.
func (s *system) reduce() error {
	at := map[int]int{}
	for k, j := range s.free {
		at[j] = k
	}
	var independent, reduced [][]float64
	for _, r := range s.rows {
		row := make([]float64, len(s.free)+1)
		for j, x := range r.terms {
			row[at[j]] = x
		}
		row[len(s.free)] = r.sum
		if less, any := eliminate(reduced, row); any {
			reduced, independent = append(reduced, less), append(independent, row)
		} else if math.Abs(less[len(s.free)]) > slack {
			return errors.New("the published figures contradict each other")
		}
	}
	if len(independent) == 0 {
		return nil
	}
	s.a = mat.NewDense(len(independent), len(s.free), nil)
	for i, row := range independent {
		s.a.SetRow(i, row[:len(s.free)])
		s.b = append(s.b, row[len(s.free)])
	}
	return nil
}

// fix removes fixed variables from a row, and fixes variables to which the row leaves only one
// value.
func (e *equations) fix(r *equation) (changed bool, err error) {
	for j := range r.terms {
		if value, known := e.fixed[j]; known {
			r.sum -= r.terms[j] * value
			delete(r.terms, j)
		}
	}
	if len(r.terms) == 0 {
		if math.Abs(r.sum) > slack {
			return false, errors.New("the published figures contradict each other")
		}
		return false, nil
	}
	if len(r.terms) == 1 {
		for j, x := range r.terms {
			if r.sum/x < -slack {
				return false, errors.New("the published figures contradict each other")
			}
			e.fixed[j] = max(r.sum/x, 0)
		}
		return true, nil
	}
	for _, x := range r.terms {
		if x < 0 || math.Abs(r.sum) > zero {
			return false, nil
		}
	}
	for j := range r.terms { // positive terms with the sum 0
		e.fixed[j] = 0
	}
	return true, nil
}

// eliminate subtracts earlier rows from a copy of row, and reports whether a variable is left.
func eliminate(reduced [][]float64, row []float64) ([]float64, bool) {
	row = append([]float64(nil), row...)
	for _, r := range reduced {
		p := leading(r)
		if factor := row[p] / r[p]; math.Abs(factor) > zero {
			for k := range row {
				row[k] -= factor * r[k]
			}
		}
		row[p] = 0
	}
	return row, leading(row) >= 0
}

// leading returns the index of a row's largest number, apart from the sum, or −1 if there is none.
func leading(row []float64) int {
	at, most := -1, zero
	for k, x := range row[:len(row)-1] {
		if math.Abs(x) > most {
			at, most = k, math.Abs(x)
		}
	}
	return at
}

// bound returns the least value of some terms, or the largest with sign −1.
func (e *equations) bound(terms map[int]float64, sign float64) (float64, error) {
	total := 0.0
	touched := map[int]bool{}
	for j, x := range terms {
		if value, known := e.fixed[j]; known {
			total += x * value
		} else if x != 0 {
			touched[e.part[j]] = true
		}
	}
	for n := range touched {
		part := e.parts[n]
		if part.a == nil {
			return 0, errors.New("a count has no bound")
		}
		cost := make([]float64, len(part.free))
		for k, j := range part.free {
			cost[k] = sign * terms[j]
		}
		best, err := solve(cost, part.a, part.b)
		if err != nil {
			return 0, fmt.Errorf("linear program: %w", err)
		}
		total += sign * best
	}
	return total, nil
}

// solve calls the solver. It converts the solver's panic on some singular bases to an error.
func solve(cost []float64, a *mat.Dense, b []float64) (best float64, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the solver gave up: %v", r)
		}
	}()
	best, _, err = lp.Simplex(cost, a, b, 0, nil)
	return best, err
}
