// Package field keeps what people see at the markets, from which figures are counted: visits,
// trainings, fees, declared shares, samples, the anonymous survey, refusals, incidents, costs, name
// checks. Facts come one by one, as lists, or late from phones without a network.
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

// Field keeps facts.
type Field struct {
	db      *database.DB
	reports *reports.Reports
	now     func() time.Time
}

// New keeps facts in db, hides sums of few people as the reports do, and tells the time by now.
func New(db *database.DB, figures *reports.Reports, now func() time.Time) *Field {
	return &Field{db, figures, now}
}

// hiddenSums is what of a place's sums its reader may not see as of a day.
func (f *Field) hiddenSums(ctx context.Context, here *place, day time.Time) (reports.HiddenSums, error) {
	return f.reports.HiddenSums(ctx, here.who, here.market, day)
}

// today is the date in Asia/Ho_Chi_Minh, as 00:00 UTC.
func (f *Field) today() time.Time {
	return bizday.DateOf(f.now())
}

// place is where facts are told of, by whom and when.
type place struct {
	who    roles.Principal
	now    time.Time
	market uuid.UUID // of costs: none, each names its own

	training uuid.UUID // of attendances
	heldOn   string    // the training's day
	campaign uuid.UUID // of costs
	begins   time.Time // its first day
}

// marketPlace is the market of a path: first in scope (404), then allowed (403). Whose scope is a
// stall does not speak for its market.
func (f *Field) marketPlace(ctx context.Context, id string, a roles.Action) (*place, error) {
	who, err := roles.From(ctx)
	if err != nil {
		return nil, err
	}
	at := &place{who: who, now: f.now()}
	named, err := uuid.Parse(id)
	if err != nil {
		return nil, problem.Missing("market")
	}
	err = f.db.Pool.QueryRow(ctx, `SELECT id FROM markets WHERE id = $1 AND id IN (SELECT scope_markets($2, $3))`,
		named, who.ScopeKind, who.ScopeID).Scan(&at.market)
	if err := missing(err, "market"); err != nil {
		return nil, err
	}
	return at, allow(who, a)
}

// trainingPlace is the training of a path, at its market.
func (f *Field) trainingPlace(ctx context.Context, id string, a roles.Action) (*place, error) {
	who, err := roles.From(ctx)
	if err != nil {
		return nil, err
	}
	at := &place{who: who, now: f.now()}
	named, err := uuid.Parse(id)
	if err != nil {
		return nil, problem.Missing("training")
	}
	err = f.db.Pool.QueryRow(ctx, `SELECT id, market_id, to_char(held_on, 'YYYY-MM-DD') FROM trainings WHERE id = $1
		AND market_id IN (SELECT scope_markets($2, $3))`,
		named, who.ScopeKind, who.ScopeID).Scan(&at.training, &at.market, &at.heldOn)
	if err := missing(err, "training"); err != nil {
		return nil, err
	}
	return at, allow(who, a)
}

// campaignPlace is the campaign that a path names by its id or its code. Campaigns are the whole
// province's: the role is asked first.
func (f *Field) campaignPlace(ctx context.Context, name string, a roles.Action) (*place, error) {
	who, err := roles.Require(ctx, a)
	if err != nil {
		return nil, err
	}
	at := &place{who: who, now: f.now()}
	err = f.db.Pool.QueryRow(ctx, `SELECT id, starts_on FROM campaigns WHERE code = $1 OR id::text = $1`, name).Scan(
		&at.campaign, &at.begins)
	if err := missing(err, "campaign"); err != nil {
		return nil, err
	}
	return at, allow(who, a)
}

func allow(who roles.Principal, a roles.Action) error {
	if err := who.Allow(a); err != nil {
		return err
	}
	if who.ScopeKind == roles.ScopeStall || who.ScopeKind == roles.ScopeMerchant {
		return problem.New(problem.Forbidden, "not_allowed", "Việc này nằm ngoài phạm vi của bạn.",
			"This lies outside your scope.")
	}
	return nil
}

// missing turns no row into the refusal for what does not exist or lies in another scope.
func missing(err error, what string) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return problem.Missing(what)
	}
	if err != nil {
		return fmt.Errorf("find %s: %w", what, err)
	}
	return nil
}
