// Package record records, lists and imports facts that people observed at the markets, of any kind. A
// fact is recorded once, however often it is sent.
package record

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

// Facts records and lists facts.
type Facts struct {
	db      *database.DB
	reports *reports.Reports
	now     func() time.Time
}

// New returns Facts that are stored in db and hide sums of few people as the reports do. now is the
// clock.
func New(db *database.DB, figures *reports.Reports, now func() time.Time) *Facts {
	return &Facts{db, figures, now}
}

// HiddenSums returns which sums of a place the reader may not see as of a day.
func (f *Facts) HiddenSums(ctx context.Context, here *Subject, day time.Time) (reports.HiddenSums, error) {
	return f.reports.HiddenSums(ctx, here.Who, here.Market, day)
}

// Today returns the date in Asia/Ho_Chi_Minh, as 00:00 UTC.
func (f *Facts) Today() time.Time { return bizday.DateOf(f.now()) }

// Subject is the market, training or campaign that facts belong to, with the caller and the time.
type Subject struct {
	Who    roles.Principal
	Now    time.Time
	Market uuid.UUID // not set for costs, because each cost names its own market

	Training uuid.UUID // set for attendances
	HeldOn   string    // the day of the training
	Campaign uuid.UUID // set for costs
	Begins   time.Time // the campaign's first day
}

// FindMarket returns the market of a path. It checks the scope first (404), then the permission
// (403). A caller with the scope of a stall has no permission for its market.
func (f *Facts) FindMarket(ctx context.Context, id string, a roles.Action) (*Subject, error) {
	who, err := roles.From(ctx)
	if err != nil {
		return nil, err
	}
	at := &Subject{Who: who, Now: f.now()}
	named, err := uuid.Parse(id)
	if err != nil {
		return nil, problem.Missing("market")
	}
	err = f.db.Pool.QueryRow(ctx, `SELECT id FROM markets WHERE id = $1 AND id IN (SELECT scope_markets($2, $3))`,
		named, who.ScopeKind, who.ScopeID).Scan(&at.Market)
	if err := MissingRow(err, "market"); err != nil {
		return nil, err
	}
	return at, RequireAction(who, a)
}

// FindTraining returns the training of a path, with its market.
func (f *Facts) FindTraining(ctx context.Context, id string, a roles.Action) (*Subject, error) {
	who, err := roles.From(ctx)
	if err != nil {
		return nil, err
	}
	at := &Subject{Who: who, Now: f.now()}
	named, err := uuid.Parse(id)
	if err != nil {
		return nil, problem.Missing("training")
	}
	err = f.db.Pool.QueryRow(ctx, `SELECT id, market_id, to_char(held_on, 'YYYY-MM-DD') FROM trainings WHERE id = $1
		AND market_id IN (SELECT scope_markets($2, $3))`,
		named, who.ScopeKind, who.ScopeID).Scan(&at.Training, &at.Market, &at.HeldOn)
	if err := MissingRow(err, "training"); err != nil {
		return nil, err
	}
	return at, RequireAction(who, a)
}

// FindCampaign returns the campaign that a path names by its id or its code. Campaigns belong to
// the whole province, so the permission is checked first.
func (f *Facts) FindCampaign(ctx context.Context, name string, a roles.Action) (*Subject, error) {
	who, err := roles.Require(ctx, a)
	if err != nil {
		return nil, err
	}
	at := &Subject{Who: who, Now: f.now()}
	err = f.db.Pool.QueryRow(ctx, `SELECT id, starts_on FROM campaigns WHERE code = $1 OR id::text = $1`, name).Scan(
		&at.Campaign, &at.Begins)
	if err := MissingRow(err, "campaign"); err != nil {
		return nil, err
	}
	return at, RequireAction(who, a)
}

// RequireAction refuses a caller without the permission, and one with the scope of a stall or a merchant.
func RequireAction(who roles.Principal, a roles.Action) error {
	if err := who.Allow(a); err != nil {
		return err
	}
	if who.ScopeKind == roles.ScopeStall || who.ScopeKind == roles.ScopeMerchant {
		return problem.New(problem.Forbidden, "not_allowed", "Việc này nằm ngoài phạm vi của bạn.",
			"This is outside your scope.")
	}
	return nil
}

// MissingRow converts "no rows" to a 404. The answer is the same if the row is outside the scope.
func MissingRow(err error, what string) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return problem.Missing(what)
	}
	if err != nil {
		return fmt.Errorf("find %s: %w", what, err)
	}
	return nil
}
