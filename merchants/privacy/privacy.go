// Package privacy serves the rights of people to their own data: consents, access, correction,
// withdrawal and erasure, with the deadlines. It also counts the people with stored data (Law
// 91/2025/QH15, Decree 356/2025).
package privacy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/seal"
	"market40/migrations/database"
)

// Desk answers for people's data. It is safe for concurrent use.
type Desk struct {
	db     *database.DB
	keys   *seal.Keys
	now    func() time.Time
	counts *counts

	exports *exports
}

// New serves the data in db, which keys sealed, and reads the time from now.
func New(db *database.DB, keys *seal.Keys, now func() time.Time) *Desk {
	return &Desk{db: db, keys: keys, now: now, counts: newCounts(), exports: newExports()}
}

func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// querier is a pool or an open transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

var _ querier = (*pgxpool.Pool)(nil)

// merchantFor returns the caller and the merchant of the path: first in scope (404), then allowed
// (403). A merchant is in its own scope, in the scope of the board of any market where it has or
// had a stall, and in the platform's.
func (d *Desk) merchantFor(ctx context.Context, text string,
	a roles.Action,
) (who roles.Principal, id uuid.UUID, err error) {
	if who, err = roles.From(ctx); err != nil {
		return who, id, err
	}
	id, err = uuid.Parse(text)
	if err != nil || who.Role == roles.Merchant && (who.MerchantID == nil || *who.MerchantID != id) {
		return who, id, problem.Missing("merchant")
	}
	err = d.db.Pool.QueryRow(ctx, `SELECT id FROM merchants WHERE id = $1
		AND ($2 = 'all' OR EXISTS (SELECT FROM tenancies t
		WHERE t.merchant_id = $1 AND t.market_id IN (SELECT scope_markets($2, $3)) AND sees_stall($2, $3, t.stall_id)))`,
		id, who.ScopeKind, who.ScopeID).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return who, id, problem.Missing("merchant")
	}
	if err != nil {
		return who, id, fmt.Errorf("find merchant %s: %w", id, err)
	}
	return who, id, who.Allow(a)
}

// lockMerchant locks a merchant against other changes. It refuses an erased merchant (409).
func lockMerchant(ctx context.Context, tx pgx.Tx, id uuid.UUID) error {
	var erased bool
	err := tx.QueryRow(ctx, `SELECT erased_at IS NOT NULL FROM merchants WHERE id = $1 FOR UPDATE`, id).Scan(&erased)
	if err != nil {
		return fmt.Errorf("lock merchant %s: %w", id, err)
	}
	if erased {
		return problem.New(problem.Conflict, "merchant_erased", "Dữ liệu của người này đã được xóa.",
			"This person's data is erased.")
	}
	return nil
}
