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

// HiddenSums lists which sums of a market a caller may not see as of a day. They are the sums that
// the report of that day hides.
type HiddenSums struct {
	Fees     bool // I11, I12
	Sales    bool // the counted part of I07
	Turnover bool // I08
}

// sumQueries are the queries that decide HiddenSums. The merchant with most of the turnover is read
// separately.
var sumQueries = []string{"mop", "fees", "sampled"}

// HiddenSums returns what is hidden of the sums of a market in the caller's scope.
func (r *Reports) HiddenSums(ctx context.Context, caller roles.Principal, market uuid.UUID,
	day time.Time,
) (HiddenSums, error) {
	c, err := r.count(ctx, caller, ask{day: day, queries: slices.Clone(sumQueries)})
	if err != nil {
		return HiddenSums{}, fmt.Errorf("what is hidden of the sums of market %s: %w", market, err)
	}
	g := c.view([]Market{{ID: market}})
	if c.own {
		return HiddenSums{}, nil
	}
	// A figure without data hides nothing, but a list may contain sums of the present month or from
	// before the window.
	few := g.Tally.Merchants < disclosure.FewestOfAmounts
	return HiddenSums{
		Fees:     g.Hidden[indicators.Fees] || few,
		Sales:    g.Hidden[indicators.Sampled] || disclosure.Few(g.Tally.Merchants),
		Turnover: g.Hidden[indicators.Turnover] || few || !g.Tally.Facts.Sampled(),
	}, nil
}
