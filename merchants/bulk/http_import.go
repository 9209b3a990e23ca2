package bulk

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
	"market40/merchants/roster"
	"market40/merchants/scope"
	"market40/merchants/tenancies"
)

// Routes mounts the upload as plain gin: its size is limited while it is read.
func (im *Imports) Routes(e *web.Edge) {
	e.Engine.POST("/api/v1/markets/:id/stalls/import", problem.Handle(im.postImport))
	documented := web.Tagged("register")(http.MethodPost, "/api/v1/markets/{id}/stalls/import", "import-stalls",
		"Import a board's list of stalls, CSV or XLSX, all rows or none", http.StatusOK)
	web.DescribeImport[Imported, RefusedImport](e, &documented)
	form := documented.RequestBody.Content["multipart/form-data"].Schema.Properties
	form["confirm"] = &huma.Schema{
		Type: "string", Enum: []any{toConfirm[0]},
		Description: "confirms the warnings of this code",
	}
	form["since"] = &huma.Schema{
		Type:        "string",
		Description: "the first day of rows without a date, or before_records; absent: in a market with payments, the moment of the import",
	}
	form[tenancies.SamePersonAs] = &huma.Schema{
		Type:        "string",
		Description: "comma-separated lines with a phone that is known under another name and belongs to the same person; in a workbook of several lists one line, as Khu B!12",
	}
	form[tenancies.AnotherPerson] = &huma.Schema{
		Type:        "string",
		Description: "comma-separated lines with a phone that is known under another name and is shared with that person; in a workbook of several lists one line, as Khu B!12",
	}
	e.Document(documented)
}

func (im *Imports) postImport(c *gin.Context) error {
	ctx := c.Request.Context()
	_, market, err := scope.RequireMarket(ctx, im.db, c.Param("id"), roles.WriteStalls)
	if err != nil {
		return err
	}
	name, data, err := web.Upload(c)
	if err != nil {
		return err
	}
	choices, err := readChoices(c, im.now())
	if err != nil {
		return err
	}
	file, err := roster.Read(name, data)
	if err != nil {
		return err
	}
	outcome, err := im.importRoster(ctx, market, file, choices)
	if err != nil {
		return err
	}
	answerImport(c, outcome, choices)
	return nil
}
