package received

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"market40/merchants/access/trail"
)

// Reading is what a caller is about to read.
type Reading struct {
	What    trail.Reading
	Notices []uuid.UUID
	Stalls  []uuid.UUID // of cases
}

// RecordReading records a reading in the access log of the tenancies that it is about. A notice is
// about the tenancy that received its money, or before that, about all tenancies that receive on its
// account. A stall is about its last tenancy.
func RecordReading(ctx context.Context, pool *pgxpool.Pool, r Reading) error {
	if len(r.Notices)+len(r.Stalls) == 0 {
		return nil
	}
	rows, err := pool.Query(ctx, `SELECT l.tenancy_id FROM payments p
		JOIN ledger_accounts l ON l.id IN (p.credit_account, p.debit_account)
			WHERE p.id = ANY ($1) AND l.tenancy_id IS NOT NULL
		UNION
		SELECT ta.tenancy_id FROM notices n JOIN tenancy_accounts ta ON ta.account_id = n.account_id
			WHERE n.id = ANY ($1) AND n.state <> 'posted'
		UNION
		SELECT t.id FROM unnest($2::uuid[]) AS s (id) CROSS JOIN LATERAL
			(SELECT id FROM tenancies WHERE stall_id = s.id ORDER BY upper_inf(valid) DESC, upper(valid) DESC
			LIMIT 1) t`, r.Notices, r.Stalls)
	if err != nil {
		return fmt.Errorf("find the tenancies of %s: %w", r.What, err)
	}
	tenancies, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return fmt.Errorf("find the tenancies of %s: %w", r.What, err)
	}
	return trail.RecordReading(ctx, r.What, tenancies)
}
