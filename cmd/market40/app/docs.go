package app

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"market40/merchants/access/roles"
	"market40/merchants/platform/web"
	"market40/migrations"
)

//go:embed docs.html
var docsPages string

//go:embed columns.html
var columnsPage string

//go:embed docs.css
var docsStyle []byte

//go:embed docs.js
var docsScript []byte

// mountDocs renders the pages about the API once, from OpenAPI, and mounts them: an index, and a
// page for each section. Every route must be mounted by then.
func mountDocs(e *web.Edge) error {
	pages, err := template.New("docs").Parse(docsPages)
	if err != nil {
		return fmt.Errorf("reading the pages of routes: %w", err)
	}
	api := e.OpenAPI()
	manual := &manual{api: api, server: "http://127.0.0.1:8080"}
	if len(api.Servers) > 0 {
		manual.server = strings.TrimSuffix(api.Servers[0].URL, "/")
	}
	sections := manual.sections()
	if err := mountPage(e, "/docs", pages.Lookup("index"), map[string]any{
		"Info":        api.Info,
		"Paragraphs":  paragraphs(apiAbout),
		"Program":     Version(),
		"Sections":    sections,
		"Refusals":    manual.refusals(),
		"Permissions": roles.Permissions(),
		"Try":         "curl -H \"Authorization: Bearer $KEY\" '" + manual.server + "/api/v1/markets'",
	}); err != nil {
		return err
	}
	for _, s := range sections {
		if err := mountPage(e, s.Path, pages.Lookup("section"), map[string]any{
			"Section": s, "Sections": sections,
		}); err != nil {
			return err
		}
	}
	mountText(e, "/docs/style.css", "text/css; charset=utf-8", docsStyle)
	mountText(e, "/docs/search.js", "text/javascript; charset=utf-8", docsScript)
	return mountColumns(e)
}

// paragraphs returns the paragraphs of a text, with what is between backticks as code.
func paragraphs(text string) []template.HTML {
	var all []template.HTML
	for paragraph := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		parts := strings.Split(template.HTMLEscapeString(paragraph), "`")
		for i := 1; i < len(parts); i += 2 {
			parts[i] = "<code>" + parts[i] + "</code>"
		}
		all = append(all, template.HTML(strings.Join(parts, ""))) //nolint:gosec // our own text, escaped
	}
	return all
}

// mountColumns mounts the table of columns: all of them as CSV, those about people as a page.
func mountColumns(e *web.Edge) error {
	all, err := migrations.Classes()
	if err != nil {
		return err
	}
	page, err := template.New("columns").Parse(columnsPage)
	if err != nil {
		return fmt.Errorf("reading the page of columns: %w", err)
	}
	mountText(e, "/docs/columns.csv", "text/csv; charset=utf-8", migrations.ClassesCSV)
	return mountPage(e, "/docs/columns", page, slices.DeleteFunc(all,
		func(c migrations.Class) bool { return c.Subject == "none" }))
}

// mountPage renders a page now, and serves it.
func mountPage(e *web.Edge, path string, page *template.Template, shown any) error {
	var html bytes.Buffer
	if err := page.Execute(&html, shown); err != nil {
		return fmt.Errorf("rendering %s: %w", path, err)
	}
	mountText(e, path, "text/html; charset=utf-8", html.Bytes())
	return nil
}

func mountText(e *web.Edge, path, media string, text []byte) {
	e.Engine.GET(path, func(c *gin.Context) { c.Data(http.StatusOK, media, text) })
}
