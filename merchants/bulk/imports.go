// Package bulk registers the stalls of a board's list, a CSV file or a workbook, all rows or none.
package bulk

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants"
	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/seal"
	"market40/merchants/roster"
	"market40/merchants/tenancies"
	"market40/migrations/database"
)

// Imports registers the stalls of boards' lists.
type Imports struct {
	db     *database.DB
	now    func() time.Time
	writer *tenancies.Writer
	stalls *merchants.Stalls
}

// New returns the imports into a register.
func New(db *database.DB, keys *seal.Keys, now func() time.Time, stalls *merchants.Stalls) *Imports {
	return &Imports{db: db, now: now, writer: tenancies.NewWriter(db, keys, now), stalls: stalls}
}

// What an import does with a row.
const (
	rowCreate    = "create"
	rowUnchanged = "unchanged"
	rowError     = "error"
)

// ImportedRow is what became of one row of a board's list.
type ImportedRow struct {
	Sheet  string              `json:"sheet" doc:"the worksheet; empty: a CSV file"`
	Line   int                 `json:"line" doc:"in the file or the worksheet, from 1"`
	Number string              `json:"number"`
	Action string              `json:"action" enum:"create,unchanged,error"`
	Errors []problem.FieldBody `json:"errors"`
}

// Imported is what became of a board's list.
type Imported struct {
	DryRun    bool          `json:"dry_run"`
	Applied   bool          `json:"applied" doc:"false: nothing was written"`
	Created   int           `json:"created" doc:"in a dry run: how many would be written"`
	Unchanged int           `json:"unchanged"`
	Faulty    int           `json:"faulty"`
	Rows      []ImportedRow `json:"rows"`
	Errors    []ImportNote  `json:"errors"`
	Warnings  []ImportNote  `json:"warnings" doc:"zeros_lost must be confirmed; number_spelling, account_letters, hidden_row and name_dropped need no confirmation"`
	Since     string        `json:"since" doc:"the day from which the rows without a date hold; that of import: from its moment on; empty: from before our records"`
	Past      *PastChange   `json:"past" doc:"in a dry run, if the market has payments; else null"`
	Skipped   []int         `json:"skipped" doc:"lines taken for totals, sections or signatures; of the first sheet that was read"`
	Sheets    []ReadSheet   `json:"sheets" doc:"the worksheets that show text; none of a CSV file"`
}

// ReadSheet is what became of a worksheet.
type ReadSheet struct {
	Name    string `json:"name"`
	Rows    int    `json:"rows"`
	Skipped []int  `json:"skipped" doc:"lines taken for totals, sections or signatures"`
	Unread  string `json:"unread" doc:"why it was not read, such as a cover's missing header; empty: it was"`
}

// importing is one row during an import.
type importing struct {
	roster.Row
	list   *roster.Sheet // the sheet of the row
	alone  bool          // no other sheet is a list
	action string
}

func (i *importing) fail(f problem.Field) {
	i.action = rowError
	i.Errors = append(i.Errors, f)
}

func (i *importing) warn(f problem.Field) { i.Warnings = append(i.Warnings, f) }

// importOutcome is what became of a list.
type importOutcome struct {
	file    roster.Roster
	rows    []importing
	applied bool
	since   string
	past    *PastChange
}

// importRoster registers the stalls of a board's list in one transaction, all or none. It writes
// nothing in a dry run, or while a warning is not confirmed. A row that equals the registered stall
// is unchanged; the same number with other data is an error (stall_differs).
func (im *Imports) importRoster(ctx context.Context, market uuid.UUID, file roster.Roster,
	choices importChoices,
) (importOutcome, error) {
	var outcome importOutcome
	var b *tenancies.Batch
	err := im.writer.Write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		outcome = importOutcome{file: file, rows: rowsOf(file)}
		registered, err := im.findRegistered(ctx, tx, market, outcome.rows)
		if err != nil {
			return err
		}
		paid, err := hasPayments(ctx, tx, market)
		if err != nil {
			return err
		}
		var since string
		since, outcome.since = choices.sinceOfRows(paid, im.now())
		b = im.writer.NewBatch(market)
		var of []*importing // the row of each entry of the batch
		for i := range outcome.rows {
			here := &outcome.rows[i]
			here.classify(registered, choices)
			if here.action != rowCreate {
				continue
			}
			b.Register(here.order(since, choices))
			of = append(of, here)
		}
		if err := b.Resolve(ctx, tx); err != nil {
			return err
		}
		for i, e := range b.Entries {
			for _, f := range e.Faults {
				of[i].fail(ofColumn(f.Field))
			}
			for _, f := range e.Notes {
				of[i].warn(ofColumn(f))
			}
		}
		if choices.dryRun && paid {
			outcome.past, err = countPastChange(ctx, tx, b)
			return err
		}
		if choices.dryRun || anyFaulty(outcome.rows) || !allConfirmed(outcome.rows, choices) {
			return nil
		}
		outcome.applied = true
		return b.Write(ctx, tx)
	})
	im.writer.StoreClaims(ctx, b)
	if err != nil {
		return importOutcome{}, fmt.Errorf("import %d rows into %s: %w", len(outcome.rows), market, err)
	}
	return outcome, nil
}

