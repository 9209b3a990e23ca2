package audit

import (
	"fmt"
	"maps"
	"slices"
)

// Whereabouts are the atoms at which a person is or was, as the register shows by name. operates
// marks the atoms at which the person may belong to a cell.
type Whereabouts struct {
	atoms    []int
	operates uint32
}

// At returns the whereabouts with one more atom.
func (w Whereabouts) At(atom int, belongs bool) Whereabouts {
	if belongs {
		w.operates |= 1 << len(w.atoms)
	}
	w.atoms = append(w.atoms, atom)
	return w
}

// ClassesOf counts people by their atoms and by where they may belong. It leaves out people who can
// belong nowhere.
func ClassesOf[ID comparable](people map[ID]Whereabouts) []Class {
	classes := map[string]*Class{}
	for _, w := range people {
		if w.operates == 0 {
			continue
		}
		key := fmt.Sprint(w)
		if classes[key] == nil {
			classes[key] = &Class{Atoms: w.atoms, Operates: w.operates}
		}
		classes[key].People++
	}
	var list []Class
	for _, key := range slices.Sorted(maps.Keys(classes)) {
		list = append(list, *classes[key])
	}
	return list
}

// HidesNothing reports whether every count is published and every person is in one atom only.
func (p *Published) HidesNothing() bool {
	return !slices.ContainsFunc(p.Cells, func(c Cell) bool { return c.Value == nil }) &&
		!slices.ContainsFunc(p.Classes, func(c Class) bool { return len(c.Atoms) > 1 })
}
