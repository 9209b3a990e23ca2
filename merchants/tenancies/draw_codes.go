package tenancies

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/jackc/pgx/v5"

	"market40/merchants/memo"
	"market40/migrations/database"
)

// DrawCodes draws n codes that are not in use.
func DrawCodes(ctx context.Context, q database.Querier, n int) ([]string, error) {
	drawn := make(map[string]bool, n)
	for len(drawn) < n {
		fresh := make([]string, 0, n-len(drawn))
		for len(fresh) < cap(fresh) {
			code, err := memo.New(rand.Reader)
			if err != nil {
				return nil, fmt.Errorf("draw a code: %w", err)
			}
			fresh = append(fresh, code.String())
		}
		rows, err := q.Query(ctx, `SELECT f.code FROM unnest($1::text[]) AS f (code)
			WHERE NOT EXISTS (SELECT FROM codes c WHERE c.code = f.code)`, fresh)
		if err != nil {
			return nil, fmt.Errorf("draw codes: %w", err)
		}
		free, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return nil, fmt.Errorf("draw codes: %w", err)
		}
		for _, code := range free {
			drawn[code] = true
		}
	}
	codes := make([]string, 0, n)
	for code := range drawn {
		codes = append(codes, code)
	}
	return codes, nil
}
