package app

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"market40/merchants/access/roles"
	"market40/merchants/platform/web"
	"market40/migrations"
)

//go:embed docs.html
var docsPage string

//go:embed columns.html
var columnsPage string

//go:embed docs.css
var docsStyle []byte

// section is one tag's routes on the page.
type section struct {
	Name   string
	Routes []route
}

// route is an operation as the page shows it.
type route struct {
	Method, Path, ID, Summary, Description string
	Open                                   bool   // needs no key
	Needs                                  string // the action that the caller's role must allow; empty: none
	Parameters                             []parameter
	Body                                   []bodyField
	Answers                                []answer
}

type parameter struct {
	Name, In, Type, About string
	Required              bool
}

type bodyField struct {
	Name, Type, About string
	Required          bool
}

type answer struct{ Status, About string }

// mountDocs renders the page of all routes once, from OpenAPI, and mounts it. Every route must be
// mounted by then.
func mountDocs(e *web.Edge) error {
	documentPage(e, "docs", "/docs", "This page")
	documentPage(e, "docs-style", "/docs/style.css", "The style of this page")
	for _, path := range []string{"/openapi.json", "/openapi.yaml", "/openapi-3.0.json", "/openapi-3.0.yaml"} {
		documentPage(e, strings.TrimPrefix(path, "/"), path, "These routes for programs (OpenAPI)")
	}
	page, err := template.New("docs").Parse(docsPage)
	if err != nil {
		return fmt.Errorf("reading the page of routes: %w", err)
	}
	if err := mountColumns(e); err != nil {
		return err
	}
	api := e.API.OpenAPI()
	var html bytes.Buffer
	err = page.Execute(&html, map[string]any{
		"Title": api.Info.Title, "Version": api.Info.Version,
		"Sections": groupByTag(api), "Permissions": roles.Permissions(),
	})
	if err != nil {
		return fmt.Errorf("rendering the page of routes: %w", err)
	}
	e.Engine.GET("/docs", func(c *gin.Context) { c.Data(http.StatusOK, "text/html; charset=utf-8", html.Bytes()) })
	e.Engine.GET("/docs/style.css", func(c *gin.Context) {
		c.Data(http.StatusOK, "text/css; charset=utf-8", docsStyle)
	})
	return nil
}

// mountColumns mounts the table of columns: all of them as CSV, those about people as a page.
func mountColumns(e *web.Edge) error {
	documentPage(e, "docs-columns", "/docs/columns",
		"Dữ liệu cá nhân: every column with data about a person, who the person is and how it is stored")
	documentPage(e, "docs-columns-csv", "/docs/columns.csv", "Every column of the database")
	all, err := migrations.Classes()
	if err != nil {
		return err
	}
	page, err := template.New("columns").Parse(columnsPage)
	if err != nil {
		return fmt.Errorf("reading the page of columns: %w", err)
	}
	var html bytes.Buffer
	if err := page.Execute(&html, slices.DeleteFunc(all,
		func(c migrations.Class) bool { return c.Subject == "none" })); err != nil {
		return fmt.Errorf("rendering the page of columns: %w", err)
	}
	e.Engine.GET("/docs/columns", func(c *gin.Context) {
		c.Data(http.StatusOK, "text/html; charset=utf-8",
			html.Bytes())
	})
	e.Engine.GET("/docs/columns.csv", func(c *gin.Context) {
		c.Data(http.StatusOK, "text/csv; charset=utf-8",
			migrations.ClassesCSV)
	})
	return nil
}

// groupByTag returns all operations by their first tag, in order of path.
func groupByTag(api *huma.OpenAPI) []section {
	byTag := map[string][]route{}
	for path, item := range api.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op == nil {
				continue
			}
			tag := "other"
			if len(op.Tags) > 0 {
				tag = op.Tags[0]
			}
			byTag[tag] = append(byTag[tag], describeRoute(api, path, op))
		}
	}
	all := make([]section, 0, len(byTag))
	for tag, routes := range byTag {
		slices.SortFunc(routes, func(a, b route) int {
			return strings.Compare(a.Path+" "+a.Method, b.Path+" "+b.Method)
		})
		all = append(all, section{tag, routes})
	}
	slices.SortFunc(all, func(a, b section) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// describeRoute returns what the page shows of an operation.
func describeRoute(api *huma.OpenAPI, path string, op *huma.Operation) route {
	r := route{
		Method: op.Method, Path: path, ID: op.OperationID, Summary: op.Summary, Description: op.Description,
		Open: slices.ContainsFunc(op.Security, func(s map[string][]string) bool { return len(s) == 0 }),
	}
	if rule, found := roles.RuleOf(op.Method, path); found && rule.Needs != roles.Anyone {
		r.Needs = string(rule.Needs)
	}
	for _, p := range op.Parameters {
		r.Parameters = append(r.Parameters, parameter{p.Name, p.In, typeName(p.Schema), p.Description, p.Required})
	}
	if op.RequestBody != nil {
		for _, content := range op.RequestBody.Content {
			r.Body = bodyFields(api, content.Schema)
		}
	}
	for status, response := range op.Responses {
		if status != "default" {
			r.Answers = append(r.Answers, answer{status, response.Description})
		}
	}
	slices.SortFunc(r.Answers, func(a, b answer) int { return strings.Compare(a.Status, b.Status) })
	return r
}

// bodyFields returns a body's own fields, in order of name.
func bodyFields(api *huma.OpenAPI, schema *huma.Schema) []bodyField {
	if schema != nil && schema.Ref != "" {
		schema = api.Components.Schemas.SchemaFromRef(schema.Ref)
	}
	if schema == nil {
		return nil
	}
	all := make([]bodyField, 0, len(schema.Properties))
	for name, p := range schema.Properties {
		all = append(all, bodyField{name, typeName(p), p.Description, slices.Contains(schema.Required, name)})
	}
	slices.SortFunc(all, func(a, b bodyField) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// typeName returns a schema in a word: its type, its format, or what it lists.
func typeName(s *huma.Schema) string {
	switch {
	case s == nil:
		return ""
	case s.Ref != "":
		return s.Ref[strings.LastIndex(s.Ref, "/")+1:]
	case s.Type == huma.TypeArray:
		return "list of " + typeName(s.Items)
	case len(s.Enum) > 0:
		words := make([]string, len(s.Enum))
		for i, word := range s.Enum {
			words[i] = fmt.Sprint(word)
		}
		return strings.Join(words, " | ")
	case s.Format != "":
		return s.Format
	}
	return s.Type
}
