package database

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	maxAttempts  = 6
	firstPause   = 10 * time.Millisecond // doubled after each attempt, each half drawn by lot
	rollbackTime = 5 * time.Second
)

// SQLSTATE codes after which the same work may be done again: the server has undone all of it.
const (
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	adminShutdown        = "57P01"
	cannotConnectNow     = "57P03"
)

// InTx runs do in one read committed transaction and commits it unless do returned an error. do
// must have no effect outside tx, because it may run again: after a serialization failure, a
// deadlock, or a connection lost before COMMIT was sent. It runs at most six times, with
// growing pauses. A commit with an unknown outcome is never repeated; its error is returned.
func (db *DB) InTx(ctx context.Context, do func(ctx context.Context, tx pgx.Tx) error) error {
	return retryTransaction(ctx, func() (again bool, err error) { return db.attempt(ctx, do) })
}

// InBatches does the same as InTx for work that consists of few batches, if each round trip counts.
// BEGIN travels with the first batch, and COMMIT with the last one, which do returns.
func (db *DB) InBatches(ctx context.Context, do func(ctx context.Context, b *Batches) (last *pgx.Batch,
	err error),
) error {
	return retryTransaction(ctx, func() (again bool, err error) { return db.attemptBatches(ctx, do) })
}

func retryTransaction(ctx context.Context, attempt func() (again bool, err error)) error {
	pause := firstPause
	for n := 1; ; n++ {
		again, err := attempt()
		// one wait for a hanging server is enough
		if err == nil || !again || ctx.Err() != nil || errors.Is(err, ErrSilent) {
			return err
		}
		if n == maxAttempts {
			return fmt.Errorf("given up after %d attempts: %w", n, err)
		}
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(pause/2 + rand.N(pause/2)):
		}
		pause *= 2
	}
}

// SendBatch runs a batch in a transaction of its own: all of it or nothing.
func (db *DB) SendBatch(ctx context.Context, batch *pgx.Batch) error {
	return db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error { return tx.SendBatch(ctx, batch).Close() })
}

// attempt runs do once and says whether an error leaves the work undone and worth doing again.
func (db *DB) attempt(ctx context.Context, do func(ctx context.Context, tx pgx.Tx) error) (again bool, err error) {
	tx, err := db.Pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.ReadCommitted})
	if err != nil {
		return neverStarted(err), fmt.Errorf("beginning a transaction: %w", err)
	}
	// A caller that went away or a do that panics leaves nothing open; after a commit this does
	// nothing.
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTime)
		defer cancel()
		_ = tx.Rollback(ctx)
	}()
	if err := do(ctx, tx); err != nil {
		lost := tx.Conn().IsClosed()
		return lost || hasCode(err, serializationFailure, deadlockDetected, adminShutdown), err
	}
	if tx.Conn().IsClosed() {
		return true, fmt.Errorf("committing: %w", pgx.ErrTxClosed)
	}
	if err := tx.Commit(ctx); err != nil {
		// Only these two say that the server rolled back; 57P01 may follow a COMMIT that was done.
		return hasCode(err, serializationFailure, deadlockDetected), fmt.Errorf("committing: %w", err)
	}
	return false, nil
}

// Batches is the transaction of InBatches.
type Batches struct {
	conn    *pgx.Conn
	started bool
}

// Send sends a batch and runs what its queries were given to do; the first one begins the
// transaction.
func (b *Batches) Send(ctx context.Context, batch *pgx.Batch) error {
	if !b.started {
		begin := &pgx.QueuedQuery{SQL: "BEGIN ISOLATION LEVEL READ COMMITTED"}
		batch.QueuedQueries = slices.Insert(batch.QueuedQueries, 0, begin)
		b.started = true
	}
	return b.conn.SendBatch(ctx, batch).Close()
}

// Query runs between two batches, after the first one.
func (b *Batches) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	if !b.started {
		return nil, errOutsideBatch
	}
	return b.conn.Query(ctx, sql, args...)
}

var errOutsideBatch = errors.New("a query before the first batch would run outside of the transaction")

// attemptBatches runs do once and says whether an error leaves the work undone and worth doing
// again.
func (db *DB) attemptBatches(ctx context.Context, do func(ctx context.Context, b *Batches) (last *pgx.Batch,
	err error),
) (again bool, err error) {
	conn, err := db.Pool.Acquire(ctx)
	if err != nil {
		return neverStarted(err), fmt.Errorf("beginning a transaction: %w", err)
	}
	defer func() { // the pool closes a connection that it gets back inside a transaction
		if !conn.Conn().IsClosed() && conn.Conn().PgConn().TxStatus() != 'I' {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTime)
			defer cancel()
			_, _ = conn.Exec(ctx, "ROLLBACK")
		}
		conn.Release()
	}()
	b := &Batches{conn: conn.Conn()}
	last, err := do(ctx, b)
	if err != nil {
		return b.conn.IsClosed() || hasCode(err, serializationFailure, deadlockDetected, adminShutdown), err
	}
	last.Queue("COMMIT")
	if err := b.Send(ctx, last); err != nil {
		// The server skips COMMIT after a statement that failed. Only these two say for sure that
		// it rolled back.
		return hasCode(err, serializationFailure, deadlockDetected), fmt.Errorf("committing: %w", err)
	}
	return false, nil
}

// neverStarted reports whether a server is restarting, or a pooled connection died: both may be
// retried, a refusal may not.
func neverStarted(err error) bool {
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return hasCode(err, adminShutdown, cannotConnectNow)
	}
	return true
}

func hasCode(err error, codes ...string) bool {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return false
	}
	for _, code := range codes {
		if e.Code == code {
			return true
		}
	}
	return false
}
