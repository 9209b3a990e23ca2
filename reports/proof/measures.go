package proof

import (
	"fmt"

	"market40/reports/disclosure/audit"
	"market40/reports/facts"
	"market40/reports/figures"
	"market40/reports/groups"
	"market40/reports/indicators"
	"market40/reports/scope"
)

// measured is a count of activity that Check bounds: the numerator of a measure, or its denominator.
type measured struct {
	indicators.Row // without a code where no indicator has the measure

	denominator bool // the denominator is checked: it counts activity too
}

// measuredCounts returns all counts that Check bounds.
func measuredCounts() (list []measured) {
	for _, m := range indicators.Activity {
		list = append(list, measured{Row: indicators.Row{Measure: m, Divisible: true}})
	}
	for _, row := range indicators.Guarded() {
		if row.OwnDenominator && !row.Divisible {
			list = append(list, measured{row, true})
		}
		list = append(list, measured{row, false})
	}
	return list
}

// publishedGroups returns what is published of a measure in all groups of markets.
func publishedGroups(day *figures.Day, m measured) audit.Published {
	p := audit.Published{Apart: m.CountsJointly}
	people := map[facts.MerchantID]audit.Whereabouts{}
	holds := groups.ContributionOf(m.Measure, facts.CohortOf(day.Date))
	for place, id := range day.Groups.Markets {
		p.Cells = append(p.Cells, m.cell(day.View(id), []int{place}))
		notePeople(people, place, day.Groups.CellAt(place), holds)
	}
	for _, g := range day.Groups.Joint() {
		var atoms []int
		for place := range day.Groups.Markets {
			if g.Has(place) {
				atoms = append(atoms, place)
			}
		}
		if len(atoms) > 0 {
			p.Cells = append(p.Cells, m.cell(day.GroupView(g), atoms))
		}
	}
	p.Classes = audit.ClassesOf(people)
	return p
}

// publishedParts returns what is published of a measure in the parts of a market, beside the figure
// of the market.
func publishedParts(day *figures.Day, market scope.Market, parts []*groups.Part, m measured) audit.Published {
	p := audit.Published{Apart: m.CountsJointly}
	people := map[facts.MerchantID]audit.Whereabouts{}
	holds := groups.ContributionOf(m.Measure, facts.CohortOf(day.Date))
	var all []int
	for i, part := range parts {
		p.Cells = append(p.Cells, m.cell(day.GroupView(part.Group()), []int{i}))
		notePeople(people, i, part.Tally.Facts, holds)
		all = append(all, i)
	}
	if len(all) > 1 {
		own := m.cell(day.View(market.ID), all)
		own.AlwaysPublished = true
		p.Cells = append(p.Cells, own)
	}
	p.Classes = audit.ClassesOf(people)
	return p
}

// cell returns what a reader sees of the count in one group.
func (m measured) cell(v figures.View, atoms []int) audit.Cell {
	shown, of := v.Measure(m.Row, m.Measure), v.Tally.Measured[m.Measure].Of
	cell := audit.Cell{Name: fmt.Sprint(atoms), Atoms: atoms, Most: max(v.Tally.Merchants, of)}
	if m.denominator {
		if shown.Denominator != nil {
			cell.Value = &of
		}
		return cell
	}
	if shown.Denominator != nil {
		cell.Most = int(shown.Denominator.IntPart())
	}
	if m.Measure == indicators.Ready || m.Measure == indicators.Dormant { // the register shows who has a printed code
		cell.Most = min(cell.Most, v.Tally.Measured[indicators.Printed].Mix.Sum())
	}
	if shown.Numerator != nil {
		n := int(shown.Numerator.IntPart())
		cell.Value = &n
	} else if shown.Denominator == nil {
		cell.Values = of + 1
	}
	// the dormant merchants are ready, observed and not paid
	if shown.Numerator == nil && m.Measure == indicators.Dormant {
		cell.Most = min(cell.Most, v.Tally.Measured[indicators.Covered].Mix.Sum())
		if able := v.Measure(m.Row, indicators.Ready).Numerator; able != nil {
			cell.Most = min(cell.Most, int(able.IntPart()))
		}
		if active := v.Measure(m.Row, indicators.Active30).Numerator; active != nil {
			cell.Most = min(cell.Most, v.Tally.Merchants-int(active.IntPart()))
		}
	}
	return cell
}

// notePeople adds the merchants of an atom to people.
func notePeople(
	people map[facts.MerchantID]audit.Whereabouts,
	atom int,
	at *facts.Cell,
	holds groups.ContributionFunc,
) {
	if at == nil {
		return
	}
	for id, p := range at.People {
		belongs, _ := holds(p)
		people[id] = people[id].At(atom, belongs)
	}
}
