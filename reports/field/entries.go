package field

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/encodings"
	"market40/merchants/platform/bizday"
	"market40/merchants/platform/problem"
	"market40/payments/money"
)

// The results of recording a fact.
const (
	created   = "create"
	unchanged = "unchanged"
	faulty    = "error"
)

// entry is a fact that is being recorded, with what is known about it so far.
type entry[O any] struct {
	order O
	line  int       // in a list, from 1
	id    uuid.UUID // from the phone, or generated here
	found
	state    string
	errors   []problem.Field
	conflict bool // it conflicts with a recorded fact
}

// found is what the register knows about the things that a fact names.
type found struct{ market, stall, tenancy, merchant uuid.UUID }

// fail records a fault. Only the first fault of a field counts.
func (e *entry[O]) fail(field, code, vi, en string) {
	for _, known := range e.errors {
		if known.Name == field {
			return
		}
	}
	e.errors = append(e.errors, problem.Field{Name: field, Code: code, Vi: vi, En: en})
	e.state = faulty
}

// refusal returns the error for a fact that was sent alone, or nil.
func (e *entry[O]) refusal() error {
	if len(e.errors) == 0 {
		return nil
	}
	refused := problem.InFields(e.errors...)
	if e.conflict {
		refused.Kind = problem.Conflict
	}
	return refused
}

// errUndo rolls back a transaction that must write nothing.
var errUndo = errors.New("undo: nothing is stored")

// storeAll checks facts and writes all of them, or none if one is faulty. A dry run does the same and
// rolls back.
func (k *kind[O, F]) storeAll(ctx context.Context, f *Field, at *factSubject, fresh func() []*entry[O],
	dryRun bool,
) ([]*entry[O], error) {
	var entries []*entry[O]
	err := f.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		entries = fresh()
		for _, e := range entries {
			e.found.market = at.market
			k.check(at, e)
		}
		if k.find != nil {
			if err := k.find(ctx, tx, at, entries); err != nil {
				return err
			}
		}
		if err := k.store(ctx, tx, at, withoutFaults(entries)); err != nil {
			return err
		}
		if dryRun || len(withoutFaults(entries)) < len(entries) {
			return errUndo
		}
		return nil
	})
	if err != nil && !errors.Is(err, errUndo) {
		return nil, fmt.Errorf("keep %d %s: %w", len(entries), k.name, err)
	}
	return entries, nil
}

// withoutFaults returns the entries without a fault.
func withoutFaults[O any](entries []*entry[O]) []*entry[O] {
	var good []*entry[O]
	for _, e := range entries {
		if len(e.errors) == 0 {
			good = append(good, e)
		}
	}
	return good
}

// table describes where a kind of fact is stored, and how two equal facts are recognised.
type table struct {
	name string
	// besides id, market_id, actor_id and recorded_at, each with its type: "visited_at timestamptz"
	columns []string
	byDay   bool // recognised by its content, not by its id
	conflict   problem.Field
}

func (t table) names(of string) string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		name, _, _ := strings.Cut(c, " ")
		names[i] = of + name
	}
	return strings.Join(names, ", ")
}

func (t table) givenRows() string {
	return `json_to_recordset($1::json) AS g (id uuid, market_id uuid, ` + strings.Join(t.columns, ", ") + `)`
}

// storeIn writes sound entries as rows of a table. An entry with an existing id is unchanged if the
// content is equal; otherwise it is a conflict.
func storeIn[O any](t table, values func(
	*entry[O]) map[string]any,
) func(context.Context, pgx.Tx, *factSubject, []*entry[O]) error {
	insert := `INSERT INTO ` + t.name + ` (id, market_id, ` + t.names("") + `, actor_id, recorded_at)
		SELECT g.id, g.market_id, ` + t.names("g.") + `, $2, $3 FROM ` + t.givenRows() +
		` ON CONFLICT DO NOTHING RETURNING id`
	byID := ` AND v.id = g.id`
	if t.byDay {
		byID = ""
	}
	same := `SELECT g.id, v.id FROM ` + t.givenRows() + ` JOIN ` + t.name + ` v ON (v.market_id, ` + t.names("v.") + `) IS
		NOT DISTINCT FROM (g.market_id, ` + t.names("g.") + `)` + byID
	return func(ctx context.Context, tx pgx.Tx, at *factSubject, entries []*entry[O]) error {
		rows := make([]map[string]any, len(entries))
		for i, e := range entries {
			rows[i] = values(e)
			rows[i]["id"], rows[i]["market_id"] = e.id, e.found.market
		}
		given, err := json.Marshal(rows)
		if err != nil {
			return err
		}
		made, err := queryIDs(ctx, tx, insert, given, at.who.ActorID, at.now)
		if err != nil || len(made) == len(entries) {
			return err
		}
		alike, err := mapExisting(ctx, tx, same, given)
		if err != nil {
			return err
		}
		for _, e := range entries {
			switch {
			case made[e.id]:
				delete(made, e.id) // the same id twice in one list is one row
			case alike[e.id] != uuid.Nil:
				e.id, e.state = alike[e.id], unchanged
			default:
				e.conflict = true
				e.fail(t.conflict.Name, t.conflict.Code, t.conflict.Vi, t.conflict.En)
			}
		}
		return nil
	}
}

