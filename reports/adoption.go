package reports

import (
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"market40/merchants/platform/bizday"
	"market40/reports/indicators"
)

// Adoption is the adoption report of one basis and day.
type Adoption struct {
	Basis    string  `json:"basis" example:"districts_2024"`
	AsOf     string  `json:"as_of" format:"date" doc:"the state is that of 00:00 Asia/Ho_Chi_Minh of this day, windows are the days before it"`
	Campaign *string `json:"campaign" doc:"its code; null: all markets"`
	Rows     []Row   `json:"rows" nullable:"false" doc:"one per unit, by code"`
	Total    Figures `json:"total" doc:"of all rows; a merchant of several units counts once. Beside the figures, outside names the markets that are left out"`
	Coverage *Share  `json:"coverage" doc:"of all rows, as coverage of a row"`
	Funnel   *Funnel `json:"funnel" doc:"of all rows, as funnel of a row"`

	Revised *Revised `json:"revised,omitempty" doc:"of all rows, as revised of a row"`

	Outside *Outside `json:"-"` // written into the total
}

// Row is one unit of the basis.
type Row struct {
	Locality     Locality      `json:"locality"`
	Markets      []Market      `json:"markets" nullable:"false" doc:"the markets that are counted, by code"`
	Indicators   Figures       `json:"indicators"`
	Coverage     *Share        `json:"coverage" doc:"merchants whose notices reach us, of all"`
	Funnel       *Funnel       `json:"funnel"`
	Status       Status        `json:"status" doc:"of the one designation in the unit, the same in every basis"`
	StatusReason string        `json:"status_reason,omitempty" enum:"no_campaign,not_begun,campaign_ended,no_merchants,hidden,no_target,several,exempt,not_required,market_elsewhere,no_market" doc:"why there is no status"`
	Designations []Designation `json:"designations,omitempty" doc:"with a campaign: its pilots that are counted here, each with its own target and status"`
	Rank         *int          `json:"rank" doc:"by I05 among the rows that show it and have enough data; equals share one; null to who sees a part of the units"`
	Target       *Target       `json:"target,omitempty" doc:"of I05, with a campaign: that of the one designation in the unit"`
	Exempt       *string       `json:"exempt,omitempty" doc:"with a campaign: why the unit needs no pilot"`
	Revised      *Revised      `json:"revised,omitempty" doc:"figures of this past day changed later, because the register was added to with dates before it; absent: they did not"`
}

// Funnel is the steps to habit. Each is a part of the merchants who operate a stall; null in a
// hidden cell.
type Funnel struct {
	Registered   *int `json:"registered"`
	Verified     *int `json:"verified"`
	Printed      *int `json:"printed" doc:"a code is in force"`
	FirstPayment *int `json:"first_payment"`
	Active       *int `json:"active"`
	Habitual     *int `json:"habitual" doc:"on four days of thirty"`
}

// Target is the value of an indicator that a campaign requires.
type Target struct {
	Value string `json:"value" example:"0.6000"`
	DueOn string `json:"due_on" format:"date"`
}

// Locality is an administrative unit with its name on the day of the basis.
type Locality struct {
	ID    uuid.UUID `json:"id" format:"uuid"`
	Level string    `json:"level" enum:"province,district,commune"`
	Code  string    `json:"code" doc:"official, reused over time: never a key" example:"568"`
	Name  string    `json:"name"`
}

// Market is a market of a row.
type Market struct {
	ID   uuid.UUID `json:"id" format:"uuid"`
	Code string    `json:"code"`
	Name string    `json:"name"`
	Demo bool      `json:"demo" doc:"invented: show it as dữ liệu minh họa"`
}

// Figures are the figures of one group of markets, by the indicator's code (I01 … I24).
type Figures map[string]Figure

// Figure is one value of an indicator with its numerator and denominator. A rate counts merchants;
// the definition says what other indicators count.
type Figure struct {
	Numerator   *Quantity         `json:"numerator" doc:"null in a hidden cell, and where nothing is known"`
	Denominator *Quantity         `json:"denominator" doc:"mostly the merchants operating a stall (Mop)"`
	Value       *string           `json:"value" doc:"4 decimals, half up, for most numerator / denominator; null in a hidden cell and where the denominator is 0 or unknown" example:"0.5833"`
	Evidence    *Evidence         `json:"evidence"`
	Suppressed  bool              `json:"suppressed" doc:"hidden, because it or a figure beside it would tell of fewer than five merchants"`
	Definition  int               `json:"definition" doc:"version of the definition"`
	Interval    *Interval         `json:"interval,omitempty" doc:"of a sampled or declared share: where the true one lies with 95 %"`
	Coverage    *Share            `json:"coverage,omitempty" doc:"beside figures of activity: merchants whose notices reach us, of all; who is not covered is not observed, never inactive"`
	FreshAt     *time.Time        `json:"fresh_at,omitempty" doc:"when the newest fact that was counted became known"`
	Period      string            `json:"period,omitempty" doc:"the month that is told of, where it is not the window before the day" example:"2026-10"`
	Parts       map[string]Figure `json:"parts,omitempty" doc:"further values of the same indicator, named in its definition"`
}

