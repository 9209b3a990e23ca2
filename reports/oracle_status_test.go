package reports_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

type (
	// factCampaign is what the campaign of a world requires from the districts.
	factCampaign struct {
		starts, ends time.Time // ends is the last day; zero: none
		dueDay       int
		targets      []factTarget
		reports      []factReport
	}
	factTarget struct {
		district string // empty: all districts
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

// silent returns why the campaign requires nothing on a day, or "" if it does. The report as of
// 00:00 after the last day is about the last day.
func (c *factCampaign) silent(on time.Time) string {
	switch {
	case on.Before(c.starts):
		return "not_begun"
	case !c.ends.IsZero() && on.After(c.ends.AddDate(0, 0, 1)):
		return "campaign_ended"
	}
	return ""
}

// punctuality returns I24 of some districts.
func (w *factWorld) punctuality(districts []string, moment time.Time) counted {
	if w.campaign.silent(moment) != "" {
		return counted{}
	}
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
	f := countedRatio(decimalOf(onTime), decimalOf(due))
	f.evidence, f.mixed = [4]int{0, 0, onTime, 0}, true
	return f
}

// target returns the campaign's target of I05 for a district, or else for all districts. It is the
// one due next on or after a day, or else the last.
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

// expectedStatus is the status of a unit in a row, or the reason why it has none.
type expectedStatus struct{ status, reason string }

// statusOf returns a designation's status by the figures of its market, or why it has none. hidden
// reports whether I05 is hidden.
func (f figuresOf) statusOf(hidden bool, target *factTarget, punctuality counted, on time.Time) expectedStatus {
	share := func(of counted) decimal.Decimal {
		if of.value == "" {
			return decimal.Zero
		}
		return decimal.RequireFromString(of.value)
	}
	above := func(of counted, bound string) bool { return share(of).GreaterThan(decimal.RequireFromString(bound)) }
	switch {
	case f["I05"].den.IsZero():
		return expectedStatus{reason: "no_merchants"}
	case !above(f["coverage"], "0.2999"):
		return expectedStatus{status: "khong_du_du_lieu"}
	case above(f["I06"], "0.3"), above(f["I18"], "0.4"):
		return expectedStatus{status: "can_chu_y"}
	case hidden:
		return expectedStatus{reason: "hidden"}
	case target == nil:
		return expectedStatus{reason: "no_target"}
	}
	below := share(f["I05"]).LessThan(decimal.RequireFromString(target.value))
	nothingDue := !punctuality.known || punctuality.den.IsZero()
	switch {
	case below && !target.due.Before(on), !below && nothingDue:
		return expectedStatus{status: "chua_den_han"}
	case below, punctuality.value != "1.0000":
		return expectedStatus{status: "chua_dat"}
	}
	return expectedStatus{status: "dat"}
}

// figuresOf maps indicators to figures.
type figuresOf map[string]counted

// shown leaves out warnings with hidden figures: a figure that the caller may not read decides no
// status.
func (f figuresOf) shown(row map[string]served) figuresOf {
	seen := maps.Clone(f)
	for _, code := range []string{"I06", "I18"} {
		if row[code].Suppressed {
			delete(seen, code)
		}
	}
	return seen
}

// districtsIn returns the districts that have some of the markets as their pilots.
func (w *factWorld) districtsIn(markets []*factMarket, on time.Time) (districts []string) {
	for _, district := range allDistricts {
		if market, _ := w.pilot(district, on); market != nil && slices.Contains(markets, market) {
			districts = append(districts, district)
		}
	}
	return districts
}

// row compares the status of a row's unit.
func (c *comparing) row(w *factWorld, row servedRow, want figuresOf) {
	own := ""
	if ofDistricts(c.basis) && slices.Contains(allDistricts, row.Locality.Code) {
		own = row.Locality.Code
	}
	designated := w.districtsIn(w.group(c.scope, c.basis, row.Locality.Code, true, c.moment), c.moment)
	owing := slices.Clone(designated)
	if own != "" && !slices.Contains(owing, own) {
		owing = append(owing, own)
	}
	punctuality := counted{}
	if len(owing) > 0 {
		punctuality = w.punctuality(owing, c.moment)
	}
	c.punctual(row.Indicators, punctuality)
	if !c.campaign {
		c.compareStatus(row.servedStatus, expectedStatus{reason: "no_campaign"}, nil)
		return
	}
	if why := w.campaign.silent(c.moment); why != "" {
		c.checkEqual(row.Designations, 0)
		c.compareStatus(row.servedStatus, expectedStatus{reason: why}, nil)
		return
	}
	c.checkEqual(row.Designations, len(designated))
	chosen, exempt := w.pilot(own, c.moment)
	switch {
	case len(designated) == 1:
		target := w.target(designated[0], c.moment)
		expected := want.shown(row.Indicators).statusOf(row.Indicators["I05"].Suppressed, target,
			w.punctuality(designated, c.moment), c.moment)
		c.compareStatus(row.servedStatus, expected, target)
		c.because(row, want, expected)
	case len(designated) > 1:
		c.compareStatus(row.servedStatus, expectedStatus{reason: "several"}, nil)
	case exempt:
		c.compareStatus(row.servedStatus, expectedStatus{reason: "exempt"}, nil)
	case own == "":
		c.compareStatus(row.servedStatus, expectedStatus{reason: "not_required"}, nil)
	case chosen != nil:
		c.compareStatus(row.servedStatus, expectedStatus{reason: "market_elsewhere"}, nil)
	default:
		c.compareStatus(row.servedStatus, expectedStatus{reason: "no_market"}, nil)
	}
}

// compareStatus compares a status and a target.
func (c *comparing) compareStatus(served servedStatus, expected expectedStatus, target *factTarget) {
	switch {
	case served.Target == nil && target != nil, served.Target != nil &&
		(target == nil || *served.Target != servedTarget{target.value, target.due.Format(time.DateOnly)}):
		c.wrong("target", "%+v, not %+v", served.Target, target)
	}
	got := expectedStatus{reason: served.StatusReason}
	if served.Status.Code != nil {
		got.status = *served.Status.Code
	}
	if got != expected {
		c.wrong("status", "%+v, not %+v", got, expected)
	}
	if served.Status.Reason == "" || served.Status.ReasonEN == "" {
		c.wrong("status", "%+v has no reason in words", got)
	}
	c.record("status "+expected.status+expected.reason, true, true)
}

// because checks that a reason contains the right numbers.
func (c *comparing) because(row servedRow, want figuresOf, expected expectedStatus) {
	says := func(of counted) bool {
		percent := decimal.RequireFromString(of.value).Shift(2)
		for _, text := range []string{percent.StringFixed(1), percent.StringFixed(2)} {
			if strings.Contains(row.Status.ReasonEN, text+"%") && strings.Contains(row.Status.Reason,
				strings.Replace(text, ".", ",", 1)+" %") {
				return true
			}
		}
		return false
	}
	of := map[string]string{
		"khong_du_du_lieu": "coverage", "chua_den_han": "I05", "chua_dat": "I05",
		"dat": "I05",
	}[expected.status]
	if of != "" && want[of].value != "" && !says(want[of]) {
		c.wrong("reason", "%q does not say %s %s", row.Status.Reason, of, want[of].value)
	}
	if expected.status == "can_chu_y" && !strings.Contains(row.Status.Reason, "I06") &&
		!strings.Contains(row.Status.Reason, "I18") {
		c.wrong("reason", "%q names no indicator", row.Status.Reason)
	}
}

// checkEqual compares the designations of a row with the same ones in another basis.
func (c *comparing) checkEqual(designations []json.RawMessage, many int) {
	if len(designations) != many {
		c.wrong("designations", "%d, not %d", len(designations), many)
	}
	for _, d := range designations {
		var of struct{ Market struct{ Code string } }
		if err := json.Unmarshal(d, &of); err != nil {
			c.wrong("designation", "%v", err)
		}
		key := c.who + c.moment.String() + of.Market.Code
		before, known := c.drawnQuestion.designations[key]
		if known && before != string(d) {
			c.wrong("designation", "%s, in another basis %s", d, before)
		}
		c.drawnQuestion.designations[key] = string(d)
		c.record("designation", true, known)
	}
}

// outside compares what the total leaves out: the markets in scope that no unit contains, and small
// ones.
func (c *comparing) outside(w *factWorld, got servedOutside) {
	var left []*factMarket
	counted := w.group(c.scope, c.basis, "", c.campaign, c.moment)
	for _, m := range c.scope {
		if !slices.Contains(counted, m) && (!c.campaign || len(w.districtsIn([]*factMarket{m}, c.moment)) > 0) {
			left = append(left, m)
		}
	}
	merchants := 0
	if len(left) > 0 {
		merchants = len((&oracle{factWorld: w, group: left, moment: c.moment}).mop())
	}
	if got.Markets != len(left) || got.Merchants != merchants || len(got.Listed) != len(left) {
		c.wrong("outside", "%+v, not %d markets with %d merchants", got, len(left), merchants)
	}
	c.record("outside", true, len(left) > 0)
}

// punctual compares I24 and the hours since the newest fact of the row's figures.
func (c *comparing) punctual(got map[string]served, want counted) {
	reported := got["I24"]
	hours := reported.Parts["hours_since_update"]
	reported.Parts = nil
	c.figure("I24", reported, want)
	var newest time.Time
	for _, f := range got {
		// a time of 00:00 means that only the day is known
		if at := f.FreshAt; at != nil && at.After(newest) && !at.Equal(dayOf(at.In(hoChiMinh).Format(time.DateOnly))) {
			newest = *at
		}
	}
	expected := ""
	if !newest.IsZero() {
		expected = roundedQuotient(decimal.NewFromInt(int64(c.moment.Sub(newest)/time.Second)), decimalOf(60*60))
	}
	if got := hours.Value; got != nil && *got != expected || got == nil && expected != "" {
		c.wrong("I24 hours_since_update", "%s, not %s", hours.text(), expected)
	}
}

// ranks compares the ranks of rows with the true values of their units. A caller who sees only part
// of the units gets no rank, and a unit without enough data has none.
func (c *comparing) ranks(rows []servedRow, values map[string]string) {
	unranked := func(row servedRow) bool {
		observed := row.Coverage.Value == nil || !decimal.RequireFromString(*row.Coverage.Value).LessThan(
			decimal.RequireFromString("0.3"))
		return c.who != "admin" || row.Indicators["I05"].Suppressed || !observed
	}
	for _, row := range rows {
		c.where = "row " + row.Locality.Code
		mine := values[row.Locality.Code]
		place := 1
		for _, other := range rows {
			of := values[other.Locality.Code]
			if !unranked(other) && of != "" && mine != "" && decimal.RequireFromString(of).GreaterThan(
				decimal.RequireFromString(mine)) {
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
		c.record("rank", place > 0, place > 1)
	}
}
