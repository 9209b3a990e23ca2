package merchants

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
	"market40/merchants/roster"
)

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
	Created   int           `json:"created" doc:"of a dry run: how many would be"`
	Unchanged int           `json:"unchanged"`
	Faulty    int           `json:"faulty"`
	Rows      []ImportedRow `json:"rows"`
	Errors    []ImportNote  `json:"errors"`
	Warnings  []ImportNote  `json:"warnings" doc:"zeros_lost must be confirmed; number_spelling, account_letters, hidden_row and name_dropped are told only"`
	Since     string        `json:"since" doc:"the day from which the rows without a date hold; that of import: from its moment on; empty: from before our records"`
	Past      *PastChange   `json:"past" doc:"of a dry run in a market that has payments; else null"`
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

// importing is one row on its way into the register.
type importing struct {
	roster.Row
	list   *roster.Sheet // that it stands in
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

// importRoster registers the stalls of a board's list in one transaction, all or none, unless it is
// a dry run or a warning is not confirmed. A row that says what is registered is unchanged; the
// same number with other data is an error (stall_differs).
func (r *Registry) importRoster(ctx context.Context, market uuid.UUID, file roster.Roster,
	choices importChoices,
) (importOutcome, error) {
	var outcome importOutcome
	var b *batch
	err := r.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		outcome = importOutcome{file: file, rows: rowsOf(file)}
		standing, err := r.findStanding(ctx, tx, market, outcome.rows)
		if err != nil {
			return err
		}
		lives, err := hasPayments(ctx, tx, market)
		if err != nil {
			return err
		}
		var since string
		since, outcome.since = choices.sinceOfRows(lives, r.now())
		b = r.newBatch(market)
		var of []*importing // the row of each entry of the batch
		for i := range outcome.rows {
			here := &outcome.rows[i]
			here.begin(standing, choices)
			if here.action != rowCreate {
				continue
			}
			b.register(here.order(since, choices))
			of = append(of, here)
		}
		if err := b.resolve(ctx, tx); err != nil {
			return err
		}
		for i, e := range b.entries {
			for _, f := range e.faults {
				of[i].fail(ofColumn(f.Field))
			}
			for _, f := range e.notes {
				of[i].warn(ofColumn(f))
			}
		}
		if choices.dryRun && lives {
			outcome.past, err = b.pastChange(ctx, tx)
			return err
		}
		if choices.dryRun || anyFaulty(outcome.rows) || !confirmed(outcome.rows, choices) {
			return nil
		}
		outcome.applied = true
		return b.write(ctx, tx)
	})
	r.keepClaims(ctx, b)
	if err != nil {
		return importOutcome{}, fmt.Errorf("import %d rows into %s: %w", len(outcome.rows), market, err)
	}
	return outcome, nil
}

// ofColumn names a field of an order as the list's columns are named.
func ofColumn(f problem.Field) problem.Field {
	f.Name = f.Name[strings.LastIndexByte(f.Name, '.')+1:]
	return f
}

// rowsOf are the rows of all sheets, before anything is known of them. A transaction may run again,
// so they share no faults with the file.
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

// begin decides what a row is: at fault, a stall that is registered, or a new one.
func (i *importing) begin(standing standingStalls, choices importChoices) {
	row := i.Row
	if row.Hidden {
		i.warn(problem.Field{
			Name: "row", Code: "hidden_row",
			Vi: "Dòng này đang bị ẩn trong tệp (do lọc hoặc ẩn tay) nhưng vẫn được nhập.",
			En: "The row is hidden in the file, by a filter or by hand, and is imported all the same.",
		})
	}
	stall, spelledOtherwise, found := standing.find(row.Number)
	i.Errors = slices.DeleteFunc(i.Errors, func(f problem.Field) bool {
		return f.Code == "phone_repeated" && choices.phones.of(i) != "" || f.Code == "duplicate_number" && found &&
			standing.isTwin(row.Number)
	})
	if spelledOtherwise {
		i.warn(problem.Field{
			Name: "number", Code: "number_spelling",
			Vi: fmt.Sprintf("Sạp này đã đăng ký với cách viết %q: hiểu là cùng một sạp.", stall.Number),
			En: fmt.Sprintf("This stall is registered as %q: it is taken for the same.", stall.Number),
		})
	}
	switch {
	case len(i.Errors) > 0:
		i.action = rowError
	case found:
		i.compare(stall)
	}
}

