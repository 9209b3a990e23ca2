package intake

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// partitionsEvery is how often the partitions of the coming months are looked after.
	partitionsEvery = 6 * time.Hour
	// partitionsAhead is how many months are made before they begin.
	partitionsAhead = 2
)

// month is the part of a table that one partition holds.
type month struct {
	Table  string
	Begins time.Time
}

// makePartitions makes the partitions that are missing, each on its own: one that fails stops no other. The database's
// clock decides which they are.
func (in *Intake) makePartitions(ctx context.Context) error {
	rows, _ := in.money.Pool.Query(ctx, `SELECT parent, month FROM missing_partitions(now() + make_interval(months => $1))`, partitionsAhead)
	missing, err := pgx.CollectRows(rows, pgx.RowToStructByPos[month])
	if err != nil {
		return fmt.Errorf("find missing partitions: %w", err)
	}
	var failed []error
	for _, m := range missing {
		var moved int64
		err := in.money.Pool.QueryRow(ctx, `SELECT make_partition($1, $2)`, m.Table, m.Begins).Scan(&moved)
		switch {
		case err != nil:
			failed = append(failed, fmt.Errorf("make the partition of %s for %s: %w", m.Table, m.Begins.Format("2006-01"), err))
		case moved > 0:
			slog.WarnContext(ctx, "rows without a partition were moved into their month", "table", m.Table, "month", m.Begins.Format("2006-01"), "rows", moved)
		}
	}
	return errors.Join(failed...)
}
