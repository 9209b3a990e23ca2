package disclosure

import "math"

const (
	tolerance = 1e-7
	// more than any table needs; a table that is not solved by then counts as narrow
	mostTurns = 20_000
)

// tableau is the simplex method for bounded variables. It starts at zero.
type tableau struct {
	rows  [][]float64
	value []float64 // of each row's variable
	// each row's variable; from len(room) on: a published figure, which may not change
	basis   []int
	limits  []float64
	atLimit []bool // a column outside the basis is at its room, otherwise at 0
	inBasis []bool
	cost    []float64 // how much each column would still add
}

// solveMaximum returns the largest f·x with rows·x = 0 and 0 ≤ x ≤ room.
func solveMaximum(rows [][]float64, f, room []float64) float64 {
	t := &tableau{
		limits: room, cost: append([]float64(nil), f...), value: make([]float64, len(rows)),
		atLimit: make([]bool, len(f)), inBasis: make([]bool, len(f)),
	}
	for i, r := range rows {
		t.rows = append(t.rows, append([]float64(nil), r...))
		t.basis = append(t.basis, len(f)+i)
	}
	for range mostTurns {
		j := t.entering()
		if j < 0 {
			return t.sum(f)
		}
		t.move(j)
	}
	return 0
}

func (t *tableau) sum(f []float64) float64 {
	total := 0.0
	for j := range f {
		if t.atLimit[j] && !t.inBasis[j] {
			total += f[j] * t.limits[j]
		}
	}
	for i, j := range t.basis {
		if j < len(f) {
			total += f[j] * t.value[i]
		}
	}
	return total
}

// entering returns the first column that would add something, or −1. By Bland's rule the method
// cannot cycle.
func (t *tableau) entering() int {
	for j, c := range t.cost {
		if !t.inBasis[j] && (!t.atLimit[j] && c > tolerance || t.atLimit[j] && c < -tolerance) {
			return j
		}
	}
	return -1
}

// move moves a column as far as possible: to its other bound, or until a row's variable reaches a
// bound and leaves the basis.
func (t *tableau) move(j int) {
	sign := 1.0
	if t.atLimit[j] {
		sign = -1
	}
	step, leaving := t.limits[j], -1
	for i := range t.rows {
		slope := -t.rows[i][j] * sign
		if math.Abs(slope) <= tolerance {
			continue
		}
		far := t.value[i] / -slope // down to 0
		if t.basis[i] >= len(t.limits) {
			far = 0
		} else if slope > 0 {
			far = (t.limits[t.basis[i]] - t.value[i]) / slope
		}
		if far = max(far, 0); far < step-tolerance || far <= step+tolerance && leaving >= 0 &&
			t.basis[i] < t.basis[leaving] || far <= step && leaving < 0 {
			step, leaving = min(far, step), i
		}
	}
	for i := range t.rows {
		t.value[i] -= t.rows[i][j] * sign * step
	}
	if leaving < 0 {
		t.atLimit[j] = !t.atLimit[j]
		return
	}
	t.pivot(leaving, j, sign*step)
}

func (t *tableau) pivot(leaving, j int, by float64) {
	value := by
	if t.atLimit[j] {
		value += t.limits[j]
	}
	if out := t.basis[leaving]; out < len(t.limits) {
		t.inBasis[out] = false
		t.atLimit[out] = t.value[leaving] > t.limits[out]/2
	}
	t.basis[leaving], t.inBasis[j], t.value[leaving] = j, true, value
	pivot := t.rows[leaving]
	scale := pivot[j]
	for k := range pivot {
		pivot[k] /= scale
	}
	subtract := func(from []float64) {
		if factor := from[j]; factor != 0 {
			for k := range from {
				from[k] -= factor * pivot[k]
			}
		}
	}
	for i := range t.rows {
		if i != leaving {
			subtract(t.rows[i])
		}
	}
	subtract(t.cost)
}
