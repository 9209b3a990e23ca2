package facts

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// secondConnection is how long a report waits for a second connection. A report that holds one must
// not wait longer for another, or a few reports could block each other.
const secondConnection = 5 * time.Millisecond

// apart are the queries that a second connection reads, about half of the total work.
var apart = []string{"ready", "displayed", "swapped", "first_days", "retained", "trained", "conversion"}

// readParallel reads facts in two statements at the same time, on one snapshot, so that a full
// report uses two processors. If no second connection is free, one connection reads all.
func (s *Store) readParallel(ctx context.Context, tx pgx.Tx, a Question) (map[string]*Cell, error) {
	second := a
	second.Queries = nil
	first := a
	first.Queries = nil
	for _, query := range a.Queries {
		if slices.Contains(apart, query) {
			second.Queries = append(second.Queries, query)
		} else {
			first.Queries = append(first.Queries, query)
		}
	}
	if len(second.Queries) < 3 || len(first.Queries) == 0 {
		return readFacts(ctx, tx, a)
	}
	waiting, cancel := context.WithTimeout(ctx, secondConnection)
	conn, err := s.db.Pool.Acquire(waiting)
	cancel()
	if err != nil {
		return readFacts(ctx, tx, a)
	}
	defer conn.Release()
	var shared string
	if err := tx.QueryRow(ctx, `SELECT pg_export_snapshot()`).Scan(&shared); err != nil {
		return nil, fmt.Errorf("export the snapshot: %w", err)
	}
	type half struct {
		cells map[string]*Cell
		err   error
	}
	other := make(chan half, 1)
	go func() {
		var h half
		h.err = pgx.BeginTxFunc(ctx, conn, Snapshot, func(tx pgx.Tx) (err error) {
			if _, err := tx.Exec(ctx, `SET TRANSACTION SNAPSHOT '`+shared+`'`); err != nil {
				return err
			}
			if err := PlanOnce(ctx, tx); err != nil {
				return err
			}
			h.cells, err = readFacts(ctx, tx, second)
			return err
		})
		other <- h
	}()
	cells, err := readFacts(ctx, tx, first)
	h := <-other
	if err != nil {
		return nil, err
	}
	if h.err != nil {
		return nil, h.err
	}
	return mergeCells(cells, h.cells), nil
}

// mergeCells merges the results of two statements about the same cells.
func mergeCells(cells, more map[string]*Cell) map[string]*Cell {
	for name, o := range more {
		c := cells[name]
		if c == nil {
			cells[name] = o
			continue
		}
		for id, p := range o.People {
			if q := c.People[id]; q != nil {
				q.join(p)
			} else {
				c.People[id] = p
			}
		}
		maps.Copy(c.FreshAt, o.FreshAt)
		c.Swaps = append(c.Swaps, o.Swaps...)
	}
	return cells
}
