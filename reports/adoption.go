package reports

import (
	"github.com/shopspring/decimal"

	"market40/reports/campaigns"
	"market40/reports/figures"
	"market40/reports/scope"
)

// Adoption is the adoption report of one basis and day.
type Adoption struct {
	Basis    string          `json:"basis" example:"districts_2024"`
	AsOf     string          `json:"as_of" format:"date" doc:"the state at 00:00 Asia/Ho_Chi_Minh of this day; windows are the days before it"`
	Campaign *string         `json:"campaign" doc:"the campaign's code; null: all markets"`
	Rows     []Row           `json:"rows" nullable:"false" doc:"one per unit, by code"`
	Total    figures.Figures `json:"total" doc:"the figures of all rows together; a merchant of several units counts once. outside names the markets that are left out"`
	Coverage *figures.Share  `json:"coverage" nullable:"false" doc:"the coverage of all rows together"`
	Funnel   *figures.Funnel `json:"funnel" nullable:"false" doc:"the funnel of all rows together"`

	Revised *figures.Revised `json:"revised,omitempty" doc:"the revised of all rows together"`

	Outside *Outside `json:"-"` // written into the total
}

// Row is one unit of the basis.
type Row struct {
	Locality     scope.Locality          `json:"locality"`
	Markets      []scope.Market          `json:"markets" nullable:"false" doc:"the markets that are counted, by code"`
	Indicators   figures.Figures         `json:"indicators"`
	Coverage     *figures.Share          `json:"coverage" nullable:"false" doc:"merchants whose notices reach us, of all"`
	Funnel       *figures.Funnel         `json:"funnel" nullable:"false"`
	Status       campaigns.Status        `json:"status" doc:"the status of the one designation in the unit, the same in every basis"`
	StatusReason string                  `json:"status_reason,omitempty" enum:"no_campaign,not_begun,campaign_ended,no_merchants,hidden,no_target,several,exempt,not_required,market_elsewhere,no_market" doc:"why there is no status"`
	Designations []campaigns.Designation `json:"designations,omitempty" doc:"with a campaign: its pilots that are counted here, each with its own target and status"`
	Rank         *int                    `json:"rank" doc:"the rank by I05 among the rows that show it and have enough data; equal values share a rank; null if you see only a part of the units"`
	Target       *campaigns.Target       `json:"target,omitempty" doc:"with a campaign: the target of I05 of the one designation in the unit"`
	Exempt       *string                 `json:"exempt,omitempty" doc:"with a campaign: why the unit needs no pilot"`
	Revised      *figures.Revised        `json:"revised,omitempty" doc:"figures of this past day changed later, because the register got entries with earlier dates; absent: they did not"`
}

// row returns the row of a unit.
func (c *counted) row(u scope.Unit) Row {
	markets := c.summedMarkets([]scope.Unit{u})
	v := c.viewOf(markets)
	standing := c.programme.StandingOf(&c.Day, u)
	row := Row{
		Locality: u.Locality, Markets: markets, Indicators: v.Figures(), Coverage: v.Coverage(),
		Funnel: v.Funnel(), Revised: v.Revised(),
		Status: standing.Status, StatusReason: standing.Reason, Designations: standing.Designations,
		Target: standing.Target, Exempt: standing.Exempt,
	}
	c.programme.AddFigures(row.Indicators, []scope.Unit{u}, c.Versions)
	c.AddHours(row.Indicators)
	return row
}

// ranking returns the value that a row is ranked by, and whether it has one. A hidden cell has none,
// and neither has a unit with low coverage, which may be better than its figures.
func (r Row) ranking() (decimal.Decimal, bool) {
	if c := r.Coverage; c != nil && c.Value != nil &&
		decimal.RequireFromString(*c.Value).LessThan(figures.MinCoverage) {
		return decimal.Zero, false
	}
	return r.Indicators["I05"].Number()
}

// rankRows sets the rank of each row by the shown value of I05: 1, 2, 2, 4.
func rankRows(rows []Row) {
	for i := range rows {
		own, shown := rows[i].ranking()
		if !shown {
			continue
		}
		position := 1
		for _, other := range rows {
			if v, shown := other.ranking(); shown && v.GreaterThan(own) {
				position++
			}
		}
		rows[i].Rank = &position
	}
}
