package intake

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"market40/merchants/access/trail"
)

// RecordReading records that the caller is about to read notices, and cases of stalls: each is
// about the tenancy that its money was posted to, or where it was not, about those that receive on
// its account, and the stall's last tenancy.
func RecordReading(ctx context.Context, pool *pgxpool.Pool, what trail.Reading, notices, stalls []uuid.UUID) error {
	if len(notices)+len(stalls) == 0 {
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
			LIMIT 1) t`, notices, stalls)
	if err != nil {
		return fmt.Errorf("find whose %s these are: %w", what, err)
	}
	tenancies, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return fmt.Errorf("find whose %s these are: %w", what, err)
	}
	return trail.Seen(ctx, what, tenancies)
}
