package reports_test

import (
	"time"

	"github.com/shopspring/decimal"
)

type (
	// factCampaign is what the campaign of a world asks of the districts.
	factCampaign struct {
		starts, ends time.Time // its last day; zero: none
		dueDay       int
		targets      []factTarget
		reports      []factReport
	}
	factTarget struct {
		district string // empty: of all
		value    string
		due      time.Time
	}
	// factReport is a monthly report of a district, with the times at which it was submitted.
	factReport struct {
		district   string
		month, due time.Time
		submitted  []time.Time
	}
)

// punctuality is I24 of some districts.
func (w *factWorld) punctuality(districts []string, moment time.Time) counted {
	year := span{moment.AddDate(-1, 0, 0), moment}
	month := time.Date(w.campaign.starts.Year(), w.campaign.starts.Month(), 1, 0, 0, 0, 0, hoChiMinh)
	end := moment
	if !w.campaign.ends.IsZero() && w.campaign.ends.Before(moment) {
		end = w.campaign.ends
	}
	due, onTime := 0, 0
	for ; !month.After(end); month = month.AddDate(0, 1, 0) {
		for _, district := range districts {
			dueOn, submitted := month.AddDate(0, 1, w.campaign.dueDay-1), time.Time{}
			for _, r := range w.campaign.reports {
				if r.district != district || !r.month.Equal(month) {
					continue
				}
				dueOn = r.due
				for _, at := range r.submitted {
					if submitted.IsZero() || at.Before(submitted) {
						submitted = at
					}
				}
			}
			if _, exempt := w.pilot(district, dueOn); exempt || !year.contains(dueOn) {
				continue
			}
			due++
			if !submitted.IsZero() && submitted.Before(dueOn.AddDate(0, 0, 1)) {
				onTime++
			}
		}
	}
	if due == 0 {
		return counted{}
	}
	f := ratio(number(onTime), number(due))
	f.evidence, f.mixed = [4]int{0, 0, onTime, 0}, true
	return f
}

// target is the campaign's of I05 for a district, else for all: the one due next on or after a day, else the last.
func (w *factWorld) target(district string, on time.Time) *factTarget {
	for _, of := range []string{district, ""} {
		var next, last *factTarget
		for i := range w.campaign.targets {
			t := &w.campaign.targets[i]
			if t.district != of {
				continue
			}
			if last == nil || t.due.After(last.due) {
				last = t
			}
			if !t.due.Before(on) && (next == nil || t.due.Before(next.due)) {
				next = t
			}
		}
		if next != nil {
			return next
		}
		if last != nil {
			return last
		}
	}
	return nil
}

// standing is what a row says of a unit as a whole.
type standing struct{ status, reason string }

// standing is a unit's status by its figures, or why it has none; hidden is whether a figure that it rests on is.
func (f figuresOf) standing(hidden bool, target *factTarget, punctuality counted) standing {
	share := func(of counted) decimal.Decimal {
		if of.value == "" {
			return decimal.Zero
		}
		return decimal.RequireFromString(of.value)
	}
	above := func(of counted, bound string) bool { return share(of).GreaterThan(decimal.RequireFromString(bound)) }
	switch {
	case f["I05"].den.IsZero():
		return standing{reason: "no_merchants"}
	case hidden:
		return standing{reason: "hidden"}
	case !above(f["coverage"], "0.2999"):
		return standing{status: "chua_du_du_lieu"}
	case above(f["I06"], "0.3"), above(f["I18"], "0.4"):
		return standing{status: "can_chu_y"}
	case target == nil:
		return standing{reason: "no_target"}
	case share(f["I05"]).LessThan(decimal.RequireFromString(target.value)), punctuality.known && punctuality.value != "1.0000":
		return standing{status: "chua_dat"}
	}
	return standing{status: "dat"}
}

// figuresOf are figures by their indicators.
type figuresOf map[string]counted

// row holds what a row says of its unit as a whole.
func (c *comparing) row(w *factWorld, row servedRow, want figuresOf) {
	headline := row.Indicators["I05"]
	hidden := headline.Suppressed || row.Coverage.Numerator == nil
	district := ""
	if c.basis == "districts_2024" {
		district = row.Locality.Code
	}
	punctuality := counted{}
	if c.basis == "districts_2024" {
		punctuality = w.punctuality([]string{row.Locality.Code}, c.moment)
	}
	c.punctual(row.Indicators, punctuality)
	var target *factTarget
	if c.campaign {
		target = w.target(district, c.moment)
	}
	switch {
	case row.Target == nil && target != nil, row.Target != nil && (target == nil || row.Target.Value != target.value || row.Target.DueOn != target.due.Format(time.DateOnly)):
		c.wrong("target", "%+v, not %+v", row.Target, target)
	}
	got := standing{reason: row.StatusReason}
	if row.Status != nil {
		got.status = *row.Status
	}
	expected := want.standing(hidden, target, punctuality)
	if got != expected {
		c.wrong("status", "%+v, not %+v", got, expected)
	}
	c.tell("status "+expected.status+expected.reason, true, true)
}

// punctual holds I24 and the hours since the newest fact of the row's figures.
func (c *comparing) punctual(got map[string]served, want counted) {
	told := got["I24"]
	hours := told.Parts["hours_since_update"]
	told.Parts = nil
	c.figure("I24", told, want)
	var newest time.Time
	for _, f := range got {
		if f.FreshAt != nil && f.FreshAt.After(newest) {
			newest = *f.FreshAt
		}
	}
	expected := ""
	if !newest.IsZero() {
		expected = rounded(decimal.NewFromInt(int64(c.moment.Sub(newest)/time.Second)), number(60*60))
	}
	if hours.Value != nil && *hours.Value != expected || hours.Value == nil && expected != "" {
		c.wrong("I24 hours_since_update", "%s, not %s", hours.text(), expected)
	}
}

// ranks holds the ranks of rows against the values that their units truly have. Who sees a part of the units is told none, and
// a unit without enough data has none.
func (c *comparing) ranks(rows []servedRow, values map[string]string) {
	unranked := func(row servedRow) bool {
		return c.who != "admin" || row.Indicators["I05"].Suppressed || row.Status != nil && *row.Status == "chua_du_du_lieu"
	}
	for _, row := range rows {
		c.where = "row " + row.Locality.Code
		mine := values[row.Locality.Code]
		place := 1
		for _, other := range rows {
			of := values[other.Locality.Code]
			if !unranked(other) && of != "" && mine != "" && decimal.RequireFromString(of).GreaterThan(decimal.RequireFromString(mine)) {
				place++
			}
		}
		if unranked(row) || mine == "" {
			place = 0
		}
		got := 0
		if row.Rank != nil {
			got = *row.Rank
		}
		if got != place {
			c.wrong("rank", "%d, not %d", got, place)
		}
		c.tell("rank", place > 0, place > 1)
	}
}
