package privacy

import (
	"context"
	"fmt"
	"time"

	"market40/merchants/platform/bizday"
)

// deadlines of a request.
type deadlines struct{ answer, done time.Time }

// deadlinesOf returns the deadlines of a new request of a kind, by the legal parameters of the day.
func (d *Desk) deadlinesOf(ctx context.Context, q querier, kind string) (deadlines, error) {
	now := d.now()
	var workingDays, days int
	err := q.QueryRow(ctx, `SELECT legal_parameter('answer', $1::date), legal_parameter($2, $1::date)`, d.today(),
		kind).Scan(&workingDays, &days)
	if err != nil {
		return deadlines{}, fmt.Errorf("deadlines of %s: %w", kind, err)
	}
	return deadlines{afterWorkingDays(now, workingDays), now.AddDate(0, 0, days)}, nil
}

// afterWorkingDays returns the day so many working days later, from Monday to Friday. It ignores
// public holidays, so the deadline is never later than the law's.
func afterWorkingDays(from time.Time, days int) time.Time {
	at := from.In(bizday.Vietnam)
	for days > 0 {
		at = at.AddDate(0, 0, 1)
		if day := at.Weekday(); day != time.Saturday && day != time.Sunday {
			days--
		}
	}
	return at
}
