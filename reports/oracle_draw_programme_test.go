package reports_test

import (
	"cmp"
	"slices"
	"time"
)

// allDistricts are the districts of the campaign's basis.
var allDistricts = []string{"568", "569", "570", "571", "572", "573", "574", "575", "576"}

// programme generates the markets that the districts chose, a change of pilot, and the campaign's
// requirements.
func (d *drawing) programme() {
	half := len(d.markets) / 2
	for i, district := range []string{"568", "569"} {
		change := d.day()
		for k, valid := range []span{{dayOf("2025-01-01"), change}, {from: change}} {
			if d.one(5) {
				continue
			}
			p := factPilot{district: district, market: d.markets[i*half+(k+d.n(0, half-1))%half], valid: valid}
			if d.one(5) {
				p.market = nil
			}
			d.pilots = append(d.pilots, p)
		}
	}
	d.pilots = append(d.pilots, factPilot{district: "576", valid: span{from: d.day()}})
	for _, m := range d.markets {
		if !d.one(3) {
			d.launched[m] = d.day()
		}
	}
	slices.SortStableFunc(d.pilots, func(a, b factPilot) int { return cmp.Compare(a.district, b.district) })
	d.campaign = factCampaign{
		starts: dayOf(pickOne(d, "2025-01-01", "2026-08-15", "2026-11-10")),
		dueDay: pickOne(d, 1, 5, 21, 22, 28),
	}
	if d.one(4) {
		d.campaign.ends = dayOf(pickOne(d, "2026-11-10", "2026-11-20", "2026-11-21", "2026-11-30"))
	}
	for _, district := range []string{"", "", "568", "568", "569"} {
		t := factTarget{district, pickOne(d, "0.0000", "0.2500", "0.5000", "0.6000", "0.6667", "1.0000"), d.day()}
		known := slices.ContainsFunc(d.campaign.targets, func(o factTarget) bool {
			return o.district == t.district &&
				o.due.Equal(t.due)
		})
		if !d.one(3) && !known {
			d.campaign.targets = append(d.campaign.targets, t)
		}
	}
	d.reports()
}

// reports generates monthly reports near the ends of their due days. In every third world all
// reports are on time.
func (d *drawing) reports() {
	punctual := d.one(3)
	for _, district := range allDistricts {
		for month := dayOf("2025-10-01"); month.Before(dayOf(asOf)); month = month.AddDate(0, 1, 0) {
			r := factReport{district: district, month: month, due: month.AddDate(0, 1, d.campaign.dueDay-1)}
			if punctual {
				r.submitted = []time.Time{r.due}
			} else {
				if d.one(2) {
					continue
				}
				if d.one(4) {
					// the campaign had another due day when the report was made
					r.due = r.due.AddDate(0, 0, d.n(0, 9))
				}
				for range pickOne(d, 0, 1, 1, 2) {
					r.submitted = append(
						r.submitted,
						r.due.AddDate(0, 0, 1).Add(pickOne(d, -24*time.Hour, -time.Second, 0,
							time.Hour)),
					)
				}
			}
			d.campaign.reports = append(d.campaign.reports, r)
		}
	}
}
