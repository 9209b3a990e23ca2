// Package voids finds which payment a void reverses, and how much of it. A void may come before its
// payment, and by another connection of the same gateway.
package voids

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/platform/problem"
	"market40/payments/banks"
	"market40/payments/money"
)

// Transaction is a payment, by the id that its gateway uses for it and for its void.
type Transaction struct {
	Connection uuid.UUID
	ID         string
	Reference  string
	Amount     money.Amount // of the notice: the payment, or what a void reverses
	Account    *uuid.UUID   // the registered account that received the payment; nil: unknown
}

// Lock locks and returns the transaction that a notice pays, or reverses where reverses is not empty.
// No posting writes the payment or its void meanwhile. It returns nil where the provider reports no
// voids, and refuses (503) while a posting holds the lock.
func Lock(ctx context.Context, tx pgx.Tx, notice uuid.UUID, known Transaction, reverses string) (*Transaction, error) {
	t := &known
	var provider string
	err := tx.QueryRow(ctx, `SELECT n.connection_id, n.external_id, b.provider FROM notices n
		JOIN bank_connections b ON b.id = n.connection_id WHERE n.id = $1`, notice).
		Scan(&t.Connection, &t.ID, &provider)
	if err != nil {
		return nil, fmt.Errorf("read notice %s: %w", notice, err)
	}
	if p, _ := banks.FindProvider(provider); !banks.ReportsVoids(p) {
		return nil, nil
	}
	if reverses != "" {
		t.ID = reverses
	}
	var free bool // a posting takes this lock before those of cases, so nothing may wait for it here
	if err = tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock(`+voidLock+`) FROM (SELECT $1::text AS id) t`,
		t.ID).Scan(&free); err != nil {
		return nil, fmt.Errorf("lock the void of notice %s: %w", notice, err)
	}
	if !free {
		return nil, problem.Outage()
	}
	return t, nil
}

// FullyVoided reports whether one void reverses the whole amount of a transaction.
func (t *Transaction) FullyVoided(ctx context.Context, tx pgx.Tx) (bool, error) {
	rows, err := tx.Query(ctx, selectVoided, transactionColumns.Arguments([]Transaction{*t})...)
	if err != nil {
		return false, fmt.Errorf("look for the void of %s: %w", t.ID, err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[int])
	return len(found) > 0, err
}

// SumVoids returns how much of a transaction its voids reverse, in đồng. Each of a gateway's
// connections reports each part, so parts of one amount count once. Later content with a void's id
// may be the same part with other details. It counts only where two people decided that it is another
// part, as they do now for the content counted (nil: none).
func (t *Transaction) SumVoids(ctx context.Context, tx pgx.Tx, counted *uuid.UUID) (dong int64, err error) {
	err = tx.QueryRow(ctx, selectVoidSum, transactionColumns.Arguments([]Transaction{*t}, counted)...).Scan(&dong)
	if err != nil {
		return 0, fmt.Errorf("add up the voids of %s: %w", t.ID, err)
	}
	return dong, nil
}

// CloseCases closes the cases of a transaction's voids after the payment was reversed.
func (t *Transaction) CloseCases(ctx context.Context, tx pgx.Tx, now time.Time) error {
	batch := &pgx.Batch{}
	QueueCases(batch, []Transaction{*t}, now)
	return tx.SendBatch(ctx, batch).Close()
}
