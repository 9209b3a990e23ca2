package frontend

import (
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"market40/merchants/platform/web"
)

//go:embed home
var homeFiles embed.FS

// doors are where a program finds what the page leads people to.
var doors = map[string]string{
	"stall_app": "/stall/", "officers_app": "/district/", "sign_in": "/sign-in", "account": "/account",
	"docs": "/docs", "openapi": "/openapi.json",
}

// HomeRoute mounts the page at /: the doors for stall owners, for offices and for accounts. A demo
// has its start page there instead.
func HomeRoute(e *web.Edge) error {
	page, err := template.ParseFS(homeFiles, "home/home.html")
	if err != nil {
		return fmt.Errorf("read the page of doors: %w", err)
	}
	e.Engine.GET("/", func(c *gin.Context) {
		c.Header("Cache-Control", "no-cache")
		c.Writer.Header().Add("Vary", "Accept, Accept-Language")
		accept := c.GetHeader("Accept")
		if strings.Contains(accept, "application/json") && !strings.Contains(accept, "text/html") {
			c.JSON(http.StatusOK, gin.H{"links": doors})
			return
		}
		c.Header("Content-Type", "text/html; charset=utf-8")
		_ = page.Execute(c.Writer, accountPageOf(c, nil)) // fails only when the browser went away
	})
	return nil
}
