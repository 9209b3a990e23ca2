package database

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// partitionsAhead is how many months are made before they begin.
const partitionsAhead = 2

// month is the part of a table that one partition holds.
type month struct {
	Table  string
	Begins time.Time
}

// MakePartitions makes the partitions of the coming months that are missing, each on its own: one
// that fails stops no other. The database's clock decides which they are.
func MakePartitions(ctx context.Context, pool *pgxpool.Pool) error {
	rows, _ := pool.Query(ctx, `SELECT parent, month FROM missing_partitions(now() + make_interval(months => $1))`,
		partitionsAhead)
	missing, err := pgx.CollectRows(rows, pgx.RowToStructByPos[month])
	if err != nil {
		return fmt.Errorf("find missing partitions: %w", err)
	}
	var failed []error
	for _, m := range missing {
		var moved int64
		err := pool.QueryRow(ctx, `SELECT make_partition($1, $2)`, m.Table, m.Begins).Scan(&moved)
		switch {
		case err != nil:
			failed = append(failed, fmt.Errorf("make the partition of %s for %s: %w", m.Table,
				m.Begins.Format("2006-01"), err))
		case moved > 0:
			slog.WarnContext(ctx, "rows without a partition were moved into their month", "table", m.Table, "month",
				m.Begins.Format("2006-01"), "rows", moved)
		}
	}
	return errors.Join(failed...)
}
