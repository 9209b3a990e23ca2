package database_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"market40/migrations/database"
	"market40/migrations/database/dbtest"
)

func count(t *testing.T, db *database.DB) (n int) {
	t.Helper()
	must(t, db.Pool.QueryRow(t.Context(), `SELECT n FROM first`).Scan(&n))
	return n
}

// newCounters is a database with two counters at 0, of which the view shows the first.
func newCounters(t *testing.T) *database.DB {
	t.Helper()
	db := openDatabase(t, dbtest.Empty(t), database.Options{MaxConns: 8})
	execSQL(t, db, `CREATE TABLE counter (id int PRIMARY KEY, n int NOT NULL)`)
	execSQL(t, db, `INSERT INTO counter VALUES (1, 0), (2, 0)`)
	execSQL(t, db, `CREATE VIEW first AS SELECT * FROM counter WHERE id = 1`)
	return db
}

func TestInTxCommitsOrLeavesNothing(t *testing.T) {
	t.Parallel()
	db := newCounters(t)
	add := func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE first SET n = n + 1`)
		return err
	}
	must(t, db.InTx(t.Context(), add))
	refusal := errors.New("refused")
	calls := 0
	err := db.InTx(t.Context(), func(ctx context.Context, tx pgx.Tx) error {
		calls++
		return errors.Join(add(ctx, tx), refusal)
	})
	if !errors.Is(err, refusal) || calls != 1 {
		t.Errorf("%d calls, %v", calls, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err = db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		defer cancel()
		return add(ctx, tx)
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a caller that went away is answered by %v", err)
	}
	func() {
		defer func() { _ = recover() }()
		_ = db.InTx(t.Context(), func(ctx context.Context, tx pgx.Tx) error { _ = add(ctx, tx); panic("in do") })
	}()
	if n := count(t, db); n != 1 {
		t.Errorf("counted %d, not 1", n)
	}
	if held := db.Pool.Stat().AcquiredConns(); held != 0 {
		t.Errorf("%d connections are still open", held)
	}
}

func TestInTxRunsAgain(t *testing.T) {
	t.Parallel()
	raise := func(code string) func(*testing.T, *database.DB, pgx.Tx) error {
		return func(t *testing.T, _ *database.DB, tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), `DO $$ BEGIN RAISE 'on purpose' USING ERRCODE = '`+code+`'; END $$`)
			return fmt.Errorf("posting: %w", err)
		}
	}
	tests := []struct {
		name  string
		fail  func(*testing.T, *database.DB, pgx.Tx) error
		again bool
	}{
		{"serialization failure", raise("40001"), true},
		{"deadlock", raise("40P01"), true},
		{"unique violation", raise("23505"), false},
		{"lock timeout", raise("55P03"), false},
		{"session ended by the administrator", func(t *testing.T, db *database.DB, tx pgx.Tx) error {
			execSQL(t, db, `SELECT pg_terminate_backend($1)`, tx.Conn().PgConn().PID())
			_, err := tx.Exec(t.Context(), `SELECT 1`)
			return err
		}, true},
		{"connection lost", func(t *testing.T, _ *database.DB, tx pgx.Tx) error {
			must(t, tx.Conn().PgConn().Conn().Close())
			_, err := tx.Exec(t.Context(), `SELECT 1`)
			return err
		}, true},
		{"connection lost unnoticed", func(t *testing.T, _ *database.DB, tx pgx.Tx) error {
			must(t, tx.Conn().Close(t.Context()))
			return nil
		}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			db := newCounters(t)
			calls := 0
			err := db.InTx(t.Context(), func(ctx context.Context, tx pgx.Tx) error {
				calls++
				if _, err := tx.Exec(ctx, `UPDATE first SET n = n + 1`); err != nil {
					return err
				}
				if calls == 1 {
					return tt.fail(t, db, tx)
				}
				return nil
			})
			wantCalls, wantCount := 1, 0
			if tt.again {
				wantCalls, wantCount = 2, 1
			}
			if (err == nil) != tt.again || calls != wantCalls || count(t, db) != wantCount {
				t.Errorf("after %d calls %v, counted %d", calls, err, count(t, db))
			}
		})
	}
}

func TestInTxGivesUp(t *testing.T) {
	t.Parallel()
	db := newCounters(t)
	calls := 0
	err := db.InTx(t.Context(), func(context.Context, pgx.Tx) error {
		calls++
		return &pgconn.PgError{Code: "40001"}
	})
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || calls < 3 || calls > 10 {
		t.Errorf("%d calls, then %v", calls, err)
	}
}

// A commit that was cut off may have been done: it is reported, and not repeated.
func TestAmbiguousCommitIsNotRepeated(t *testing.T) {
	t.Parallel()
	db := newCounters(t)
	// At commit this deferred trigger ends its own session, as a crash in the middle of COMMIT
	// would.
	execSQL(t, db, `CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS
		$$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$`)
	execSQL(t, db, `CREATE CONSTRAINT TRIGGER cut AFTER UPDATE ON counter DEFERRABLE INITIALLY DEFERRED
		FOR EACH ROW EXECUTE FUNCTION cut()`)
	calls := 0
	err := db.InTx(t.Context(), func(ctx context.Context, tx pgx.Tx) error {
		calls++
		_, err := tx.Exec(ctx, `UPDATE first SET n = n + 1`)
		return err
	})
	if err == nil || calls != 1 {
		t.Errorf("%d calls, then %v", calls, err)
	}
}

func TestRefusedCommitIsRepeated(t *testing.T) {
	t.Parallel()
	db := newCounters(t)
	execSQL(t, db, `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
		$$ BEGIN RAISE 'on purpose' USING ERRCODE = '40001'; END $$`)
	execSQL(t, db, `CREATE CONSTRAINT TRIGGER refuse AFTER UPDATE ON counter DEFERRABLE INITIALLY DEFERRED
		FOR EACH ROW WHEN (new.n = 1) EXECUTE FUNCTION refuse()`)
	calls := 0
	must(t, db.InTx(t.Context(), func(ctx context.Context, tx pgx.Tx) error {
		calls++
		_, err := tx.Exec(ctx, `UPDATE first SET n = $1`, calls)
		return err
	}))
	if calls != 2 || count(t, db) != 2 {
		t.Errorf("%d calls, counted %d", calls, count(t, db))
	}
}

func TestDeadlocksResolve(t *testing.T) {
	t.Parallel()
	db := newCounters(t)
	var calls atomic.Int64
	var group, held sync.WaitGroup
	held.Add(2)
	for i := range 2 {
		group.Go(func() {
			var once sync.Once
			err := db.InTx(t.Context(), func(ctx context.Context, tx pgx.Tx) error {
				calls.Add(1)
				for _, id := range [][]int{{1, 2}, {2, 1}}[i] {
					if _, err := tx.Exec(ctx, `UPDATE counter SET n = n + 1 WHERE id = $1`, id); err != nil {
						return err
					}
					once.Do(func() { // the first time, let the other take its first lock
						held.Done()
						held.Wait()
					})
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n := count(t, db); n != 2 || calls.Load() != 3 {
		t.Errorf("counted %d after %d calls", n, calls.Load())
	}
}

func TestInBatchesCommitsOrLeavesNothing(t *testing.T) {
	t.Parallel()
	db := newCounters(t)
	batch := func(statements ...string) *pgx.Batch {
		b := &pgx.Batch{}
		for _, s := range statements {
			b.Queue(s)
		}
		return b
	}
	const add = `UPDATE first SET n = n + 1`
	must(t, db.InBatches(t.Context(), func(ctx context.Context, b *database.Batches) (*pgx.Batch, error) {
		if err := b.Send(ctx, batch(add)); err != nil {
			return nil, err
		}
		return batch(add), nil
	}))
	must(t, db.InBatches(t.Context(), func(context.Context, *database.Batches) (*pgx.Batch, error) {
		return batch(add),
			nil
	}))
	if n := count(t, db); n != 3 {
		t.Fatalf("counted %d, not 3", n)
	}
	refusal := errors.New("refused")
	err := db.InBatches(t.Context(), func(ctx context.Context, b *database.Batches) (*pgx.Batch, error) {
		return nil, errors.Join(b.Send(ctx, batch(add)), refusal)
	})
	if !errors.Is(err, refusal) {
		t.Errorf("refused by %v", err)
	}
	err = db.InBatches(t.Context(), func(context.Context, *database.Batches) (*pgx.Batch, error) {
		return batch(add, `SELECT 1 / (SELECT 0)`), nil
	})
	var divided *pgconn.PgError
	if !errors.As(err, &divided) || divided.Code != "22012" {
		t.Errorf("a last batch that fails is answered by %v", err)
	}
	err = db.InBatches(t.Context(), func(ctx context.Context, b *database.Batches) (*pgx.Batch, error) {
		rows, err := b.Query(ctx, `SELECT 1`)
		if err == nil {
			rows.Close()
		}
		return nil, err
	})
	if err == nil {
		t.Error("a query before the first batch was let through")
	}
	if n := count(t, db); n != 3 {
		t.Errorf("counted %d, not 3", n)
	}
	if held := db.Pool.Stat().AcquiredConns(); held != 0 {
		t.Errorf("%d connections are still open", held)
	}
}

func TestInBatchesRunsAgain(t *testing.T) {
	t.Parallel()
	db := newCounters(t)
	calls := 0
	must(t, db.InBatches(t.Context(), func(ctx context.Context, b *database.Batches) (*pgx.Batch, error) {
		calls++
		first, last := &pgx.Batch{}, &pgx.Batch{}
		first.Queue(`UPDATE first SET n = n + 1`)
		switch calls {
		case 1:
			first.Queue(`DO $$ BEGIN RAISE 'on purpose' USING ERRCODE = '40P01'; END $$`)
		case 2:
			last.Queue(`DO $$ BEGIN RAISE 'on purpose' USING ERRCODE = '40001'; END $$`)
		}
		return last, b.Send(ctx, first)
	}))
	if n := count(t, db); n != 1 || calls != 3 {
		t.Errorf("%d calls, counted %d", calls, n)
	}
}
