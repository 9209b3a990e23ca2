package facts

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/migrations/database"
)

// Store reads facts, and caches those of days that have begun.
type Store struct {
	db    *database.DB
	cache cache
}

// New returns a store that reads from a database.
func New(db *database.DB) *Store { return &Store{db: db} }

// Snapshot makes all reads of a transaction see the same moment.
var Snapshot = pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}

// PlanOnce makes a transaction use generic plans, for any day and markets. Planning the facts anew
// takes a third of the time of reading them, and compiling takes longer. PostgreSQL plans again
// when its statistics change.
func PlanOnce(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `SELECT set_config('jit', 'off', true),
		set_config('plan_cache_mode', 'force_generic_plan', true)`)
	return err
}

// Read returns the requested facts on the snapshot of a transaction, from the cache if they are
// still valid.
func (s *Store) Read(ctx context.Context, tx pgx.Tx, of Question) (*DayFacts, error) {
	revision, err := ReadRevision(ctx, tx, of.Day)
	if err != nil {
		return nil, err
	}
	if known := s.cache.find(of, revision); known != nil {
		return known, nil
	}
	read := s.readParallel
	if of.OneConnection {
		read = readFacts
	}
	cells, err := read(ctx, tx, of)
	if err != nil {
		return nil, err
	}
	if err := readTurnover(ctx, tx, of, cells); err != nil {
		return nil, err
	}
	return s.cache.store(of, revision, cells), nil
}

// readTurnover reads the turnover of each merchant, for markets with sampled turnover. It shows
// whether one merchant has more than half.
func readTurnover(ctx context.Context, tx pgx.Tx, a Question, cells map[string]*Cell) error {
	a.Markets, a.Queries = slices.Clone(a.Markets), []string{"turnover"}
	wanted := false
	for place := range a.Markets {
		at := cells[MarketName(place)]
		if at == nil || !at.Sampled() {
			a.Markets[place] = uuid.Nil // preserves the indexes of the others
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
		for id, p := range from.People {
			if own := at.People[id]; own != nil {
				own.Turnover = p.Turnover
			}
		}
	}
	return err
}
