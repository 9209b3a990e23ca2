package app

import (
	"context"

	"market40/migrations/database"
	"market40/payments/ledger"
)

// ProveLedger proves the ledger of a database from its rows alone. It reads all of them, however
// long that takes.
func ProveLedger(ctx context.Context, url string) (*ledger.Proof, error) {
	patient, err := database.Open(ctx, url, database.Options{MaxConns: 1, StatementTimeout: -1})
	if err != nil {
		return nil, err
	}
	defer patient.Close()
	return ledger.Verify(ctx, patient.Pool)
}
