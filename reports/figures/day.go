package figures

import (
	"time"

	"github.com/google/uuid"

	"market40/merchants/platform/bizday"
	"market40/reports/groups"
)

// Day is what was counted as of one day.
type Day struct {
	Date     time.Time // 00:00 UTC: a date, not a moment
	Groups   *groups.Groups
	Versions map[string]int // of the definitions, by the indicator's code
	// Unbound says that the reader manages the one market that is counted, and sees its small
	// counts.
	Unbound bool
}

// Moment returns 00:00 of the day in Vietnam: the state that figures describe.
func (d *Day) Moment() time.Time {
	return bizday.StartOf(d.Date)
}

// View returns the view of some markets: those of a unit, of a basis, or one.
func (d *Day) View(markets ...uuid.UUID) View {
	g := d.Groups.Of(markets...)
	v := d.GroupView(g)
	v.paid = d.Groups.PaidAt(g, d.Unbound)
	return v
}

// GroupView returns the view of a group, without the time of its newest payment.
func (d *Day) GroupView(g *groups.Group) View {
	return View{Group: g, day: d.Date, version: d.Versions}
}

// Parts returns the parts of a market that the reader may see, with what is hidden of them. They are
// the parts of one dimension: two partitions together could reveal single people. An unbound reader
// sees all.
func (d *Day) Parts(market uuid.UUID, dimension string) []*groups.Part {
	if d.Unbound {
		return d.Groups.AllParts(market)
	}
	return d.Groups.Parts(market, dimension)
}

// PartFigure returns the figure of a part of a market: its numerator, denominator and value alone.
func (d *Day) PartFigure(p *groups.Part, code string) Figure {
	f := d.GroupView(p.Group()).Figures()[code]
	f.Evidence, f.Parts, f.Coverage, f.FreshAt = nil, nil, nil, nil
	return f
}

// AddHours adds the part hours_since_update to I24: the hours between the newest fact and the
// moment.
func (d *Day) AddHours(f Figures) {
	newest := f.newest()
	if newest == nil {
		return
	}
	punctuality := f["I24"]
	hours := medianHours([]int64{int64(d.Moment().Sub(*newest).Seconds())})
	punctuality.Parts = map[string]Figure{"hours_since_update": {Value: hours, Definition: d.Versions["I24"]}}
	f["I24"] = punctuality
}
