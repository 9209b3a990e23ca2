package frontend

import (
	"embed"
	"fmt"
	"html/template"
	"net/http"

	"github.com/gin-gonic/gin"

	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
)

//go:embed account
var accountFiles embed.FS

// Way is a further way to sign in, by a provider that knows the person.
type Way struct {
	Name  string
	Start string // where the browser goes
}

// accountPage is what the pages of an account show.
type accountPage struct {
	Ways    []Way
	English bool
	Other   string // the same page in the other language
}

// T returns a sentence in the page's language.
func (p *accountPage) T(vi, en string) string {
	if p.English {
		return en
	}
	return vi
}

// accountPageOf returns the page in the language that ?lang= names, or in the one that the browser
// prefers. Vietnamese comes first.
func accountPageOf(c *gin.Context, ways []Way) *accountPage {
	query := c.Request.URL.Query()
	p := &accountPage{Ways: ways, English: problem.English(c.GetHeader("Accept-Language"))}
	if named := query.Get("lang"); named != "" {
		p.English = named == "en"
	}
	query.Set("lang", p.T("en", "vi"))
	p.Other = "?" + query.Encode()
	return p
}

// AccountRoutes mounts the pages where people sign in and look after their account.
func AccountRoutes(e *web.Edge, ways []Way) error {
	pages, err := template.ParseFS(accountFiles, "account/*.html")
	if err != nil {
		return fmt.Errorf("read the pages of an account: %w", err)
	}
	show := func(name string) gin.HandlerFunc {
		return func(c *gin.Context) {
			c.Header("Cache-Control", "no-store")
			c.Writer.Header().Add("Vary", "Accept-Language")
			c.Header("Content-Type", "text/html; charset=utf-8")
			_ = pages.ExecuteTemplate(c.Writer, name, accountPageOf(c, ways)) // fails only when the browser went away
		}
	}
	e.Engine.GET("/sign-in", show("sign-in.html"))
	e.Engine.GET("/account", show("account.html"))
	for _, file := range []struct{ path, name, contentType string }{
		{"/account/account.css", "account.css", "text/css; charset=utf-8"},
		{"/account/api.js", "api.js", "text/javascript; charset=utf-8"},
		{"/account/account.js", "account.js", "text/javascript; charset=utf-8"},
		{"/account/sign-in.js", "sign-in.js", "text/javascript; charset=utf-8"},
	} {
		body, err := accountFiles.ReadFile("account/" + file.name)
		if err != nil {
			return fmt.Errorf("read %s: %w", file.name, err)
		}
		e.Engine.GET(file.path, func(c *gin.Context) {
			c.Header("Cache-Control", "no-cache")
			c.Data(http.StatusOK, file.contentType, body)
		})
	}
	return nil
}
