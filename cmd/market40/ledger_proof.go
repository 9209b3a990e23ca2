package main

import (
	"context"

	"market40/migrations/database"
	"market40/payments/ledger"
)

// prove reads all that there is, however long that takes.
func prove(ctx context.Context, url string) (*ledger.Proof, error) {
	patient, err := database.Open(ctx, url, database.Options{MaxConns: 1, StatementTimeout: -1})
	if err != nil {
		return nil, err
	}
	defer patient.Close()
	return ledger.Verify(ctx, patient.Pool)
}