// Quantity is a count, a whole number in JSON, or an amount in đồng, a decimal string.
type Quantity struct {
	decimal.Decimal

	Money bool
}

// Count returns a quantity of things.
func Count(n int) *Quantity { return &Quantity{Decimal: decimal.NewFromInt(int64(n))} }

// MarshalJSON writes a count as a number and money as a string.
func (q Quantity) MarshalJSON() ([]byte, error) {
	if q.Money {
		return []byte(`"` + q.String() + `"`), nil
	}
	return []byte(q.String()), nil
}

// UnmarshalJSON reads a number as a count and a string as money.
func (q *Quantity) UnmarshalJSON(b []byte) error {
	q.Money = len(b) > 0 && b[0] == '"'
	return q.Decimal.UnmarshalJSON(b)
}

// Schema describes a whole number, a decimal string, or null for OpenAPI.
func (Quantity) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		OneOf: []*huma.Schema{{Type: huma.TypeInteger}, {
			Type: huma.TypeString, Pattern: `^-?[0-9]+$`,
			Description: "đồng",
		}, {Type: "null"}},
	}
}

// Interval is a 95 % confidence interval, as values with 4 decimals.
type Interval struct {
	Low  string `json:"low" example:"0.3120"`
	High string `json:"high" example:"0.4415"`
}

// Share is a part of a whole that is shown beside a figure.
type Share struct {
	Numerator   *int    `json:"numerator" doc:"null in a hidden cell"`
	Denominator int     `json:"denominator"`
	Value       *string `json:"value" doc:"4 decimals; null in a hidden cell and of nothing"`
}

// Evidence is the number of merchants of a numerator on each level, each merchant on the best one.
// The sum is the numerator.
type Evidence struct {
	A int `json:"A"` // a bank's notice or statement
	B int `json:"B"` // the owner's confirmation
	C int `json:"C"` // declared
	D int `json:"D"` // observed in the field
}

// Schema declares for OpenAPI that the evidence may be null, because huma has no tag for this.
func (Evidence) Schema(huma.Registry) *huma.Schema {
	count := &huma.Schema{Type: huma.TypeInteger}
	return &huma.Schema{
		Type:                 huma.TypeObject,
		Nullable:             true,
		Required:             []string{"A", "B", "C", "D"},
		AdditionalProperties: false,
		Description: "merchants by best evidence: A bank notice or statement, B owner, C declared, D seen in the field; " +
			"null in a hidden cell, and alone where one of the four would tell of fewer than five merchants",
		Properties: map[string]*huma.Schema{"A": count, "B": count, "C": count, "D": count},
	}
}

// unit is a unit of some basis with its markets in scope.
type unit struct {
	basis    string
	locality Locality
	markets  []Market
}

// row returns the row of a unit.
func (c *counted) row(u unit) Row {
	markets := c.marketsOf([]unit{u})
	g := c.view(markets)
	row := Row{
		Locality: u.locality, Markets: markets, Indicators: g.figures(), Coverage: g.coverage(),
		Funnel: g.funnel(), Revised: g.revised(),
	}
	c.programme.add(row.Indicators, []unit{u}, c.version)
	c.addHours(row.Indicators)
	c.standing(&row, u)
	return row
}

// addHours adds the hours between the newest known fact and the moment, as a part of I24.
func (c *counted) addHours(f Figures) {
	newest := f.newest()
	if newest == nil {
		return
	}
	punctuality := f["I24"]
	hours := median([]int64{int64(c.moment().Sub(*newest).Seconds())})
	punctuality.Parts = map[string]Figure{"hours_since_update": {Value: hours, Definition: c.version["I24"]}}
	f["I24"] = punctuality
}

// dayOnly reports whether a time means a whole day. The hour of a survey answer, or of a fact that
// a bank dates by day, is unknown. It must not be reported as midnight.
func dayOnly(at time.Time) bool {
	return at.Equal(bizday.StartOf(bizday.DateOf(at)))
}

func (g view) funnel() *Funnel {
	step := func(m indicators.Measure) *int {
		if g.Hidden[m.Family()] {
			return nil
		}
		n := g.Tally.Measured[m].Mix.Sum()
		return &n
	}
	return &Funnel{
		Registered: step(indicators.Registered), Verified: step(indicators.Verified), Printed: step(indicators.Printed),
		FirstPayment: step(indicators.Begun), Active: step(indicators.Active30), Habitual: step(indicators.Strict),
	}
}

// ranking returns the value by which a row is ranked. It returns false for a hidden cell, and for a
// unit with little observation, which may be better than its figure.
func (r Row) ranking() (decimal.Decimal, bool) {
	if c := r.Coverage; c != nil && c.Value != nil && decimal.RequireFromString(*c.Value).LessThan(leastCoverage) {
		return decimal.Zero, false
	}
	return r.Indicators["I05"].valueOf()
}

// rank numbers the rows by the visible value of I05: 1, 2, 2, 4.
func rank(rows []Row) {
	for i := range rows {
		mine, shown := rows[i].ranking()
		if !shown {
			continue
		}
		place := 1
		for _, other := range rows {
			if v, shown := other.ranking(); shown && v.GreaterThan(mine) {
				place++
			}
		}
		rows[i].Rank = &place
	}
}
