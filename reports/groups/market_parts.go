package groups

import (
	"maps"
	"slices"

	"github.com/google/uuid"

	"market40/reports/disclosure"
	"market40/reports/facts"
	"market40/reports/indicators"
)

// Part is what is counted in one part of a market.
type Part struct {
	Dimension, Name string
	Tally           Tally
	hidden          Hidden
}

// divideGroup returns the parts of a market in every dimension.
func divideGroup(cells map[string]*facts.Cell, cohort facts.Cohort) []*Part {
	var parts []*Part
	for _, dimension := range facts.Dimensions() {
		of := map[string][]string{}
		for _, name := range slices.Sorted(maps.Keys(cells)) {
			if part, is := facts.NameIn(dimension, name); is {
				of[part] = append(of[part], name)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(of)) {
			p := &Part{Dimension: dimension, Name: name, hidden: Hidden{}}
			var here []*facts.Cell
			for _, atom := range of[name] {
				here = append(here, cells[atom])
			}
			p.Tally = tallyCell(facts.Join(here), cohort)
			if p.Tally.Merchants > 0 {
				parts = append(parts, p)
			}
		}
	}
	return parts
}

// hideParts hides what may not be published of a market's parts, all of one dimension. If one of
// the market's own figures is hidden, so are those of its parts. elsewhere are merchants of several
// markets. Their facts may be known from the other market.
func hideParts(parts []*Part, whole *Group, elsewhere map[facts.MerchantID]bool) {
	all := disclosure.NewSet(len(parts))
	for i := range parts {
		all.Add(i)
	}
	people := peopleOf(len(parts), func(i int) *facts.Cell { return parts[i].Tally.Facts }, elsewhere)
	families := []family{activityFamily()}
	for _, row := range indicators.Guarded() { // parts have no published evidence or amounts
		if row.Divisible {
			families = append(families, guardedFamily(row, [2]int64{}))
		}
	}
	for _, f := range families {
		table := f.table(len(parts), people)
		for i, p := range parts {
			one := disclosure.NewSet(len(parts))
			one.Add(i)
			table.Cells = append(table.Cells, f.inside(one, &p.Tally, p.hidden, whole))
		}
		if len(parts) > 1 {
			own := f.inside(all, &whole.Tally, whole.Hidden, whole)
			own.AlwaysPublished = true // already decided among the markets
			table.Cells = append(table.Cells, own)
		}
		table.Protect()
		for i, p := range parts {
			f.note(&table.Cells[i], p.hidden)
		}
	}
}

// inside returns a part of a market as a cell. What is hidden of the market is hidden of the part.
func (f *family) inside(atoms disclosure.Set, t *Tally, hidden Hidden, whole *Group) disclosure.Cell {
	c := f.cell(atoms, t, hidden)
	c.Hidden = c.Hidden || f.each == nil && whole.Hidden[f.id]
	for k, id := range f.each {
		c.Counts[k].Hidden = whole.Hidden[id]
	}
	return c
}

// Parts returns the parts of a market with what is hidden of them. They are of one dimension,
// because two partitions combined would identify people.
func (g *Groups) Parts(market uuid.UUID, dimension string) []*Part {
	parts := slices.DeleteFunc(g.AllParts(market), func(p *Part) bool { return p.Dimension != dimension })
	hideParts(parts, g.Of(market), g.several)
	return parts
}

// AllParts returns the parts of a market in every dimension, for its own manager. Nothing is hidden
// of them.
func (g *Groups) AllParts(market uuid.UUID) []*Part {
	return divideGroup(facts.PartsOf(g.facts.Cells, g.indexes[market]), g.cohort)
}

// Group returns the counts of a part, and what is hidden of it.
func (p *Part) Group() *Group { return &Group{Tally: p.Tally, Hidden: p.hidden} }
