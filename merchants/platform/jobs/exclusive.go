package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"market40/migrations/database"
)

const (
	// lockLost is after how long the server frees the lock of a silent replica.
	lockLost = 5 * time.Second
	// beatEvery is the interval of the replica's heartbeats, and beatWithin how long the answer
	// may take.
	beatEvery  = 1500 * time.Millisecond
	beatWithin = 2 * time.Second
)

// ErrElsewhere is returned by RunExclusive when another replica holds the lock.
var ErrElsewhere = errors.New("another replica does it")

// errLockLost ends the work of a replica that lost its lock.
var errLockLost = errors.New("the lock was lost")

// RunExclusive runs do while it holds the lock of a name, or returns ErrElsewhere. The lock lives in a
// transaction with a heartbeat: a replica that hangs, or with a dead connection, loses it within
// seconds, and do's context ends. A session lock would survive both.
func RunExclusive(ctx context.Context, db *database.DB, name string, do func(context.Context) error) error {
	conn, err := db.Pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("lock of %s: %w", name, err)
	}
	defer releaseLock(ctx, conn)
	mine, err := acquireLock(ctx, conn.Conn(), db.LockID("job:"+name))
	if err != nil {
		return fmt.Errorf("lock of %s: %w", name, err)
	}
	if !mine {
		return ErrElsewhere
	}
	working, cancel := context.WithCancelCause(ctx)
	beats := make(chan struct{})
	go func() {
		defer close(beats)
		renewLock(working, conn.Conn(), cancel)
	}()
	err = withCause(working, do(working))
	cancel(nil)
	<-beats
	return err
}

// acquireLock begins a transaction and tries to take the lock in it.
func acquireLock(ctx context.Context, conn *pgx.Conn, id int64) (mine bool, err error) {
	batch := &pgx.Batch{}
	batch.Queue(`BEGIN`)
	batch.Queue(`SELECT set_config('idle_in_transaction_session_timeout', $1, true)`,
		fmt.Sprint(lockLost.Milliseconds()))
	batch.Queue(`SELECT pg_try_advisory_xact_lock($1)`, id).QueryRow(func(row pgx.Row) error { return row.Scan(&mine) })
	return mine, conn.SendBatch(ctx, batch).Close()
}

// renewLock speaks on the connection that holds the lock until ctx ends, and cancels the work once there
// is no answer.
func renewLock(ctx context.Context, conn *pgx.Conn, cancel context.CancelCauseFunc) {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		asking, stop := context.WithTimeout(context.WithoutCancel(ctx), beatWithin)
		_, err := conn.Exec(asking, `SELECT 1`)
		stop()
		if err != nil {
			cancel(fmt.Errorf("%w: %w", errLockLost, err))
			return
		}
	}
}

// releaseLock ends the transaction, or the connection where that cannot be done soon.
func releaseLock(ctx context.Context, conn *pgxpool.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), beatWithin)
	defer cancel()
	if !conn.Conn().IsClosed() {
		_, _ = conn.Exec(ctx, `ROLLBACK`) // a failure closes the connection, which the pool then drops
	}
	conn.Release()
}
