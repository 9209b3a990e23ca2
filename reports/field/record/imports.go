package record

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
	"market40/merchants/roster"
)

// ImportedRow is the result of one row of a list.
type ImportedRow struct {
	Line   int                 `json:"line" doc:"in the file, from 1"`
	Action string              `json:"action" enum:"create,unchanged,error"`
	Errors []problem.FieldBody `json:"errors"`
}

// Imported is the result of a list.
type Imported struct {
	DryRun    bool          `json:"dry_run"`
	Applied   bool          `json:"applied" doc:"false: nothing was written"`
	Created   int           `json:"created" doc:"in a dry run: how many would be written"`
	Unchanged int           `json:"unchanged" doc:"rows that exist already with the same content"`
	Faulty    int           `json:"faulty"`
	Skipped   []int         `json:"skipped" doc:"lines below the header that were taken for totals or signatures"`
	Rows      []ImportedRow `json:"rows"`
}

// importList imports a list of a kind: all rows, or none.
func (k *Kind[O, F]) importList(f *Facts) func(*gin.Context) error {
	return func(c *gin.Context) error {
		ctx := c.Request.Context()
		id := c.Param("id")
		if id == "" {
			id = c.Param("campaign")
		}
		at, err := k.Subject(f, ctx, id, k.Write)
		if err != nil {
			return err
		}
		name, data, err := web.Upload(c)
		if err != nil {
			return err
		}
		dryRun, err := web.DryRun(c)
		if err != nil {
			return err
		}
		list, err := roster.ReadList(name, data, k.Fields)
		if err != nil {
			return err
		}
		if len(list.Rows) == 0 {
			return problem.Of("file", "no_rows", "Danh sách không có dòng nào.", "The list has no rows.")
		}
		orders := make([]O, len(list.Rows))
		for i, cells := range list.Rows {
			orders[i] = k.Row(cells)
		}
		entries, err := k.storeAll(ctx, f, at, func() []*Entry[O] { return k.entries(at, list.Rows, orders) }, dryRun)
		if err != nil {
			return err
		}
		answerImport(c, entries, list.Skipped, dryRun)
		return nil
	}
}

// entries returns the entries of a list's rows. The same list again gives the same facts: a row's
// id is derived from its content and the number of equal rows above it. Kinds with Repeat set get
// no such id.
func (k *Kind[O, F]) entries(at *Subject, rows []*roster.Cells, orders []O) []*Entry[O] {
	entries := make([]*Entry[O], len(orders))
	said := map[string]int{}
	for i, order := range orders {
		e := &Entry[O]{Order: order, Line: rows[i].Line}
		for _, fault := range rows[i].Faults() {
			e.Fail(fault.Name, fault.Code, fault.Vi, fault.En)
		}
		if !k.Repeat {
			raw, _ := json.Marshal(order) // cannot fail: a struct of texts and numbers
			text := k.Name + "\n" + string(raw)
			e.ID = uuid.NewSHA1(k.of(at), fmt.Appendf(nil, "%s\n%d", text, said[text]))
			said[text]++
		}
		entries[i] = e
	}
	return entries
}

// RefusedImport is the problem of a list with faulty rows.
type RefusedImport struct {
	problem.Body
	Imported
}

// answerImport writes the result of each row. A refused list is answered with a problem that
// contains the results (RFC 9457, section 3.2).
func answerImport[O any](c *gin.Context, entries []*Entry[O], skipped []int, dryRun bool) {
	english := problem.English(c.GetHeader("Accept-Language"))
	result := Imported{DryRun: dryRun, Skipped: append([]int{}, skipped...), Rows: make([]ImportedRow, len(entries))}
	refused := problem.New(problem.Invalid, "rows_invalid", "Có dòng chưa đúng nên chưa ghi dòng nào.",
		"Some rows are wrong, so none was written.")
	for i, e := range entries {
		row := ImportedRow{Line: e.Line, Action: e.state(), Errors: []problem.FieldBody{}}
		if !e.Sound() {
			row.Errors = problem.InFields(e.list...).In(english).Errors
		}
		for _, fault := range e.list {
			fault.Name = fmt.Sprintf("line %d: %s", e.Line, fault.Name)
			refused.Fields = append(refused.Fields, fault)
		}
		switch e.state() {
		case created:
			result.Created++
		case unchanged:
			result.Unchanged++
		default:
			result.Faulty++
		}
		result.Rows[i] = row
	}
	if dryRun || result.Faulty == 0 {
		result.Applied = !dryRun
		c.JSON(http.StatusOK, result)
		return
	}
	result.Created = 0
	c.Header("Content-Type", problem.MediaType)
	c.JSON(int(problem.Invalid), RefusedImport{*refused.In(english), result})
}
