package merchants

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/auth"
	"market40/merchants/edge"
	"market40/merchants/problem"
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
	Line   int                 `json:"line" doc:"in the file, from 1"`
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
}

// importing is one row on its way into the register.
type importing struct {
	roster.Row
	action string
}

func (i *importing) fail(f problem.Field) {
	i.action = rowError
	i.Errors = append(i.Errors, f)
}

// importRows registers the stalls of a board's list in one transaction, all or none, unless it is a dry run. A
// row that says what stands is unchanged; the same number with other data is an error (stall_differs).
func (r *Registry) importRows(ctx context.Context, market uuid.UUID, rows []roster.Row, dryRun bool) ([]importing, error) {
	var result []importing
	var b *batch
	err := r.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		result = make([]importing, len(rows))
		standing, err := r.standingStalls(ctx, tx, market, rows)
		if err != nil {
			return err
		}
		b = r.newBatch(market)
		var of []*importing // the row of each entry of the batch
		for i, row := range rows {
			here := &result[i]
			here.Row, here.action = row, rowCreate
			if len(row.Errors) > 0 {
				here.action = rowError
				continue
			}
			if stall, stands := standing[row.Number]; stands {
				here.compare(stall)
				continue
			}
			b.register(orderOf(row))
			of = append(of, here)
		}
		if err := b.resolve(ctx, tx); err != nil {
			return err
		}
		for i, e := range b.entries {
			for _, f := range e.faults {
				f.Name = f.Name[strings.LastIndexByte(f.Name, '.')+1:]
				of[i].fail(f.Field)
			}
		}
		if dryRun || anyFaulty(result) {
			return nil
		}
		return b.write(ctx, tx)
	})
	r.keepClaims(ctx, b)
	if err != nil {
		return nil, fmt.Errorf("import %d rows into %s: %w", len(rows), market, err)
	}
	return result, nil
}

func anyFaulty(rows []importing) bool {
	for _, row := range rows {
		if row.action == rowError {
			return true
		}
	}
	return false
}

// standingStalls are the market's stalls that the rows name, by number.
func (r *Registry) standingStalls(ctx context.Context, tx pgx.Tx, market uuid.UUID, rows []roster.Row) (map[string]Stall, error) {
	numbers := make([]string, len(rows))
	for i, row := range rows {
		numbers[i] = row.Number
	}
	found, err := tx.Query(ctx, `SELECT id FROM stalls WHERE market_id = $1 AND number = ANY ($2)`, market, numbers)
	if err != nil {
		return nil, fmt.Errorf("find stalls: %w", err)
	}
	ids, err := pgx.CollectRows(found, pgx.RowTo[uuid.UUID])
	if err != nil {
		return nil, fmt.Errorf("find stalls: %w", err)
	}
	stalls, err := r.readStalls(ctx, tx, auth.Principal{Role: auth.Admin}, ids)
	if err != nil {
		return nil, err
	}
	byNumber := make(map[string]Stall, len(stalls))
	for _, s := range stalls {
		byNumber[s.Number] = s
	}
	return byNumber, nil
}

// orderOf is the stall that a row describes.
func orderOf(row roster.Row) StallOrder {
	o := StallOrder{Number: row.Number, Zone: row.Zone, Kind: row.Kind, GoodsGroup: row.GoodsGroup}
	if row.FullName != "" {
		o.Since = row.Since
		o.Merchant = &MerchantOrder{FullName: row.FullName, HouseholdName: row.HouseholdName, Phone: row.Phone, TaxCode: row.TaxCode}
	}
	if row.AccountNumber != "" {
		o.Account = &AccountOrder{BankBIN: row.BankBIN, AccountNumber: row.AccountNumber, HolderName: row.HolderName, HolderKind: row.HolderKind}
	}
	return o
}

// compare finds a row unchanged, or names the fields in which the stall that stands differs. A phone or household
// that the row leaves out is not compared.
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
		if !(c.optional && c.row == "") && !samePerson(c.here, c.row) {
			differ = append(differ, c.field)
		}
	}
	if len(differ) > 0 {
		list := strings.Join(differ, ", ")
		i.fail(problem.Field{
			Name: "number", Code: "stall_differs",
			Vi: "Sạp đã đăng ký với thông tin khác: " + list + ".", En: "The stall stands with other data: " + list + ".",
		})
	}
}

// mountImport mounts the upload as plain gin: its size is limited while it is read.
func (r *Registry) mountImport(e *edge.Edge) {
	e.Engine.POST("/api/v1/markets/:id/stalls/import", problem.Handle(r.postImport))
	documented := op(http.MethodPost, "/api/v1/markets/{id}/stalls/import", "import-stalls", "Nhập danh sách sạp: a board's CSV or XLSX, all rows or none", http.StatusOK)
	edge.AcceptsFile(&documented)
	schema := e.API.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Imported](), true, "Imported")
	documented.Responses = map[string]*huma.Response{
		"200": {Description: "what became of each row", Content: map[string]*huma.MediaType{"application/json": {Schema: schema}}},
		"413": {Description: "a file over 5 MB"},
		"422": {Description: "a problem; with faulty rows it carries the same fields beside its own"},
	}
	e.Document(documented)
}

func (r *Registry) postImport(c *gin.Context) error {
	ctx := c.Request.Context()
	_, market, err := r.marketFor(ctx, c.Param("id"), auth.WriteStalls)
	if err != nil {
		return err
	}
	name, data, err := edge.Upload(c)
	if err != nil {
		return err
	}
	dryRun, err := edge.DryRun(c)
	if err != nil {
		return err
	}
	sheet, err := roster.Read(name, data)
	if err != nil {
		return err
	}
	rows, err := r.importRows(ctx, market, sheet.Rows, dryRun)
	if err != nil {
		return err
	}
	answerImport(c, rows, dryRun)
	return nil
}

// answerImport answers each row's result; a list that was refused is a problem that carries them (RFC 9457, section 3.2).
func answerImport(c *gin.Context, rows []importing, dryRun bool) {
	english := problem.English(c.GetHeader("Accept-Language"))
	result := Imported{DryRun: dryRun, Rows: make([]ImportedRow, len(rows))}
	for i, row := range rows {
		shown := ImportedRow{Line: row.Line, Number: row.Number, Action: row.action, Errors: []problem.FieldBody{}}
		if len(row.Errors) > 0 {
			shown.Errors = problem.InFields(row.Errors...).In(english).Errors
		}
		result.Rows[i] = shown
		switch row.action {
		case rowCreate:
			result.Created++
		case rowUnchanged:
			result.Unchanged++
		default:
			result.Faulty++
		}
	}
	if dryRun || result.Faulty == 0 {
		result.Applied = !dryRun
		c.JSON(http.StatusOK, result)
		return
	}
	result.Created = 0
	refused := problem.New(problem.Invalid, "rows_invalid", "Có dòng chưa đúng nên chưa ghi dòng nào.", "Some rows are wrong, so none was written.")
	for _, row := range rows {
		for _, f := range row.Errors {
			f.Name = fmt.Sprintf("line %d: %s", row.Line, f.Name)
			refused.Fields = append(refused.Fields, f)
		}
	}
	c.Header("Content-Type", problem.MediaType)
	c.JSON(int(problem.Invalid), struct {
		*problem.Body
		Imported
	}{refused.In(english), result})
}