// ofColumn renames a field of an order to the name of its column.
func ofColumn(f problem.Field) problem.Field {
	f.Name = f.Name[strings.LastIndexByte(f.Name, '.')+1:]
	return f
}

// rowsOf copies the rows of all sheets. The copies share no faults with the file, because a
// transaction may run again.
func rowsOf(file roster.Roster) []importing {
	var rows []importing
	for s := range file.Sheets {
		sheet := &file.Sheets[s]
		for _, row := range sheet.Rows {
			row.Errors, row.Warnings = slices.Clone(row.Errors), slices.Clone(row.Warnings)
			rows = append(rows, importing{Row: row, list: sheet, alone: len(file.Sheets) == 1, action: rowCreate})
		}
	}
	return rows
}

// allConfirmed reports whether every warning that needs a confirmation has one.
func allConfirmed(rows []importing, choices importChoices) bool {
	for _, row := range rows {
		for _, w := range row.Warnings {
			if row.action == rowCreate && slices.Contains(toConfirm, w.Code) && !choices.confirmed[w.Code] {
				return false
			}
		}
	}
	return true
}

func anyFaulty(rows []importing) bool {
	for _, row := range rows {
		if row.action == rowError {
			return true
		}
	}
	return false
}

// registeredStalls are the market's stalls that the rows of a list name, by number key.
type registeredStalls map[string][]merchants.Stall

// find returns the stall of a number: the one with this spelling, else one with another spelling.
func (s registeredStalls) find(number string) (stall merchants.Stall, spelledOtherwise, found bool) {
	twins := s[roster.NumberKey(number)]
	for _, stall := range twins {
		if stall.Number == number {
			return stall, false, true
		}
	}
	if len(twins) == 0 {
		return merchants.Stall{}, false, false
	}
	return twins[0], true, true
}

// isDuplicate reports whether several registered stalls differ from this number in spelling only, and it
// is one of them.
func (s registeredStalls) isDuplicate(number string) bool {
	twins := s[roster.NumberKey(number)]
	return len(twins) > 1 &&
		slices.ContainsFunc(twins, func(stall merchants.Stall) bool { return stall.Number == number })
}

// findRegistered reads the market's stalls that the rows name, the oldest of a number first.
func (im *Imports) findRegistered(ctx context.Context, tx pgx.Tx, market uuid.UUID,
	rows []importing,
) (registeredStalls, error) {
	numbers := make([]string, len(rows))
	for i, row := range rows {
		numbers[i] = row.Number
	}
	found, err := tx.Query(ctx, `SELECT id FROM stalls WHERE market_id = $1
		AND number_key IN (SELECT stall_number_key(n) FROM unnest($2::text[]) n) ORDER BY number_twin`, market, numbers)
	if err != nil {
		return nil, fmt.Errorf("find stalls: %w", err)
	}
	ids, err := pgx.CollectRows(found, pgx.RowTo[uuid.UUID])
	if err != nil {
		return nil, fmt.Errorf("find stalls: %w", err)
	}
	stalls, err := im.stalls.ReadStalls(ctx, tx, roles.Principal{Role: roles.Admin}, ids)
	if err != nil {
		return nil, err
	}
	registered := make(registeredStalls, len(stalls))
	for _, s := range stalls {
		key := roster.NumberKey(s.Number)
		registered[key] = append(registered[key], s)
	}
	return registered, nil
}
