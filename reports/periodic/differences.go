package periodic

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"market40/merchants/access/roles"
	"market40/reports"
	"market40/reports/figures"
	"market40/reports/scope"
)

// Difference lists the differences between two versions.
type Difference struct {
	From    int             `json:"from"`
	To      int             `json:"to"`
	Figures []FigureChange  `json:"figures" nullable:"false" doc:"by unit, then indicator; equal figures are left out"`
	Markets []MarketsChange `json:"markets" nullable:"false" doc:"units in which other markets were counted"`
}

// FigureChange is a figure before and after; null means that it did not exist.
type FigureChange struct {
	Locality  *scope.Locality `json:"locality" doc:"null: the total"`
	Indicator string          `json:"indicator"`
	Before    *figures.Figure `json:"before"`
	After     *figures.Figure `json:"after"`
}

// MarketsChange is a unit's markets before and after, by code.
type MarketsChange struct {
	Locality scope.Locality `json:"locality"`
	Before   []string       `json:"before" nullable:"false"`
	After    []string       `json:"after" nullable:"false"`
}

// difference compares two versions of a report. from 0 means the version before to.
func (p *Periodic) difference(ctx context.Context, who roles.Principal, id string, to, from int) (*Difference, error) {
	if from == 0 {
		from = to - 1
	}
	var said [2]Content
	for i, n := range []int{from, to} {
		v, err := p.ReadVersion(ctx, who, id, n)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(v.Content.RawMessage, &said[i]); err != nil {
			return nil, fmt.Errorf("content of version %d of report %s: %w", n, id, err)
		}
	}
	d := &Difference{From: from, To: to, Figures: []FigureChange{}, Markets: []MarketsChange{}}
	d.compare(&said[0], &said[1])
	return d, nil
}

// compare compares unit by unit. In a report of one locality the total equals the row, so the total
// is skipped.
func (d *Difference) compare(before, after *Content) {
	rows := map[string]reports.Row{}
	for _, row := range before.Report.Rows {
		rows[row.Locality.ID.String()] = row
	}
	for _, row := range after.Report.Rows {
		was := rows[row.Locality.ID.String()]
		d.figures(&row.Locality, was.Indicators, row.Indicators)
		d.markets(row.Locality, was.Markets, row.Markets)
		delete(rows, row.Locality.ID.String())
	}
	for _, row := range before.Report.Rows {
		if _, gone := rows[row.Locality.ID.String()]; gone {
			d.figures(&row.Locality, row.Indicators, nil)
			d.markets(row.Locality, row.Markets, nil)
		}
	}
	if after.Locality == nil {
		d.figures(nil, before.Report.Total, after.Report.Total)
	}
}

func (d *Difference) figures(unit *scope.Locality, before, after figures.Figures) {
	codes := slices.Collect(maps.Keys(before))
	for code := range after {
		if _, known := before[code]; !known {
			codes = append(codes, code)
		}
	}
	slices.Sort(codes)
	for _, code := range codes {
		was, had := before[code]
		is, has := after[code]
		if had && has && figureText(was) == figureText(is) {
			continue
		}
		change := FigureChange{Locality: unit, Indicator: code}
		if had {
			change.Before = &was
		}
		if has {
			change.After = &is
		}
		d.Figures = append(d.Figures, change)
	}
}

// figureText returns a figure as text for comparison, without the time of its newest fact.
func figureText(f figures.Figure) string {
	f.FreshAt = nil
	parts := map[string]figures.Figure{}
	for key, part := range f.Parts {
		part.FreshAt = nil
		parts[key] = part
	}
	f.Parts = parts
	raw, err := json.Marshal(f)
	if err != nil {
		return err.Error() // cannot happen: it was read from JSON
	}
	return string(raw)
}

func (d *Difference) markets(unit scope.Locality, before, after []scope.Market) {
	codes := func(markets []scope.Market) []string {
		list := []string{}
		for _, m := range markets {
			list = append(list, m.Code)
		}
		return list
	}
	if was, is := codes(before), codes(after); !reflect.DeepEqual(was, is) {
		d.Markets = append(d.Markets, MarketsChange{unit, was, is})
	}
}