// confirmed reports whether every warning that wants a yes has one.
func confirmed(rows []importing, choices importChoices) bool {
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

// standingStalls are the market's stalls that the rows of a list name, by the key of their number.
type standingStalls map[string][]Stall

// find returns the stall of a number: the one that is spelled so, else the one whose spelling alone
// differs.
func (s standingStalls) find(number string) (stall Stall, spelledOtherwise, found bool) {
	twins := s[roster.NumberKey(number)]
	for _, stall := range twins {
		if stall.Number == number {
			return stall, false, true
		}
	}
	if len(twins) == 0 {
		return Stall{}, false, false
	}
	return twins[0], true, true
}

// isTwin reports whether a number is one of several registered stalls whose spelling alone differs.
func (s standingStalls) isTwin(number string) bool {
	twins := s[roster.NumberKey(number)]
	return len(twins) > 1 && slices.ContainsFunc(twins, func(stall Stall) bool { return stall.Number == number })
}

// findStanding reads the market's stalls that the rows name, the oldest of a number first.
func (r *Registry) findStanding(ctx context.Context, tx pgx.Tx, market uuid.UUID,
	rows []importing,
) (standingStalls, error) {
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
	stalls, err := r.readStalls(ctx, tx, roles.Principal{Role: roles.Admin}, ids)
	if err != nil {
		return nil, err
	}
	standing := make(standingStalls, len(stalls))
	for _, s := range stalls {
		key := roster.NumberKey(s.Number)
		standing[key] = append(standing[key], s)
	}
	return standing, nil
}

// order is the stall that a row describes; since is from when a row without a date holds.
func (i *importing) order(since string, choices importChoices) StallOrder {
	row := i.Row
	o := StallOrder{Number: row.Number, Zone: row.Zone, Kind: row.Kind, GoodsGroup: row.GoodsGroup}
	if row.FullName != "" {
		o.Since = orElse(row.Since, since)
		o.Merchant = &MerchantOrder{
			FullName: row.FullName, HouseholdName: row.HouseholdName, Phone: row.Phone, TaxCode: row.TaxCode,
			KnownPhone: choices.phones.of(i),
		}
	}
	if row.AccountNumber != "" {
		o.Account = &AccountOrder{
			BankBIN: row.BankBIN, AccountNumber: row.AccountNumber, HolderName: row.HolderName,
			HolderKind: row.HolderKind,
		}
	}
	return o
}

// compare finds a row unchanged, or names the fields in which the stall that stands differs. A
// phone or household that the row leaves out is not compared.
func (i *importing) compare(s Stall) {
	i.action = rowUnchanged
	merchant, account := Merchant{}, Account{}
	if s.Merchant != nil {
		merchant = *s.Merchant
	}
	for _, a := range s.Accounts {
		if len(s.Accounts) == 1 || NormalAccount(a.AccountNumber) == NormalAccount(i.AccountNumber) {
			account = a
		}
	}
	var differ []string
	for _, c := range []struct {
		field     string
		here, row string
		optional  bool
	}{
		{"zone", s.Zone, i.Zone, false},
		{"kind", s.Kind, i.Kind, false},
		{"goods_group", s.GoodsGroup, i.GoodsGroup, false},
		{"full_name", merchant.FullName, i.FullName, false},
		{"household_name", merchant.HouseholdName, i.HouseholdName, true},
		{"phone", merchant.Phone, i.Phone, true},
		{"bank", account.BankBIN, i.BankBIN, false},
		{"account_number", NormalAccount(account.AccountNumber), NormalAccount(i.AccountNumber), false},
	} {
		same := sameText
		if c.field == "full_name" || c.field == "household_name" {
			same = roster.SameName
		}
		if !(c.optional && c.row == "") && !same(c.here, c.row) {
			differ = append(differ, c.field)
		}
	}
	if len(differ) > 0 {
		list := strings.Join(differ, ", ")
		i.fail(problem.Field{
			Name: "number", Code: "stall_differs",
			Vi: "Sạp đã đăng ký với thông tin khác: " + list + ".", En: "The stall stands with other data: " + list +
				".",
		})
	}
}

// mountImport mounts the upload as plain gin: its size is limited while it is read.
func (r *Registry) mountImport(e *web.Edge) {
	e.Engine.POST("/api/v1/markets/:id/stalls/import", problem.Handle(r.postImport))
	documented := op(http.MethodPost, "/api/v1/markets/{id}/stalls/import", "import-stalls",
		"Nhập danh sách sạp: a board's CSV or XLSX, all rows or none", http.StatusOK)
	web.AcceptsFile(&documented)
	form := documented.RequestBody.Content["multipart/form-data"].Schema.Properties
	form["confirm"] = &huma.Schema{
		Type: "string", Enum: []any{toConfirm[0]},
		Description: "takes the warnings of this code",
	}
	form["since"] = &huma.Schema{
		Type:        "string",
		Description: "from which day rows without a date hold, or before_records; absent: in a market with payments the day of import, from its moment on",
	}
	form[samePersonAs] = &huma.Schema{
		Type:        "string",
		Description: "lines, with commas, whose phone is known under another name and is the same person's; in a workbook of several lists one line, as Khu B!12",
	}
	form[anotherPerson] = &huma.Schema{
		Type:        "string",
		Description: "lines, with commas, whose phone is known under another name and is shared with that person; in a workbook of several lists one line, as Khu B!12",
	}
	schema := e.API.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Imported](), true, "Imported")
	documented.Responses = map[string]*huma.Response{
		"200": {
			Description: "what became of each row",
			Content:     map[string]*huma.MediaType{"application/json": {Schema: schema}},
		},
		"413": {Description: "a file over 5 MB"},
		"422": {Description: "a problem; with faulty rows it carries the same fields beside its own"},
	}
	e.Document(documented)
}

func (r *Registry) postImport(c *gin.Context) error {
	ctx := c.Request.Context()
	_, market, err := r.marketFor(ctx, c.Param("id"), roles.WriteStalls)
	if err != nil {
		return err
	}
	name, data, err := web.Upload(c)
	if err != nil {
		return err
	}
	choices, err := readChoices(c, r.now())
	if err != nil {
		return err
	}
	file, err := roster.Read(name, data)
	if err != nil {
		return err
	}
	outcome, err := r.importRoster(ctx, market, file, choices)
	if err != nil {
		return err
	}
	answerImport(c, outcome, choices)
	return nil
}
