// Package merchants is the register: markets, their stalls, who has them, the accounts they receive
// on and the codes that name them. A payment is matched against what stands here; nothing here
// holds, moves or counts money.
package merchants

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"market40/merchants/access/roles"
	"market40/merchants/platform/bizday"
	"market40/merchants/platform/outbox"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/seal"
	"market40/migrations/database"
)

// Registry registers, changes and finds. It is safe for concurrent use.
type Registry struct {
	db       *database.DB
	keys     *seal.Keys
	messages *outbox.Outbox
	now      func() time.Time
}

// New keeps the register in db, seals phones, tax codes and account numbers with keys, and tells
// the time by now.
func New(db *database.DB, keys *seal.Keys, now func() time.Time) *Registry {
	return &Registry{db: db, keys: keys, messages: outbox.New(db, keys, now), now: now}
}

// today is the business day as PostgreSQL reads a date.
func (r *Registry) today() string { return bizday.DayOf(r.now()) }

// querier is a pool or an open transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// market finds a market in the caller's scope; another scope's is missing like one that never was.
func (r *Registry) market(ctx context.Context, who roles.Principal, text string) (uuid.UUID, error) {
	id, err := uuid.Parse(text)
	if err != nil {
		return id, problem.Missing("market")
	}
	err = r.db.Pool.QueryRow(ctx, `SELECT id FROM markets WHERE id = $1 AND id IN (SELECT scope_markets($2, $3))`,
		id, who.ScopeKind, who.ScopeID).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return id, problem.Missing("market")
	}
	if err != nil {
		return id, fmt.Errorf("find market %s: %w", id, err)
	}
	return id, nil
}

// stall finds a stall in the caller's scope.
func (r *Registry) stall(ctx context.Context, who roles.Principal, text string) (uuid.UUID, error) {
	id, err := uuid.Parse(text)
	if err != nil {
		return id, problem.Missing("stall")
	}
	err = r.db.Pool.QueryRow(ctx, `SELECT id FROM stalls WHERE id = $1
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

// write runs a change of the register. Two changes that want the same number, phone, account or
// code at the same moment meet at a unique index: the loser runs again, and then reads what the
// winner left.
func (r *Registry) write(ctx context.Context, do func(ctx context.Context, tx pgx.Tx) error) error {
	const attempts = 3
	var err error
	for range attempts {
		err = r.db.InTx(ctx, do)
		if clash(err) == "" {
			return err
		}
	}
	if clash(err) == "stall_number_key_unique" {
		return problem.New(problem.Conflict, "number_in_use", "Số sạp này đã có trong chợ, viết cách khác.",
			"This stall number is in use in the market, written otherwise.")
	}
	if clash(err) == "tenancy_accounts_virtual" {
		return problem.New(problem.Conflict, "virtual_account_in_use",
			"Tài khoản ảo này đã gắn với sạp khác.", "This virtual account already names another stall.")
	}
	return err
}

// clash is the name of the unique constraint that an error comes from, or empty.
func clash(err error) string {
	const uniqueViolation = "23505" // PostgreSQL, appendix A
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.Code == uniqueViolation {
		return refused.ConstraintName
	}
	return ""
}

// newID is a row's id, a UUIDv7: ids of one process sort in the order they were made.
func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }
