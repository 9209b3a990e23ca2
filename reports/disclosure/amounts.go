package disclosure

import "slices"

// ProtectAmounts hides every cell for which tooFew reports that it must not be published, and then cells that such a group could
// be worked out from: amounts have no bounds, so only sums and differences matter. It changes t.Cells.
func (t *Table) ProtectAmounts(tooFew func(Set) bool) {
	for i := range t.Cells {
		t.Cells[i].Hidden = t.Cells[i].Hidden || tooFew(t.Cells[i].Atoms)
	}
	if !slices.ContainsFunc(t.Cells, func(c Cell) bool { return c.Hidden }) {
		return
	}
	s := newSearch(t)
	for {
		r, open := s.firstTelling(tooFew)
		if !open {
			return
		}
		hide := r.cell
		for _, inner := range r.less {
			if s.compare(inner, hide) < 0 {
				hide = inner
			}
		}
		t.Cells[hide].Hidden = true
	}
}

// firstTelling returns the smallest published cell that gives away what tooFew forbids.
func (s *search) firstTelling(tooFew func(Set) bool) (row, bool) {
	rows := s.rows(func(c *Cell) bool { return c.Hidden })
	var rests []Set
	for _, r := range rows {
		rest := slices.Clone(s.t.Cells[r.cell].Atoms)
		for _, inner := range r.less {
			rest.Remove(s.t.Cells[inner].Atoms)
		}
		rests = append(rests, rest)
		if len(r.less) > 0 && tooFew(rest) {
			return r, true
		}
	}
	for i, a := range rests { // of two that overlap, each difference
		for j, b := range rests {
			if i == j || !a.meets(b) || b.Within(a) && a.Within(b) {
				continue
			}
			left := slices.Clone(a)
			left.Remove(b)
			if tooFew(left) {
				return rows[max(i, j)], true
			}
		}
	}
	return row{}, false
}
