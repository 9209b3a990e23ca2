package bulk

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/tenancies"
	"market40/migrations/database"
)

// PastChange is how an import changes the denominators of past months.
type PastChange struct {
	Months int `json:"months" doc:"how many of the past 36 months change their denominator"`
	From   int `json:"from" doc:"merchants operating in the market as of the last of them, before the import"`
	To     int `json:"to" doc:"after it"`
}

// mostMonths is how many past months a preview counts.
const mostMonths = 36

// hasPayments reports whether a market has payments, so that reports have counted its past.
func hasPayments(ctx context.Context, q database.Querier, market uuid.UUID) (found bool, err error) {
	err = q.QueryRow(ctx, `SELECT EXISTS (SELECT FROM tenancies t JOIN stall_days d ON d.tenancy_id = t.id
		WHERE t.market_id = $1)`, market).Scan(&found)
	if err != nil {
		return false, fmt.Errorf("find payments of market %s: %w", market, err)
	}
	return found, nil
}

// countPastChange counts the merchants operating at the start of each past month of a market with
// payments, with and without a batch. It leaves out mobile vendors, whom reports count separately.
func countPastChange(ctx context.Context, tx pgx.Tx, b *tenancies.Batch) (*PastChange, error) {
	rows, err := tx.Query(ctx, `SELECT d.at, array_agg(DISTINCT t.merchant_id) FILTER (WHERE t.merchant_id IS NOT NULL)
		FROM (SELECT date_trunc('month', $2::timestamptz AT TIME ZONE 'Asia/Ho_Chi_Minh') - n * interval '1 month' AS
		month FROM generate_series(0, $3 - 1) n) m
		CROSS JOIN LATERAL (SELECT m.month AT TIME ZONE 'Asia/Ho_Chi_Minh' AS at) d
		LEFT JOIN (tenancies t JOIN stalls s ON s.id = t.stall_id AND s.kind <> 'mobile'
		JOIN stall_states st ON st.stall_id = s.id AND st.state = 'operating')
			ON t.market_id = $1 AND t.valid @> d.at AND st.valid @> d.at
		WHERE d.at >= (SELECT min(f.day) FROM tenancies p JOIN stall_days f ON f.tenancy_id = p.id
		WHERE p.market_id = $1)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh' - interval '1 month'
		GROUP BY d.at ORDER BY d.at`, b.Market, b.Now, mostMonths)
	if err != nil {
		return nil, fmt.Errorf("count merchants of past months: %w", err)
	}
	change := &PastChange{}
	var at time.Time
	var counted []uuid.UUID
	_, err = pgx.ForEachRow(rows, []any{&at, &counted}, func() error {
		before := map[uuid.UUID]bool{}
		for _, id := range counted {
			before[id] = true
		}
		added := b.JoinedBy(at, before)
		if added > 0 {
			change.Months++
			change.From, change.To = len(before), len(before)+added
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("count merchants of past months: %w", err)
	}
	return change, nil
}
