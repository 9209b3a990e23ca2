package figures

import (
	"maps"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/shopspring/decimal"

	"market40/merchants/platform/bizday"
)

// MinCoverage is the share of observed merchants below which there are not enough data to judge a
// market or to rank a unit.
var MinCoverage = decimal.RequireFromString("0.3")

// Figures are the figures of one group of markets, by the indicator's code (I01 … I24).
type Figures map[string]Figure

// Figure is one value of an indicator with what it is made of. A rate counts merchants. What other
// indicators count is in their definitions.
type Figure struct {
	Numerator   *Quantity         `json:"numerator" doc:"null in a hidden cell, and where nothing is known"`
	Denominator *Quantity         `json:"denominator" doc:"mostly the merchants operating a stall (Mop)"`
	Value       *string           `json:"value" doc:"4 decimals, rounded half up, mostly numerator / denominator; null in a hidden cell and if the denominator is 0 or unknown" example:"0.5833"`
	Evidence    *Evidence         `json:"evidence"`
	Suppressed  bool              `json:"suppressed" doc:"hidden, because it or a figure beside it would reveal fewer than five merchants"`
	Definition  int               `json:"definition" doc:"version of the definition"`
	Interval    *Interval         `json:"interval,omitempty" doc:"for a sampled or declared share: the interval that contains the true one with 95 %"`
	Coverage    *Share            `json:"coverage,omitempty" doc:"with figures of activity: merchants with notices that reach us, of all; those not covered are not observed, never inactive"`
	FreshAt     *time.Time        `json:"fresh_at,omitempty" doc:"when the newest fact that was counted became known"`
	Period      string            `json:"period,omitempty" doc:"the month of the figure, if it is not the window before the day" example:"2026-10"`
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

// Schema describes a whole number, a decimal string, or null.
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

// Share is a part of a whole, shown beside a figure.
type Share struct {
	Numerator   *int    `json:"numerator" doc:"null in a hidden cell"`
	Denominator int     `json:"denominator"`
	Value       *string `json:"value" doc:"4 decimals; null in a hidden cell and if the denominator is 0"`
}

// Evidence is how many merchants of a numerator are counted by each level of evidence. Each counts
// once, by its best evidence, so the sum is the numerator.
type Evidence struct {
	A int `json:"A"` // a bank's notice or statement
	B int `json:"B"` // the owner's confirmation
	C int `json:"C"` // declared
	D int `json:"D"` // observed in the field
}

// Schema describes the evidence, which may be null: huma has no tag for that.
func (Evidence) Schema(huma.Registry) *huma.Schema {
	count := &huma.Schema{Type: huma.TypeInteger}
	return &huma.Schema{
		Type:                 huma.TypeObject,
		Nullable:             true,
		Required:             []string{"A", "B", "C", "D"},
		AdditionalProperties: false,
		Description: "merchants by best evidence: A bank notice or statement, B owner, C declared, D seen in the field; " +
			"null in a hidden cell, and alone where one of the four would reveal fewer than five merchants",
		Properties: map[string]*huma.Schema{"A": count, "B": count, "C": count, "D": count},
	}
}

// Funnel counts the merchants at each step to habit, of those who operate a stall. A hidden count is
// null.
type Funnel struct {
	Registered   *int `json:"registered"`
	Verified     *int `json:"verified"`
	Printed      *int `json:"printed" doc:"a code is in force"`
	FirstPayment *int `json:"first_payment"`
	Active       *int `json:"active"`
	Habitual     *int `json:"habitual" doc:"active on at least four days of thirty"`
}

// dayOnly reports whether only the day of a time is known. Survey answers and some banks' notices
// have a day without an hour; such a time is stored as midnight.
func dayOnly(at time.Time) bool {
	return at.Equal(bizday.StartOf(bizday.DateOf(at)))
}

// newest returns the newest FreshAt with a known hour; nil if there is none.
func (f Figures) newest() *time.Time {
	var newest *time.Time
	for _, code := range slices.Sorted(maps.Keys(f)) {
		if at := f[code].FreshAt; at != nil && !dayOnly(*at) && (newest == nil || at.After(*newest)) {
			newest = at
		}
	}
	return newest
}

// Number returns the value of a figure, and whether it is known.
func (f Figure) Number() (decimal.Decimal, bool) {
	if f.Value == nil {
		return decimal.Decimal{}, false
	}
	d, err := decimal.NewFromString(*f.Value)
	return d, err == nil
}

// Text returns a quantity in digits; empty for nil.
func (q *Quantity) Text() string {
	if q == nil {
		return ""
	}
	return q.String()
}
