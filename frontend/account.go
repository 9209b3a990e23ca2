package frontend

import (
	"embed"
	"fmt"
	"html/template"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"market40/merchants/edge"
)

//go:embed account
var accountFiles embed.FS

// Way is a further way to sign in, by a provider that knows the person.
type Way struct {
	Name  string
	Start string // where the browser goes
}

// AccountRoutes mounts the pages where people sign in and look after their account.
func AccountRoutes(e *edge.Edge, ways []Way) error {
	page, err := template.ParseFS(accountFiles, "account/sign-in.html")
	if err != nil {
		return fmt.Errorf("read sign-in page: %w", err)
	}
	document := func(path, id, summary string) {
		e.Document(huma.Operation{OperationID: id, Method: http.MethodGet, Path: path, Summary: summary, Tags: []string{"sign-in"}, Security: []map[string][]string{{}}})
	}
	e.Engine.GET("/sign-in", func(c *gin.Context) {
		c.Header("Cache-Control", "no-store")
		c.Header("Content-Type", "text/html; charset=utf-8")
		_ = page.Execute(c.Writer, map[string]any{"Ways": ways}) // fails only when the browser went away
	})
	document("/sign-in", "sign-in-page", "Đăng nhập: the page; ?next=/path is where it leads")
	for _, file := range []struct{ path, name, contentType, id string }{
		{"/account", "account.html", "text/html; charset=utf-8", "account-page"},
		{"/account/account.css", "account.css", "text/css; charset=utf-8", "account-style"},
		{"/account/api.js", "api.js", "text/javascript; charset=utf-8", "account-api-script"},
		{"/account/account.js", "account.js", "text/javascript; charset=utf-8", "account-script"},
		{"/account/sign-in.js", "sign-in.js", "text/javascript; charset=utf-8", "sign-in-script"},
	} {
		body, err := accountFiles.ReadFile("account/" + file.name)
		if err != nil {
			return fmt.Errorf("read %s: %w", file.name, err)
		}
		e.Engine.GET(file.path, func(c *gin.Context) {
			c.Header("Cache-Control", "no-cache")
			c.Data(http.StatusOK, file.contentType, body)
		})
		document(file.path, file.id, "Of the pages where people sign in")
	}
	return nil
}
