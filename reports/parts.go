package reports

import (
	"maps"
	"slices"

	"github.com/google/uuid"

	"market40/reports/disclosure"
	"market40/reports/facts"
	"market40/reports/indicators"
)

// part is what is counted in one part of a market.
type part struct {
	dimension, name string
	tally           tally
	hidden          hidden
}

// divide makes the parts of a market in every dimension.
func divide(cells map[string]*facts.Cell, cohort facts.Cohort) []*part {
	var parts []*part
	for _, dimension := range facts.Dimensions() {
		of := map[string][]string{}
		for _, name := range slices.Sorted(maps.Keys(cells)) {
			if part, is := facts.NameIn(dimension, name); is {
				of[part] = append(of[part], name)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(of)) {
			p := &part{dimension: dimension, name: name, hidden: hidden{}}
			var here []*facts.Cell
			for _, atom := range of[name] {
				here = append(here, cells[atom])
			}
			p.tally = tallied(facts.Join(here), cohort)
			if p.tally.merchants > 0 {
				parts = append(parts, p)
			}
		}
	}
	return parts
}

// hideParts hides what may not be published of the parts of a market, all of one dimension. The market's own figures are published
// beside them; where one of those is hidden, its parts are. Elsewhere are merchants of several markets, who may be known from there.
func hideParts(parts []*part, whole *group, elsewhere map[facts.MerchantID]bool) {
	all := disclosure.NewSet(len(parts))
	for i := range parts {
		all.Add(i)
	}
	people := peopleOf(len(parts), func(i int) *facts.Cell { return parts[i].tally.facts }, elsewhere)
	families := []family{activityFamily()}
	for _, row := range indicators.Guarded() { // evidence and amounts are not published of parts
		if row.Divisible {
			families = append(families, guard(row, [2]int64{}))
		}
	}
	for _, f := range families {
		table := f.table(len(parts), people)
		for i, p := range parts {
			one := disclosure.NewSet(len(parts))
			one.Add(i)
			table.Cells = append(table.Cells, f.inside(one, &p.tally, p.hidden, whole))
		}
		if len(parts) > 1 {
			own := f.inside(all, &whole.tally, whole.hidden, whole)
			own.Stays = true // it was decided among the markets
			table.Cells = append(table.Cells, own)
		}
		table.Protect()
		for i, p := range parts {
			f.note(&table.Cells[i], p.hidden)
		}
	}
}

// inside returns a part of a market as a cell: what is hidden of the market is hidden of it.
func (f *family) inside(atoms disclosure.Set, t *tally, hidden hidden, whole *group) disclosure.Cell {
	c := f.cell(atoms, t, hidden)
	c.Hidden = c.Hidden || f.each == nil && whole.hidden[f.id]
	for k, id := range f.each {
		c.Counts[k].Hidden = whole.hidden[id]
	}
	return c
}

// parts returns the parts of a market with what is hidden of them: those of one dimension, since two partitions laid over each
// other single people out.
func (g *groups) parts(market uuid.UUID, dimension string) []*part {
	parts := slices.DeleteFunc(g.allParts(market), func(p *part) bool { return p.dimension != dimension })
	hideParts(parts, g.of(market), g.several)
	return parts
}

// allParts returns the parts of a market in every dimension, for its own manager. Nothing of them is hidden.
func (g *groups) allParts(market uuid.UUID) []*part {
	return divide(facts.PartsOf(g.facts.Cells, g.places[market]), g.cohort)
}

// asGroup returns what is counted of a part, and hidden.
func (p *part) asGroup() *group { return &group{tally: p.tally, hidden: p.hidden} }
