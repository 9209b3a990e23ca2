package reports

import (
	"fmt"

	"market40/reports/disclosure/audit"
	"market40/reports/facts"
	"market40/reports/groups"
	"market40/reports/indicators"
)

// audited is a count of activity that Prove bounds: the numerator of a measure, or its denominator.
type audited struct {
	indicators.Row // without a code if the measure is not an indicator

	denominator bool // the count is the denominator, if that depends on activity too
}

// auditedCounts returns all counts to be bounded.
func auditedCounts() (list []audited) {
	for _, m := range indicators.Activity {
		list = append(list, audited{Row: indicators.Row{Measure: m, Divisible: true}})
	}
	for _, row := range indicators.Guarded() {
		if row.OwnDenominator && !row.Divisible {
			list = append(list, audited{row, true})
		}
		list = append(list, audited{row, false})
	}
	return list
}

// publishedGroups returns what is published of a measure in all groups of markets.
func (c *counted) publishedGroups(a audited) audit.Published {
	p := audit.Published{Apart: a.CountsJointly}
	people, holds := map[facts.MerchantID]audit.Whereabouts{}, groups.HoldsOf(a.Measure, facts.CohortOf(c.day))
	for place, id := range c.groups.Markets {
		p.Cells = append(p.Cells, a.cell(c.view([]Market{{ID: id}}), []int{place}))
		notePeople(people, place, c.groups.CellAt(place), holds)
	}
	for _, g := range c.groups.Joint() {
		var atoms []int
		for place := range c.groups.Markets {
			if g.Has(place) {
				atoms = append(atoms, place)
			}
		}
		if len(atoms) > 0 {
			p.Cells = append(p.Cells, a.cell(view{Group: g, day: c.day, version: c.version}, atoms))
		}
	}
	p.Classes = audit.ClassesOf(people)
	return p
}

// publishedParts returns what is published of a measure in the parts of a market, beside the
// market's own figure.
func (c *counted) publishedParts(market Market, parts []*groups.Part, a audited) audit.Published {
	p := audit.Published{Apart: a.CountsJointly}
	people, holds := map[facts.MerchantID]audit.Whereabouts{}, groups.HoldsOf(a.Measure, facts.CohortOf(c.day))
	var all []int
	for i, part := range parts {
		one := view{Group: part.Group(), day: c.day, version: c.version}
		p.Cells = append(p.Cells, a.cell(one, []int{i}))
		notePeople(people, i, part.Tally.Facts, holds)
		all = append(all, i)
	}
	if len(all) > 1 {
		own := a.cell(c.view([]Market{market}), all)
		own.Stays = true
		p.Cells = append(p.Cells, own)
	}
	p.Classes = audit.ClassesOf(people)
	return p
}

// cell returns the count in one group as a reader sees it.
func (a audited) cell(g view, atoms []int) audit.Cell {
	m := a.Measure
	shown, of := g.measure(a.Row, m), g.Tally.Measured[m].Of
	cell := audit.Cell{Name: fmt.Sprint(atoms), Atoms: atoms, Most: max(g.Tally.Merchants, of)}
	if a.denominator {
		if shown.Denominator != nil {
			cell.Value = &of
		}
		return cell
	}
	if shown.Denominator != nil {
		cell.Most = int(shown.Denominator.IntPart())
	}
	// the register shows who has a printed code
	if m == indicators.Ready || m == indicators.Dormant {
		cell.Most = min(cell.Most, g.Tally.Measured[indicators.Printed].Mix.Sum())
	}
	if shown.Numerator != nil {
		n := int(shown.Numerator.IntPart())
		cell.Value = &n
	} else if shown.Denominator == nil {
		cell.Values = of + 1
	}
	// the dormant merchants are ready, observed and not paid
	if shown.Numerator == nil && m == indicators.Dormant {
		cell.Most = min(cell.Most, g.Tally.Measured[indicators.Covered].Mix.Sum())
		if able := g.measure(a.Row, indicators.Ready).Numerator; able != nil {
			cell.Most = min(cell.Most, int(able.IntPart()))
		}
		if active := g.measure(a.Row, indicators.Active30).Numerator; active != nil {
			cell.Most = min(cell.Most, g.Tally.Merchants-int(active.IntPart()))
		}
	}
	return cell
}

// notePeople records the people who are known at an atom.
func notePeople(people map[facts.MerchantID]audit.Whereabouts, atom int, at *facts.Cell, holds groups.HoldsFunc) {
	if at == nil {
		return
	}
	for id, p := range at.People {
		belongs, _ := holds(p)
		people[id] = people[id].At(atom, belongs)
	}
}
