package ledger

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"market40/payments/money"
)

//go:embed verify.sql
var verifySQL string

// Fault is one violation of a rule of the books.
type Fault struct{ Rule, What, Found string }

// Proof is the result of a verification.
type Proof struct {
	Accounts, Payments, Notices int64
	Debits, Credits             money.Amount
	Faults                      []Fault
}

// Verify checks the books from the rows alone, on one snapshot. The rules (verify.sql):
// Σ debits = Σ credits; every balance equals its payments; versions have no gaps; every posted
// notice has exactly one payment and every payment its notice or case; nothing acknowledged is
// missing; each day's sums equal its payments, a reversal on the day of what it reverses; no payment
// is reversed twice; no transfer of one bank account is posted twice.
func Verify(ctx context.Context, pool *pgxpool.Pool) (*Proof, error) {
	proof := &Proof{}
	err := pgx.BeginTxFunc(ctx, pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly},
		func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, `SET LOCAL statement_timeout = 0`); err != nil {
				return err
			}
			var debits, credits string
			err := tx.QueryRow(ctx, `SELECT (SELECT count(*) FROM ledger_accounts), (SELECT count(*)
			FROM payments), (SELECT count(*) FROM notices),
			(SELECT coalesce(sum(debits), 0)::text FROM ledger_accounts), (SELECT coalesce(sum(credits), 0)::text
			FROM ledger_accounts)`).
				Scan(&proof.Accounts, &proof.Payments, &proof.Notices, &debits, &credits)
			if err != nil {
				return err
			}
			if err := proof.Debits.Scan(debits); err != nil {
				return err
			}
			if err := proof.Credits.Scan(credits); err != nil {
				return err
			}
			// The query reads all rows. Without statistics the planner may choose nested loops, which
			// take hours.
			if _, err := tx.Exec(ctx, `SET LOCAL enable_nestloop = off`); err != nil {
				return err
			}
			rows, err := tx.Query(ctx, verifySQL)
			if err != nil {
				return err
			}
			proof.Faults, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Fault])
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("verify ledger: %w", err)
	}
	return proof, nil
}
