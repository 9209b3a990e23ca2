package reports

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/jobs"
)

// warmUpAfter is how long after its start a server first warms its cache, warmUpEvery the interval
// between rounds, and warmUpPause the pause after each day, which leaves the processors to payments.
const (
	warmUpAfter = 15 * time.Second
	warmUpEvery = time.Hour
	warmUpPause = 2 * time.Second
	// warmUpWithin is the time limit for all days of one round.
	warmUpWithin = 30 * time.Minute
)

// Job returns the job that warms the cache of every process: today and the ends of twelve months, for
// all markets and for each campaign. An officer's first page in the morning then needs no counting.
func (r *Reports) Job() jobs.Job {
	return jobs.Job{
		Name: "reports-ahead", Every: warmUpEvery, First: warmUpAfter, Deadline: warmUpWithin, Shared: true,
		Do: func(ctx context.Context) error { return r.WarmUp(ctx, warmUpPause) },
	}
}

// maxChanges is how many rows of fact_changes may gather before they are merged into one.
const maxChanges = 2000

// WarmUp runs one round of Job, with a pause after each day.
func (r *Reports) WarmUp(ctx context.Context, pause time.Duration) error {
	// One row with the earliest day replaces many: days cached since then are read once again.
	_, err := r.db.Pool.Exec(ctx, `WITH many AS (SELECT max(id) AS newest FROM fact_changes HAVING count(*) > $1),
		gone AS (DELETE FROM fact_changes f USING many WHERE f.id <= many.newest RETURNING f.since)
		INSERT INTO fact_changes (since) SELECT min(since) FROM gone HAVING count(*) > 0`, maxChanges)
	if err != nil {
		return fmt.Errorf("merge changes: %w", err)
	}
	var markets bool
	if err := r.db.Pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM markets)`).Scan(&markets); err != nil || !markets {
		return err
	}
	rows, _ := r.db.Pool.Query(ctx, `SELECT code FROM campaigns c WHERE campaign_days(c) @> $1::date`, r.today())
	campaigns, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("campaigns: %w", err)
	}
	days, err := r.monthEnds(ctx, Span{})
	if err != nil {
		return err
	}
	everything := roles.Principal{Role: roles.ProvinceOfficer, ScopeKind: roles.ScopeAll}
	for _, campaign := range append(campaigns, "") {
		for _, day := range days {
			if _, err := r.count(ctx, everything, order{day: day, campaign: campaign, background: true}); err != nil {
				return fmt.Errorf("warm up as of %s: %w", day.Format(time.DateOnly), err)
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(pause):
			}
		}
	}
	return nil
}
