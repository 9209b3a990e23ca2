package audit

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize/convex/lp"
)

const zero = 1e-9

// equations are linear equations over variables that are 0 or more.
type equations struct {
	variables []variable
	rows      []equation

	fixed map[int]float64 // the variables that have one value
	free  []int           // the others, in order
	a     *mat.Dense      // independent rows over the free ones; nil: none
	b     []float64
}

type equation struct {
	terms map[int]float64
	sum   float64
}

func (e *equations) add(terms map[int]float64, sum float64) {
	e.rows = append(e.rows, equation{terms, sum})
}

// addBounds adds least ≤ terms ≤ most by two variables more.
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

// reduce fixes what has one value only, and leaves independent rows of the rest, as the solver needs them.
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
	at := map[int]int{}
	for j := range e.variables {
		if _, known := e.fixed[j]; !known {
			at[j] = len(e.free)
			e.free = append(e.free, j)
		}
	}
	var independent, reduced [][]float64
	for _, r := range e.rows {
		row := make([]float64, len(e.free)+1)
		for j, x := range r.terms {
			row[at[j]] = x
		}
		row[len(e.free)] = r.sum
		if less, any := eliminate(reduced, row); any {
			reduced, independent = append(reduced, less), append(independent, row)
		} else if math.Abs(less[len(e.free)]) > slack {
			return errors.New("the published figures contradict each other")
		}
	}
	if len(independent) == 0 {
		return nil
	}
	e.a = mat.NewDense(len(independent), len(e.free), nil)
	for i, row := range independent {
		e.a.SetRow(i, row[:len(e.free)])
		e.b = append(e.b, row[len(e.free)])
	}
	return nil
}

// fix takes fixed variables out of a row, and fixes what the row leaves one value.
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
	for j := range r.terms { // positive terms that add up to nothing
		e.fixed[j] = 0
	}
	return true, nil
}

// eliminate takes earlier rows off a copy of row, and reports whether a variable is left.
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

// leading returns the place of a row's largest number, the sum aside; −1: there is none.
func leading(row []float64) int {
	at, most := -1, zero
	for k, x := range row[:len(row)-1] {
		if math.Abs(x) > most {
			at, most = k, math.Abs(x)
		}
	}
	return at
}

// bound returns the least value of some terms; with sign −1 the largest.
func (e *equations) bound(terms map[int]float64, sign float64) (float64, error) {
	known, any := 0.0, false
	cost := make([]float64, len(e.free))
	for j, x := range terms {
		known += x * e.fixed[j]
	}
	for at, j := range e.free {
		cost[at] = sign * terms[j]
		any = any || cost[at] != 0
	}
	if !any || e.a == nil {
		return known, nil
	}
	best, err := solve(cost, e.a, e.b)
	if err != nil {
		return 0, fmt.Errorf("linear program: %w", err)
	}
	return known + sign*best, nil
}

// solve calls the solver. It panics on some singular bases, which is an error here.
func solve(cost []float64, a *mat.Dense, b []float64) (best float64, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the solver gave up: %v", r)
		}
	}()
	best, _, err = lp.Simplex(cost, a, b, 0, nil)
	return best, err
}
