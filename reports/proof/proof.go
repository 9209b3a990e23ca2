// Package proof checks that no hidden count of a day can be narrowed down from what is published. It
// uses what is published and the register, and nothing of the disclosure rules.
package proof

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"market40/reports/disclosure/audit"
	"market40/reports/figures"
	"market40/reports/scope"
)

// ErrUnproved means that a hidden figure of a day could be narrowed down, or that nothing could be
// proved.
type ErrUnproved struct{ Findings []string }

func (e *ErrUnproved) Error() string { return "not proved: " + strings.Join(e.Findings, "; ") }

// CheckDay bounds every hidden count of a day by linear programming, over all that a role may ask of
// the day. Its error is an *ErrUnproved where a count can be narrowed down. Dimensions are those in
// which the parts of each market are published.
func CheckDay(ctx context.Context, day *figures.Day, markets []scope.Market, dimensions map[uuid.UUID]string) error {
	found, err := findNarrowed(ctx, day, markets, dimensions)
	if err == nil && len(found) > 0 {
		err = &ErrUnproved{found}
	}
	return err
}

// findNarrowed returns the hidden counts that can be narrowed down, and those about which nothing
// could be proved.
func findNarrowed(
	ctx context.Context, day *figures.Day, markets []scope.Market, dimensions map[uuid.UUID]string,
) (found []string, err error) {
	note := func(p audit.Published, where string, m measured) {
		if p.HidesNothing() {
			return
		}
		narrow, err := p.Audit()
		if err != nil {
			found = append(found, fmt.Sprintf("%s, measure %s: %v", where, m.Measure, err))
		}
		for _, f := range narrow {
			found = append(found, fmt.Sprintf("%s, measure %s: %v", where, m.Measure, f))
		}
	}
	for _, m := range measuredCounts() {
		note(publishedGroups(day, m), "markets", m)
	}
	for _, market := range markets {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		parts := day.Parts(market.ID, dimensions[market.ID])
		for _, m := range measuredCounts() {
			if m.Divisible {
				note(publishedParts(day, market, parts, m), market.Code, m)
			}
		}
	}
	return found, nil
}
