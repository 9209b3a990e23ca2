package database_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"market40/migrations/database"
	"market40/migrations/database/dbtest"
)

// TestAConnectionIsNotWaitedForForEver: with all connections of a pool in use, a statement ends
// with its limit and none before it, and the pool serves again afterwards.
func TestAConnectionIsNotWaitedForForEver(t *testing.T) {
	t.Parallel()
	db := openDatabase(t, dbtest.Empty(t), database.Options{MaxConns: 1, AcquireTimeout: 2 * time.Second})
	held, err := db.Pool.Acquire(t.Context())
	must(t, err)
	if _, err := db.Pool.Exec(t.Context(), `SELECT 1`); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("without a free connection: %v", err)
	}
	if err := db.Gorm.WithContext(t.Context()).Exec(`SELECT 1`).Error; !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("gorm without a free connection: %v", err)
	}
	held.Release()
	execSQL(t, db, `SELECT pg_sleep(2.1)`) // the limit is for the wait, not for the statement
	if database.AcquireTimeout > 10*time.Second {
		t.Errorf("a caller of the API waits %s", database.AcquireTimeout)
	}
}
