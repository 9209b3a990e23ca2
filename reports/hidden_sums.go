package reports

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/reports/disclosure"
	"market40/reports/indicators"
)

// HiddenSums says which sums of a market a caller may not see as of a day. They are the ones that
// the report of that day hides.
type HiddenSums struct {
	Fees     bool // I11, I12
	Sales    bool // the counted part of I07
	Turnover bool // I08
}

// sumQueries are the queries that HiddenSums is decided from. The merchant with most of the turnover
// is read in addition.
var sumQueries = []string{"mop", "fees", "sampled"}

// HiddenSums returns which sums of a market in the caller's scope are hidden.
func (r *Reports) HiddenSums(ctx context.Context, caller roles.Principal, market uuid.UUID,
	day time.Time,
) (HiddenSums, error) {
	c, err := r.count(ctx, caller, order{day: day, queries: slices.Clone(sumQueries)})
	if err != nil {
		return HiddenSums{}, fmt.Errorf("decide the hidden sums of market %s: %w", market, err)
	}
	v := c.View(market)
	if c.Unbound {
		return HiddenSums{}, nil
	}
	// A market without merchants has no figure to hide. A list may still have sums: of the present
	// month, or from before the window.
	few := v.Tally.Merchants < disclosure.FewestOfAmounts
	return HiddenSums{
		Fees:     v.Hidden[indicators.Fees] || few,
		Sales:    v.Hidden[indicators.Sampled] || disclosure.IsFew(v.Tally.Merchants),
		Turnover: v.Hidden[indicators.Turnover] || few || !v.Tally.Facts.Sampled(),
	}, nil
}
