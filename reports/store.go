package reports

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/migrations/database"
)

// store reads facts, and keeps those of days that have begun.
type store struct {
	db   *database.DB
	kept kept
}

// newStore reads from a database.
func newStore(db *database.DB) *store { return &store{db: db} }

// snapshot is one moment for all that is read in a transaction.
var snapshot = pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}

// planOnce lets a transaction use plans that were made for any day and markets: planning the facts anew takes a third as long as
// reading them, and compiling them longer. PostgreSQL plans again when it learns more of the tables.
func planOnce(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `SELECT set_config('jit', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true)`)
	return err
}

// facts are read, or those that are kept and still hold.
func (s *store) read(ctx context.Context, tx pgx.Tx, of asked) (*keptFacts, error) {
	state, err := readStamp(ctx, tx, of.day)
	if err != nil {
		return nil, err
	}
	if known := s.kept.find(of, state); known != nil {
		return known, nil
	}
	read := s.readHalves
	if of.calm {
		read = readFacts
	}
	cells, err := read(ctx, tx, of)
	if err != nil {
		return nil, err
	}
	if err := readTurnover(ctx, tx, of, cells); err != nil {
		return nil, err
	}
	return s.kept.keep(of, state, cells), nil
}

// readTurnover reads, where turnover was sampled, whether one merchant has more than half of it.
func readTurnover(ctx context.Context, tx pgx.Tx, a asked, cells map[string]*cell) error {
	a.markets, a.queries = slices.Clone(a.markets), []string{"turnover"}
	wanted := false
	for place := range a.markets {
		at := cells[placeName(place)]
		if at == nil || !at.sampled() {
			a.markets[place] = uuid.Nil // keeps the places of the others
			continue
		}
		wanted = true
	}
	if !wanted {
		return nil
	}
	more, err := readFacts(ctx, tx, a)
	for name, from := range more {
		at := cells[name]
		if at == nil {
			continue // nothing else is known there
		}
		for id, p := range from.people {
			if own := at.people[id]; own != nil {
				own.turnover = p.turnover
			}
		}
	}
	return err
}
