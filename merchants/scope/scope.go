// Package scope finds the market or the stall that a request names, within the caller's scope, and
// decides how much of a merchant's data the caller sees.
package scope

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
	"market40/migrations/database"
)

// FindMarket finds a market in the caller's scope. Outside of the scope it answers as for an
// unknown id (404).
func FindMarket(ctx context.Context, db *database.DB, who roles.Principal, text string) (uuid.UUID, error) {
	id, err := uuid.Parse(text)
	if err != nil {
		return id, problem.Missing("market")
	}
	err = db.Pool.QueryRow(ctx, `SELECT id FROM markets WHERE id = $1 AND id IN (SELECT scope_markets($2, $3))`,
		id, who.ScopeKind, who.ScopeID).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return id, problem.Missing("market")
	}
	if err != nil {
		return id, fmt.Errorf("find market %s: %w", id, err)
	}
	return id, nil
}

// findStall finds a stall in the caller's scope.
func findStall(ctx context.Context, db *database.DB, who roles.Principal, text string) (uuid.UUID, error) {
	id, err := uuid.Parse(text)
	if err != nil {
		return id, problem.Missing("stall")
	}
	err = db.Pool.QueryRow(ctx, `SELECT id FROM stalls WHERE id = $1
		AND market_id IN (SELECT scope_markets($2, $3)) AND sees_stall($2, $3, id)`,
		id, who.ScopeKind, who.ScopeID).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return id, problem.Missing("stall")
	}
	if err != nil {
		return id, fmt.Errorf("find stall %s: %w", id, err)
	}
	return id, nil
}

// RequireMarket returns the caller and the market of the path. It checks the scope first (404),
// then the role (403).
func RequireMarket(ctx context.Context, db *database.DB, text string,
	a roles.Action,
) (roles.Principal, uuid.UUID, error) {
	who, err := roles.From(ctx)
	if err != nil {
		return who, uuid.Nil, err
	}
	id, err := FindMarket(ctx, db, who, text)
	if err != nil {
		return who, id, err
	}
	if a == roles.WriteStalls && who.ScopeKind == roles.ScopeStall {
		return who, id, OutOfScope()
	}
	return who, id, who.Allow(a)
}

// RequireStall returns the caller and the stall of the path. It checks the scope first (404), then
// the role (403).
func RequireStall(ctx context.Context, db *database.DB, text string,
	a roles.Action,
) (roles.Principal, uuid.UUID, error) {
	who, err := roles.From(ctx)
	if err != nil {
		return who, uuid.Nil, err
	}
	id, err := findStall(ctx, db, who, text)
	if err != nil {
		return who, id, err
	}
	return who, id, who.Allow(a)
}

// OutOfScope returns the refusal (403) for a role that may do this only in a narrower scope.
func OutOfScope() error {
	return problem.New(problem.Forbidden, "not_allowed", "Việc này nằm ngoài phạm vi của bạn.",
		"This is outside your scope.")
}

// Sight is how much of a merchant's data a caller sees.
type Sight int

const (
	Hidden Sight = iota // to a merchant and its staff: someone else's tenancy
	masked              // phone and account by their last digits, no payload
	Whole               // phone, account and payload
)

// SightOf returns what a caller sees of one merchant's data (merchants/access/roles/README.md,
// "Roles in words").
func SightOf(who roles.Principal, merchant uuid.UUID) Sight {
	switch {
	case (who.Role == roles.Merchant || who.Role == roles.Staff) && (who.MerchantID == nil ||
		*who.MerchantID != merchant):
		return Hidden
	case who.Role.May(roles.ReadAccounts):
		return Whole
	}
	return masked
}
