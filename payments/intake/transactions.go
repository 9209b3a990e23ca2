package intake

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/payments/banks"
	"market40/payments/money"
)

// Transaction is a payment by the id under which its gateway tells it and its void.
type Transaction struct {
	connection uuid.UUID
	id         string
	Reference  string
	Amount     money.Amount // of what is told: the payment, or what a void takes back
	Account    *uuid.UUID   // the register's, which a payment came to; nil: unknown
}

// LockTransaction returns the transaction that a notice tells or takes back (reverses), as far as
// it is known; a payment and its void are not posted meanwhile. It returns nil where the provider
// tells no voids, and refuses (503) where a posting is under way.
func (in *Intake) LockTransaction(ctx context.Context, tx pgx.Tx, notice uuid.UUID, known Transaction,
	reverses string,
) (*Transaction, error) {
	t := &known
	err := tx.QueryRow(ctx, `SELECT connection_id, external_id FROM notices WHERE id = $1`, notice).Scan(&t.connection,
		&t.id)
	if err != nil {
		return nil, fmt.Errorf("read notice %s: %w", notice, err)
	}
	connection, err := in.connections.Read(ctx, t.connection)
	if err != nil || !banks.ReportsVoids(connection.Provider) {
		return nil, err
	}
	if reverses != "" {
		t.id = reverses
	}
	var free bool // a posting holds this lock before those of cases, so nothing may wait for it here
	if err = tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock(`+voidLock+`) FROM (SELECT $1::text AS id) t`,
		t.id).Scan(&free); err != nil {
		return nil, fmt.Errorf("lock the void of notice %s: %w", notice, err)
	}
	if !free {
		return nil, busy()
	}
	return t, nil
}

// VoidedWhole reports whether one void takes back the whole amount of a transaction.
func (t *Transaction) VoidedWhole(ctx context.Context, tx pgx.Tx) (bool, error) {
	rows, err := tx.Query(ctx, voidedTransactions, voidArguments([]Transaction{*t})...)
	if err != nil {
		return false, fmt.Errorf("look for the void of %s: %w", t.id, err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[int])
	return len(found) > 0, err
}

// SumVoids returns how much of a transaction its voids take back, in đồng. A part is told by each
// of a gateway's connections: parts of one amount count once. What came later under a void's id may
// be the same part told otherwise: it counts where two people said that it is another part, as they
// do now of the content counted (nil: of none).
func (t *Transaction) SumVoids(ctx context.Context, tx pgx.Tx, counted *uuid.UUID) (dong int64, err error) {
	err = tx.QueryRow(ctx, `SELECT coalesce(sum(told), 0) FROM (SELECT max(v.amount + (SELECT coalesce(sum(f.amount), 0)
		FROM notice_conflicts f
			WHERE f.notice_id = v.id AND (f.id = $7 OR EXISTS (SELECT FROM cases x
			WHERE x.conflict_id = f.id AND x.state = 'returned')))) AS told
		FROM `+voidsOf+` GROUP BY v.amount) part`, append(voidArguments([]Transaction{*t}), counted)...).Scan(&dong)
	if err != nil {
		return 0, fmt.Errorf("add up the voids of %s: %w", t.id, err)
	}
	return dong, nil
}

// CloseVoidCases closes the cases of a transaction's voids, which have nothing to take back any
// more.
func (t *Transaction) CloseVoidCases(ctx context.Context, tx pgx.Tx, now time.Time) error {
	batch := &pgx.Batch{}
	queueVoidCases(batch, []Transaction{*t}, now)
	return tx.SendBatch(ctx, batch).Close()
}
