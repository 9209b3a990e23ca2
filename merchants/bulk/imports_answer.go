package bulk

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"market40/merchants/platform/problem"
	"market40/merchants/roster"
)

// ImportNote is one error or warning of a list, with its place in the file.
type ImportNote struct {
	Sheet  string `json:"sheet" doc:"the worksheet; empty: a CSV file"`
	Row    int    `json:"row" doc:"line in the file, from 1"`
	Column string `json:"column" doc:"letters of the column, such as E; empty: not one column"`
	Field  string `json:"field"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
	Guess  string `json:"guess,omitempty" enum:"tcvn3,vni,windows_1258,utf8_twice,html" doc:"for text_encoding: the probable encoding of the text"`
	Number string `json:"number" doc:"the number of the stall"`
}

// columnFields maps the field names of orders to those of lists, where they differ.
var columnFields = map[string]string{"bank_bin": "bank", "id": "full_name"}

// note returns an error or a warning of a row as the answer shows it.
func (i *importing) note(f problem.Field, english bool) ImportNote {
	field := f.Name
	if listed, ok := columnFields[field]; ok {
		field = listed
	}
	n := ImportNote{
		Sheet: i.Sheet, Row: i.Line, Column: i.list.Letters[field], Field: f.Name, Code: f.Code,
		Detail: f.Vi, Number: i.Number,
	}
	if english {
		n.Detail = f.En
	}
	if f.Code == "text_encoding" {
		n.Guess = i.Guesses[f.Name]
	}
	return n
}

// answerImport writes what became of each row. For a refused list it writes a problem with the same
// fields (RFC 9457, section 3.2).
func answerImport(c *gin.Context, outcome importOutcome, choices importChoices) {
	english := problem.English(c.GetHeader("Accept-Language"))
	result := outcome.result(choices, english)
	switch {
	case choices.dryRun || result.Applied:
		c.JSON(http.StatusOK, result)
		return
	case result.Faulty > 0:
		refuseImport(c, result, problem.New(problem.Invalid, "rows_invalid", "Có dòng chưa đúng nên chưa ghi dòng nào.",
			"Some rows are wrong, so none was written."))
	default:
		refuseImport(c, result, problem.New(problem.Invalid, "not_confirmed",
			"Có điều cần xác nhận nên chưa ghi dòng nào.", "Something must be confirmed, so no row was written."))
	}
}

// RefusedImport is the problem of a list that was not written. Its errors are those of the list.
type RefusedImport struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Code   string `json:"code" doc:"rows_invalid or not_confirmed"`
	Imported
}

// refuseImport writes a problem with the fields of the import instead of the problem's own errors.
func refuseImport(c *gin.Context, result Imported, refused *problem.Error) {
	b := refused.In(problem.English(c.GetHeader("Accept-Language")))
	result.Created = 0
	c.Header("Content-Type", problem.MediaType)
	c.JSON(int(refused.Kind), RefusedImport{b.Type, b.Title, b.Status, b.Detail, b.Code, result})
}

// result counts the rows and lists what is wrong or doubtful.
func (o importOutcome) result(choices importChoices, english bool) Imported {
	result := Imported{
		DryRun: choices.dryRun, Applied: o.applied, Rows: make([]ImportedRow, len(o.rows)), Errors: []ImportNote{},
		Warnings: []ImportNote{},
		Since:    o.since, Past: o.past, Skipped: append([]int{}, o.file.Sheets[0].Skipped...),
		Sheets: sheetsOf(o.file, english),
	}
	for i := range o.rows {
		row := &o.rows[i]
		shown := ImportedRow{
			Sheet: row.Sheet, Line: row.Line, Number: row.Number, Action: row.action,
			Errors: []problem.FieldBody{},
		}
		if len(row.Errors) > 0 {
			shown.Errors = problem.InFields(row.Errors...).In(english).Errors
		}
		for _, f := range row.Errors {
			result.Errors = append(result.Errors, row.note(f, english))
		}
		for _, f := range row.Warnings {
			result.Warnings = append(result.Warnings, row.note(f, english))
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
	return result
}

// sheetsOf returns what became of a workbook's sheets.
func sheetsOf(file roster.Roster, english bool) []ReadSheet {
	sheets := []ReadSheet{}
	for _, s := range file.Sheets {
		if s.Name != "" {
			sheets = append(sheets, ReadSheet{Name: s.Name, Rows: len(s.Rows), Skipped: append([]int{}, s.Skipped...)})
		}
	}
	for _, u := range file.Unread {
		unread := ReadSheet{Name: u.Name, Skipped: []int{}, Unread: u.Why.Error()}
		var refused *problem.Error
		if errors.As(u.Why, &refused) {
			unread.Unread = refused.In(english).Detail
		}
		sheets = append(sheets, unread)
	}
	return sheets
}
