package migrations

import (
	"context"
	"encoding/csv"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"market40/migrations/reference"
)

// loadReference loads the banks and the administrative units that the project ships.
// It is idempotent: existing rows are updated to the shipped tables, nothing is removed.
func loadReference(ctx context.Context, pool *pgxpool.Pool) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if err := LoadBanks(ctx, tx); err != nil {
			return err
		}
		return LoadLocalities(ctx, tx)
	})
}

// LoadBanks upserts the bank table by BIN.
func LoadBanks(ctx context.Context, tx pgx.Tx) error {
	rows, err := records(reference.Banks, "bin", "code", "short_name", "name_vi", "kind", "memo_prefix")
	if err != nil {
		return fmt.Errorf("bank table: %w", err)
	}
	batch := &pgx.Batch{}
	for _, r := range rows {
		batch.Queue(`INSERT INTO banks (bin, code, short_name, name_vi, kind, memo_prefix)
			VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (bin) DO UPDATE SET code = excluded.code, short_name = excluded.short_name,
			name_vi = excluded.name_vi,
				kind = excluded.kind, memo_prefix = excluded.memo_prefix`, r[0], r[1], r[2], r[3], r[4], r[5])
	}
	return send(ctx, tx, batch, "banks")
}

// unit returns a stable id for a unit that the project ships, the same in every database. A unit
// that began with a change of the map differs from its predecessor, even if code and name stayed.
func unit(level, code, name, from string) uuid.UUID {
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte("market40/locality/"+level+"/"+code+"/"+name+"/"+from))
}

// LoadLocalities upserts the units, their versions and their lineage.
func LoadLocalities(ctx context.Context, tx pgx.Tx) error {
	rows, err := records(reference.Localities,
		"level", "code", "name", "kind", "parent_level", "parent_code", "valid_from", "valid_to", "latitude",
		"longitude")
	if err != nil {
		return fmt.Errorf("locality table: %w", err)
	}
	parents := map[string]uuid.UUID{} // provinces and districts by level and code
	ended := map[string]uuid.UUID{}   // communes by code, name and the day they ended
	batch := &pgx.Batch{}
	for _, r := range rows {
		id := unit(r[0], r[1], r[2], r[6])
		if r[0] != "commune" {
			parents[r[0]+r[1]] = id
		}
		ended[r[1]+r[2]+r[7]] = id
		batch.Queue(`INSERT INTO localities (id) VALUES ($1) ON CONFLICT DO NOTHING`, id)
	}
	for _, r := range rows {
		var parent *uuid.UUID
		if r[4] != "" {
			p, known := parents[r[4]+r[5]]
			if !known {
				return fmt.Errorf("locality table: %s %s is not a parent of %s", r[4], r[5], r[2])
			}
			parent = &p
		}
		batch.Queue(`INSERT INTO locality_versions (id, locality_id, level, code, name, kind, parent_id, valid,
			latitude, longitude)
			VALUES ($1, $1, $2, $3, $4, $5, $6, daterange(nullif($7, '')::date, nullif($8, '')::date),
			nullif($9, '')::numeric, nullif($10, '')::numeric)
			ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, parent_id = excluded.parent_id,
				latitude = excluded.latitude, longitude = excluded.longitude`,
			unit(r[0], r[1], r[2], r[6]), r[0], r[1], r[2], r[3], parent, r[6], r[7], r[8], r[9])
	}
	lineage, err := records(reference.Lineage, "old_code", "old_name", "new_code", "new_name", "changed_on", "partial")
	if err != nil {
		return fmt.Errorf("lineage table: %w", err)
	}
	for _, r := range lineage {
		old, known := ended[r[0]+r[1]+r[4]]
		if !known {
			return fmt.Errorf("lineage table: no %s %s ended on %s", r[0], r[1], r[4])
		}
		batch.Queue(`INSERT INTO locality_lineage (old_id, new_id, changed_on, partial)
			VALUES ($1, $2, $3::text::date, $4::text::boolean)
			ON CONFLICT DO NOTHING`, old, unit("commune", r[2], r[3], r[4]), r[4], r[5])
	}
	return send(ctx, tx, batch, "localities")
}

func send(ctx context.Context, tx pgx.Tx, batch *pgx.Batch, what string) error {
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("load %s: %w", what, err)
	}
	return nil
}

// records reads a shipped CSV and returns the given columns of each row in the given order.
func records(table []byte, columns ...string) ([][]string, error) {
	all, err := csv.NewReader(strings.NewReader(string(table))).ReadAll()
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	for i, name := range all[0] {
		at[name] = i
	}
	rows := make([][]string, 0, len(all)-1)
	for _, line := range all[1:] {
		row := make([]string, len(columns))
		for i, name := range columns {
			j, ok := at[name]
			if !ok {
				return nil, fmt.Errorf("no column %q", name)
			}
			row[i] = line[j]
		}
		rows = append(rows, row)
	}
	return rows, nil
}
