package frontend

import (
	"embed"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
)

// dist is what `npm run build` made of the apps; a program that was built without it says so where
// the app would be.
//
//go:embed all:dist
var dist embed.FS

// appPolicy is the Content-Security-Policy of the apps: everything from here, and a worker of their
// own.
const appPolicy = "default-src 'none'; img-src 'self' data: blob:; style-src 'self'; script-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self' blob:; media-src 'self' blob:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// AppRoutes mounts the stall app under /stall/ and the officers' app under /district/. Each is one
// page; the part after the # names the screen.
func AppRoutes(e *web.Edge) error {
	for _, app := range []string{"stall", "district"} {
		files, err := readApp("dist/" + app)
		if err != nil {
			return fmt.Errorf("read the %s app: %w", app, err)
		}
		e.Engine.GET("/"+app, func(c *gin.Context) { c.Redirect(http.StatusMovedPermanently, "/"+app+"/") })
		e.Engine.GET("/"+app+"/*file", problem.Handle(func(c *gin.Context) error { return serveApp(c, files) }))
	}
	return nil
}
