// Package field records the facts observed at the markets, from which figures are counted: visits,
// trainings, fees, declared shares, samples, the anonymous survey, refusals, incidents, costs and
// name checks. Facts arrive one by one, as lists, or later from phones that had no network.
package field

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/bizday"
	"market40/merchants/platform/problem"
	"market40/migrations/database"
	"market40/reports"
)

// Field records and lists facts.
type Field struct {
	db      *database.DB
	reports *reports.Reports
	now     func() time.Time
}

// New returns a Field that stores facts in db and hides sums of few people as the reports do. now
// is the clock.
func New(db *database.DB, figures *reports.Reports, now func() time.Time) *Field {
	return &Field{db, figures, now}
}

// hiddenSums returns which sums of a place the reader may not see as of a day.
func (f *Field) hiddenSums(ctx context.Context, here *factSubject, day time.Time) (reports.HiddenSums, error) {
	return f.reports.HiddenSums(ctx, here.who, here.market, day)
}

// today returns the date in Asia/Ho_Chi_Minh, as 00:00 UTC.
func (f *Field) today() time.Time {
	return bizday.DateOf(f.now())
}

// factSubject is the market, training or campaign that facts belong to, with the caller and the time.
type factSubject struct {
	who    roles.Principal
	now    time.Time
	market uuid.UUID // not set for costs, because each cost names its own market

	training uuid.UUID // set for attendances
	heldOn   string    // the day of the training
	campaign uuid.UUID // set for costs
	begins   time.Time // the campaign's first day
}

// findMarket returns the market of a path. It checks the scope first (404), then the permission
// (403). A caller with the scope of a stall has no permission for its market.
func (f *Field) findMarket(ctx context.Context, id string, a roles.Action) (*factSubject, error) {
	who, err := roles.From(ctx)
	if err != nil {
		return nil, err
	}
	at := &factSubject{who: who, now: f.now()}
	named, err := uuid.Parse(id)
	if err != nil {
		return nil, problem.Missing("market")
	}
	err = f.db.Pool.QueryRow(ctx, `SELECT id FROM markets WHERE id = $1 AND id IN (SELECT scope_markets($2, $3))`,
		named, who.ScopeKind, who.ScopeID).Scan(&at.market)
	if err := missingRow(err, "market"); err != nil {
		return nil, err
	}
	return at, requireAction(who, a)
}

// findTraining returns the training of a path, with its market.
func (f *Field) findTraining(ctx context.Context, id string, a roles.Action) (*factSubject, error) {
	who, err := roles.From(ctx)
	if err != nil {
		return nil, err
	}
	at := &factSubject{who: who, now: f.now()}
	named, err := uuid.Parse(id)
	if err != nil {
		return nil, problem.Missing("training")
	}
	err = f.db.Pool.QueryRow(ctx, `SELECT id, market_id, to_char(held_on, 'YYYY-MM-DD') FROM trainings WHERE id = $1
		AND market_id IN (SELECT scope_markets($2, $3))`,
		named, who.ScopeKind, who.ScopeID).Scan(&at.training, &at.market, &at.heldOn)
	if err := missingRow(err, "training"); err != nil {
		return nil, err
	}
	return at, requireAction(who, a)
}

// findCampaign returns the campaign that a path names by its id or its code. Campaigns belong to
// the whole province, so the permission is checked first.
func (f *Field) findCampaign(ctx context.Context, name string, a roles.Action) (*factSubject, error) {
	who, err := roles.Require(ctx, a)
	if err != nil {
		return nil, err
	}
	at := &factSubject{who: who, now: f.now()}
	err = f.db.Pool.QueryRow(ctx, `SELECT id, starts_on FROM campaigns WHERE code = $1 OR id::text = $1`, name).Scan(
		&at.campaign, &at.begins)
	if err := missingRow(err, "campaign"); err != nil {
		return nil, err
	}
	return at, requireAction(who, a)
}

func requireAction(who roles.Principal, a roles.Action) error {
	if err := who.Allow(a); err != nil {
		return err
	}
	if who.ScopeKind == roles.ScopeStall || who.ScopeKind == roles.ScopeMerchant {
		return problem.New(problem.Forbidden, "not_allowed", "Việc này nằm ngoài phạm vi của bạn.",
			"This is outside your scope.")
	}
	return nil
}

// missingRow converts "no rows" to a 404. The answer is the same if the row is outside the scope.
func missingRow(err error, what string) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return problem.Missing(what)
	}
	if err != nil {
		return fmt.Errorf("find %s: %w", what, err)
	}
	return nil
}