// mapExisting maps each given id to the id of the equal stored fact.
func mapExisting(ctx context.Context, tx pgx.Tx, sql string, given []byte) (map[uuid.UUID]uuid.UUID, error) {
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

func queryIDs(ctx context.Context, tx pgx.Tx, sql string, args ...any) (map[uuid.UUID]bool, error) {
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

// The limits of submitted facts.
const (
	maxNote   = 500              // characters
	clockRuns = 10 * time.Minute // how far a phone's clock may be ahead
)

// earliest is the first possible day of a fact in the field. An older date is a typing error.
var earliest = time.Date(2015, time.January, 1, 0, 0, 0, 0, bizday.Vietnam)

// moment reads a time in RFC 3339. It may not be in the future.
func (e *entry[O]) moment(field, text string, now time.Time) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	switch {
	case text == "":
		e.fail(field, "required", "Thiếu thời điểm.", "The time is missing.")
	case err != nil:
		e.fail(field, "time_form", "Cần thời điểm RFC 3339, thí dụ 2026-11-20T08:30:00+07:00.",
			"The time is not valid: expected RFC 3339, such as 2026-11-20T08:30:00+07:00.")
	case at.After(now.Add(clockRuns)):
		e.fail(field, "in_future", "Thời điểm nằm trong tương lai.", "The time is in the future.")
	case at.Before(earliest):
		e.fail(field, "too_old", "Thời điểm trước năm 2015: hãy xem lại.", "The time is before 2015: check it.")
	}
	return at
}

// day reads a date such as 2026-11-20. It may not be in the future.
func (e *entry[O]) day(field, text string, now time.Time) time.Time {
	day, err := time.ParseInLocation(time.DateOnly, text, bizday.Vietnam)
	switch {
	case text == "":
		e.fail(field, "required", "Thiếu ngày.", "The day is missing.")
	case err != nil:
		e.fail(field, "date_form", "Ngày có dạng 2026-11-20.", "Expected a day such as 2026-11-20.")
	case day.After(now.Add(clockRuns)):
		e.fail(field, "in_future", "Ngày nằm trong tương lai.", "The day is in the future.")
	case day.Before(earliest):
		e.fail(field, "too_old", "Ngày trước năm 2015: hãy xem lại.", "The day is before 2015: check it.")
	}
	return day
}

// short checks that a text is valid Unicode with at most so many characters.
func (e *entry[O]) short(field, text string, most int) {
	if f := encodings.TextFault(field, text); f != nil {
		e.fail(f.Name, f.Code, f.Vi, f.En)
	}
	if utf8.RuneCountInString(text) > most {
		e.fail(field, "too_long", fmt.Sprintf("Dài quá %d ký tự.", most), fmt.Sprintf("Longer than %d characters.",
			most))
	}
}

// dong reads a whole amount of đồng that is not negative.
func (e *entry[O]) dong(field, text string) money.Amount {
	if text == "" {
		e.fail(field, "required", "Thiếu số tiền.", "The amount is missing.")
		return money.Amount{}
	}
	amount, err := money.Parse(text)
	if err != nil {
		f := problem.AmountForm(field)
		e.fail(f.Name, f.Code, f.Vi, f.En)
	}
	return amount
}

// readID reads the id that a phone gave to a fact, so that the phone can refer to it before it is
// sent. Without one, it generates an id.
func (e *entry[O]) readID(text string) {
	if text == "" {
		if e.id == uuid.Nil {
			e.id = uuid.Must(uuid.NewV7())
		}
		return
	}
	id, err := uuid.Parse(text)
	if err != nil || id == uuid.Nil {
		e.fail("id", "id_form", "Mã phải là UUID.", "The id must be a UUID.")
	}
	e.id = id
}

// word requires a word. The schema, or the vocabulary of a list, checks which words are valid.
func (e *entry[O]) word(field, text string) {
	if text == "" {
		e.fail(field, "required", "Thiếu mục này.", "This entry is missing.")
	}
}

// momentOf and dayOf parse the values of a sound entry, so they ignore errors.
func momentOf(text string) time.Time {
	at, _ := time.Parse(time.RFC3339, text)
	return at
}

func dayOf(text string) time.Time {
	day, _ := time.ParseInLocation(time.DateOnly, text, bizday.Vietnam)
	return day
}
