package disclosure

import "slices"

// ProtectAmounts hides every cell for which tooFew reports that it must not be published. Then it
// hides cells from which such a group could be derived. Amounts have no limits, so only sums and
// differences matter. It changes t.Cells.
func (t *Table) ProtectAmounts(tooFew func(Set) bool) {
	for i := range t.Cells {
		t.Cells[i].Hidden = t.Cells[i].Hidden || tooFew(t.Cells[i].Atoms)
	}
	if !slices.ContainsFunc(t.Cells, func(c Cell) bool { return c.Hidden }) {
		return
	}
	s := newSearch(t)
	for {
		cells := s.firstRevealing(tooFew)
		if len(cells) == 0 {
			return
		}
		t.Cells[slices.MinFunc(cells, s.compareWorth)].Hidden = true
	}
}

// firstRevealing returns published cells that together reveal what tooFew forbids, limited to those
// that may be hidden. It returns none if nothing is revealed. What cells that stay reveal among
// themselves is not hidden by others.
func (s *search) firstRevealing(tooFew func(Set) bool) []int {
	rows := s.rows(func(c *Cell) bool { return c.Hidden })
	var rests []Set
	for _, r := range rows {
		rest := slices.Clone(s.t.Cells[r.cell].Atoms)
		for _, inner := range r.less {
			rest.Remove(s.t.Cells[inner].Atoms)
		}
		rests = append(rests, rest)
		if cells := s.mayHide(r); len(r.less) > 0 && len(cells) > 0 && tooFew(rest) {
			return cells
		}
	}
	for i, a := range rests { // both differences of two rows that overlap
		for j, b := range rests {
			if i == j || !a.meets(b) || b.Within(a) && a.Within(b) {
				continue
			}
			left := slices.Clone(a)
			left.Remove(b)
			if cells := s.mayHide(rows[i], rows[j]); len(cells) > 0 && tooFew(left) {
				return cells
			}
		}
	}
	return nil
}

// mayHide returns the cells of rows, except those that stay.
func (s *search) mayHide(rows ...row) (cells []int) {
	for _, r := range rows {
		for _, i := range append(slices.Clone(r.less), r.cell) {
			if !s.t.Cells[i].AlwaysPublished {
				cells = append(cells, i)
			}
		}
	}
	return cells
}
