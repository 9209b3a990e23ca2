package roles

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/platform/problem"
	"market40/migrations/database"
)

// Tenancy is the present tenancy of a stall.
type Tenancy struct{ ID, Market, Stall, Merchant uuid.UUID }

// FindTenancy returns the open tenancy of a stall in the caller's scope. It refuses, in this order:
// a stall outside the scope (404), a role that may not do the action (403), a vacant stall (409). A
// merchant gets 404 for a stall that now has another tenant.
func (p Principal) FindTenancy(ctx context.Context, db *database.DB, stall uuid.UUID, a Action) (Tenancy, error) {
	t := Tenancy{Stall: stall}
	var id, merchant *uuid.UUID
	err := db.Pool.QueryRow(ctx, `SELECT s.market_id, t.id, t.merchant_id FROM stalls s
		LEFT JOIN tenancies t ON t.stall_id = s.id AND upper_inf(t.valid)
		WHERE s.id = $1 AND s.market_id IN (SELECT scope_markets($2, $3)) AND sees_stall($2, $3, s.id)`, stall,
		p.ScopeKind, p.ScopeID).
		Scan(&t.Market, &id, &merchant)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && p.MerchantID != nil &&
		(merchant == nil || *merchant != *p.MerchantID) {
		return t, problem.Missing("stall")
	}
	if err != nil {
		return t, fmt.Errorf("find tenancy of stall %s: %w", stall, err)
	}
	if err := p.Allow(a); err != nil {
		return t, err
	}
	if id == nil {
		return t, problem.New(problem.Conflict, "stall_vacant", "Sạp đang trống.", "The stall is vacant.")
	}
	t.ID, t.Merchant = *id, *merchant
	return t, nil
}
