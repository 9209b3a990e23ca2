package database_test

import (
	"errors"
	"testing"

	"market40/migrations/database"
	"market40/migrations/database/dbtest"
)

// TestAPoolInTransactionModeIsRefused, and the server itself or a way that keeps sessions is not.
func TestAPoolInTransactionModeIsRefused(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	if err := database.CheckSessions(t.Context(), dbtest.NewTransactionPool(t, url)); !errors.Is(err,
		database.ErrTransactionPool) {
		t.Errorf("a pool in transaction mode: %v", err)
	}
	for name, url := range map[string]string{"the server": url, "a proxy": dbtest.NewProxy(t, url).URL} {
		if err := database.CheckSessions(t.Context(), url); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
