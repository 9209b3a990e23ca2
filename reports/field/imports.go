package field

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
func (k *kind[O, F]) importList(f *Field) func(*gin.Context) error {
	return func(c *gin.Context) error {
		ctx := c.Request.Context()
		id := c.Param("id")
		if id == "" {
			id = c.Param("campaign")
		}
		at, err := k.place(f, ctx, id, k.write)
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
		list, err := roster.ReadList(name, data, k.fields)
		if err != nil {
			return err
		}
		if len(list.Rows) == 0 {
			return problem.Of("file", "no_rows", "Danh sách không có dòng nào.", "The list has no rows.")
		}
		orders := make([]O, len(list.Rows))
		for i, cells := range list.Rows {
			orders[i] = k.row(cells)
		}
		entries, err := k.storeAll(ctx, f, at, func() []*entry[O] { return k.entries(at, list.Rows, orders) }, dryRun)
		if err != nil {
			return err
		}
		answerImport(c, entries, list.Skipped, dryRun)
		return nil
	}
}

// entries returns the entries of a list's rows. The same list again gives the same facts: a row's
// id is derived from its content and the number of equal rows above it. Kinds with repeat set get
// no such id.
func (k *kind[O, F]) entries(at *factSubject, rows []*roster.Cells, orders []O) []*entry[O] {
	entries := make([]*entry[O], len(orders))
	said := map[string]int{}
	for i, order := range orders {
		e := &entry[O]{order: order, line: rows[i].Line, state: created}
		for _, fault := range rows[i].Faults() {
			e.fail(fault.Name, fault.Code, fault.Vi, fault.En)
		}
		if !k.repeat {
			raw, _ := json.Marshal(order) // cannot fail: a struct of texts and numbers
			text := k.name + "\n" + string(raw)
			e.id = uuid.NewSHA1(k.of(at), fmt.Appendf(nil, "%s\n%d", text, said[text]))
			said[text]++
		}
		entries[i] = e
	}
	return entries
}

// answerImport writes the result of each row. A refused list is answered with a problem that
// contains the results (RFC 9457, section 3.2).
func answerImport[O any](c *gin.Context, entries []*entry[O], skipped []int, dryRun bool) {
	english := problem.English(c.GetHeader("Accept-Language"))
	result := Imported{DryRun: dryRun, Skipped: append([]int{}, skipped...), Rows: make([]ImportedRow, len(entries))}
	refused := problem.New(problem.Invalid, "rows_invalid", "Có dòng chưa đúng nên chưa ghi dòng nào.",
		"Some rows are wrong, so none was written.")
	for i, e := range entries {
		row := ImportedRow{Line: e.line, Action: e.state, Errors: []problem.FieldBody{}}
		if len(e.errors) > 0 {
			row.Errors = problem.InFields(e.errors...).In(english).Errors
		}
		for _, fault := range e.errors {
			fault.Name = fmt.Sprintf("line %d: %s", e.line, fault.Name)
			refused.Fields = append(refused.Fields, fault)
		}
		switch e.state {
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
	c.JSON(int(problem.Invalid), struct {
		*problem.Body
		Imported
	}{refused.In(english), result})
}
