package app

import (
	"context"
	"log/slog"

	"market40/migrations/database"
)

// Proof is a command that proves something; its end is recorded for monitors.
type Proof string

// The proofs that monitors wait for.
const (
	LedgerProof Proof = "ledger_verify"
	TrailProof  Proof = "audit_verify"
)

// RecordProof records that a proof has ended, and how many faults it found. It warns where that
// cannot be written, as on a standby.
func RecordProof(ctx context.Context, db *database.DB, p Proof, faults int) {
	if _, err := db.Pool.Exec(ctx, `SELECT record_proof($1, $2)`, p, faults); err != nil {
		slog.WarnContext(ctx, "monitors cannot see this run: its end was not recorded", "run", p, "error", err)
	}
}

// RecordBackup records, as the owner of the tables, that a backup is complete. It warns where that
// cannot be written, as in an older schema.
func (st *Store) RecordBackup(ctx context.Context) {
	db, err := database.Open(ctx, st.OwnerURL, database.Options{MaxConns: 1})
	if err == nil {
		defer db.Close()
		_, err = db.Pool.Exec(ctx, `INSERT INTO last_runs (task, finished_at) VALUES ('backup', clock_timestamp())
			ON CONFLICT (task) DO UPDATE SET finished_at = excluded.finished_at`)
	}
	if err != nil {
		slog.WarnContext(ctx, "monitors cannot see this backup: its end was not recorded", "error", err)
	}
}
