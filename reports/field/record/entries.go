package record

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/platform/problem"
)

// The results of recording a fact.
const (
	created   = "create"
	unchanged = "unchanged"
	faulty    = "error"
)

// Entry is a fact that is being recorded, with what is known about it so far.
type Entry[O any] struct {
	Order     O
	Line      int       // in a list, from 1
	ID        uuid.UUID // from the phone, or generated here
	Unchanged bool      // the same fact is stored already
	Faults

	// what the register knows about the things that the fact names
	Market, Stall, Tenancy, Merchant uuid.UUID
}

// state returns the result of recording the entry.
func (e *Entry[O]) state() string {
	switch {
	case !e.Sound():
		return faulty
	case e.Unchanged:
		return unchanged
	}
	return created
}

// ReadID reads the id that a phone gave to a fact, so that the phone can refer to it before it is
// sent. Without one, it generates an id.
func (e *Entry[O]) ReadID(text string) {
	if text == "" {
		if e.ID == uuid.Nil {
			e.ID = uuid.Must(uuid.NewV7())
		}
		return
	}
	id, err := uuid.Parse(text)
	if err != nil || id == uuid.Nil {
		e.Fail("id", "id_form", "Mã phải là UUID.", "The id must be a UUID.")
	}
	e.ID = id
}

// errUndo rolls back a transaction that must write nothing.
var errUndo = errors.New("undo: nothing is stored")

// storeAll checks facts and writes all of them, or none if one is faulty. A dry run does the same and
// rolls back.
func (k *Kind[O, F]) storeAll(ctx context.Context, f *Facts, at *Subject, fresh func() []*Entry[O],
	dryRun bool,
) ([]*Entry[O], error) {
	var entries []*Entry[O]
	err := f.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		entries = fresh()
		for _, e := range entries {
			e.Market = at.Market
			k.Check(at, e)
		}
		if k.Find != nil {
			if err := k.Find(ctx, tx, at, entries); err != nil {
				return err
			}
		}
		if err := k.Store(ctx, tx, at, WithoutFaults(entries)); err != nil {
			return err
		}
		if dryRun || len(WithoutFaults(entries)) < len(entries) {
			return errUndo
		}
		return nil
	})
	if err != nil && !errors.Is(err, errUndo) {
		return nil, fmt.Errorf("store %d %s: %w", len(entries), k.Name, err)
	}
	return entries, nil
}

// WithoutFaults returns the entries without a fault.
func WithoutFaults[O any](entries []*Entry[O]) []*Entry[O] {
	var good []*Entry[O]
	for _, e := range entries {
		if e.Sound() {
			good = append(good, e)
		}
	}
	return good
}

// Table describes where a kind of fact is stored, and how two equal facts are recognised.
type Table struct {
	Name string
	// besides id, market_id, actor_id and recorded_at, each with its type: "visited_at timestamptz"
	Columns  []string
	ByDay    bool          // recognised by its content, not by its id
	Conflict problem.Field // the fault of another fact with the same id, or of the same day
}

func (t Table) names(of string) string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		name, _, _ := strings.Cut(c, " ")
		names[i] = of + name
	}
	return strings.Join(names, ", ")
}

func (t Table) givenRows() string {
	return `json_to_recordset($1::json) AS g (id uuid, market_id uuid, ` + strings.Join(t.Columns, ", ") + `)`
}

// StoreIn writes sound entries as rows of a table. An entry with an existing id is unchanged if the
// content is equal; otherwise it is a conflict.
func StoreIn[O any](t Table, values func(
	*Entry[O]) map[string]any,
) func(context.Context, pgx.Tx, *Subject, []*Entry[O]) error {
	insert := `INSERT INTO ` + t.Name + ` (id, market_id, ` + t.names("") + `, actor_id, recorded_at)
		SELECT g.id, g.market_id, ` + t.names("g.") + `, $2, $3 FROM ` + t.givenRows() +
		` ON CONFLICT DO NOTHING RETURNING id`
	byID := ` AND v.id = g.id`
	if t.ByDay {
		byID = ""
	}
	storedNames, givenNames := t.names("v."), t.names("g.")
	same := `SELECT g.id, v.id FROM ` + t.givenRows() + ` JOIN ` + t.Name + ` v
		ON (v.market_id, ` + storedNames + `) IS NOT DISTINCT FROM (g.market_id, ` + givenNames + `)` + byID
	return func(ctx context.Context, tx pgx.Tx, at *Subject, entries []*Entry[O]) error {
		rows := make([]map[string]any, len(entries))
		for i, e := range entries {
			rows[i] = values(e)
			rows[i]["id"], rows[i]["market_id"] = e.ID, e.Market
		}
		given, err := json.Marshal(rows)
		if err != nil {
			return err
		}
		made, err := QueryIDs(ctx, tx, insert, given, at.Who.ActorID, at.Now)
		if err != nil || len(made) == len(entries) {
			return err
		}
		alike, err := MapExisting(ctx, tx, same, given)
		if err != nil {
			return err
		}
		for _, e := range entries {
			switch {
			case made[e.ID]:
				delete(made, e.ID) // the same id twice in one list is one row
			case alike[e.ID] != uuid.Nil:
				e.ID, e.Unchanged = alike[e.ID], true
			default:
				e.Conflict(t.Conflict.Name, t.Conflict.Code, t.Conflict.Vi, t.Conflict.En)
			}
		}
		return nil
	}
}

// MapExisting maps each given id to the id of the equal stored fact.
func MapExisting(ctx context.Context, tx pgx.Tx, sql string, given []byte) (map[uuid.UUID]uuid.UUID, error) {
	rows, err := tx.Query(ctx, sql, given)
	if err != nil {
		return nil, err
	}
	alike := map[uuid.UUID]uuid.UUID{}
	var id, existing uuid.UUID
	_, err = pgx.ForEachRow(rows, []any{&id, &existing}, func() error {
		alike[id] = existing
		return nil
	})
	return alike, err
}

// QueryIDs returns the ids that a statement selects or returns.
func QueryIDs(ctx context.Context, tx pgx.Tx, sql string, args ...any) (map[uuid.UUID]bool, error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	set := make(map[uuid.UUID]bool, len(list))
	for _, id := range list {
		set[id] = true
	}
	return set, err
}
