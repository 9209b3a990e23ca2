package reports

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/jobs"
)

// warmUpAfter is the delay before a server first warms up its cache, and warmUpEvery is the
// interval. warmUpPause is the pause after each day; it leaves the processors to payments.
const (
	warmUpAfter = 15 * time.Second
	warmUpEvery = time.Hour
	warmUpPause = 2 * time.Second
	// warmUpWithin is the time limit for all days of one round.
	warmUpWithin = 30 * time.Minute
)

// Job returns the job that fills the cache in every process, so that no officer waits for the first
// page in the morning. It covers today and the ends of twelve months, for all markets and for each
// campaign.
func (r *Reports) Job() jobs.Job {
	return jobs.Job{
		Name: "reports-ahead", Every: warmUpEvery, First: warmUpAfter, Deadline: warmUpWithin, Shared: true,
		Do: func(ctx context.Context) error { return r.WarmUp(ctx, warmUpPause) },
	}
}

// mostChanges is the number of rows of fact_changes above which they are merged.
const mostChanges = 2000

// WarmUp runs one round of Job, with a pause after each day.
func (r *Reports) WarmUp(ctx context.Context, pause time.Duration) error {
	// One row with the earliest day replaces many. Facts cached since then are read once more.
	_, err := r.db.Pool.Exec(ctx, `WITH many AS (SELECT max(id) AS newest FROM fact_changes HAVING count(*) > $1),
		gone AS (DELETE FROM fact_changes f USING many WHERE f.id <= many.newest RETURNING f.since)
		INSERT INTO fact_changes (since) SELECT min(since) FROM gone HAVING count(*) > 0`, mostChanges)
	if err != nil {
		return fmt.Errorf("put changes together: %w", err)
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
			if _, err := r.count(ctx, everything, ask{day: day, campaign: campaign, calm: true}); err != nil {
				return fmt.Errorf("count ahead as of %s: %w", day.Format(time.DateOnly), err)
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
