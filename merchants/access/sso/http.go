package sso

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"market40/merchants/access/signin"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
)

const (
	// stepCookie stores the first step of a sign-in by a provider, in the browser that began it.
	stepCookie = "__Host-m40-sso"
	stepLasts  = 10 * time.Minute
)

// routes are the addresses that a browser is sent to, and how people reach this server.
type routes struct {
	*Providers
	site web.Site
}

// Routes mounts the two steps. They are plain gin: a browser is sent from page to page.
func (s *Providers) Routes(e *web.Edge, site web.Site) {
	to := &routes{s, site}
	for _, r := range []struct {
		path, id, summary string
		handle            func(*gin.Context) error
	}{
		{
			"/start", "begin-sso",
			"Send the browser to an identity provider; ?return_to=/path is where it ends",
			to.begin,
		},
		{
			"/callback", "finish-sso", "Where the provider sends the browser back to; sets the session's cookie",
			to.finish,
		},
	} {
		e.Engine.GET("/api/v1/oidc/:provider"+r.path, problem.Handle(redirectRefusal(r.handle)))
		e.Document(huma.Operation{
			OperationID: r.id, Method: http.MethodGet, Path: "/api/v1/oidc/{provider}" + r.path, Summary: r.summary,
			Tags:      []string{"sign-in"},
			Security:  []map[string][]string{{}},
			Responses: map[string]*huma.Response{"303": {Description: "to the provider, or to our page"}},
		})
	}
}

// redirectRefusal redirects a person whom a step refuses to the sign-in page, which shows the
// reason; programs get the problem itself.
func redirectRefusal(handle func(*gin.Context) error) func(*gin.Context) error {
	return func(c *gin.Context) error {
		err := handle(c)
		var refused *problem.Error
		if !errors.As(err, &refused) || !strings.Contains(c.GetHeader("Accept"), "text/html") {
			return err
		}
		c.Data(refused.GetStatus(), "text/html; charset=utf-8",
			[]byte(`<!doctype html><meta http-equiv="refresh" content="0; url=/sign-in?refused=`+
				url.QueryEscape(refused.Code)+`"><a href="/sign-in">Đăng nhập</a>`))
		return nil
	}
}

// callback returns the address to which a provider sends the browser back.
func (r *routes) callback(c *gin.Context) string {
	return r.site.Origin(c.Request.Host) + "/api/v1/oidc/" + url.PathEscape(c.Param("provider")) + "/callback"
}

func (r *routes) begin(c *gin.Context) error {
	// a link from anywhere may begin; the provider's page leads back
	if err := r.site.AllowSignIn(web.Visitor{}); err != nil {
		return err
	}
	to, state, err := r.Begin(c.Request.Context(), c.Param("provider"), r.callback(c), c.DefaultQuery("return_to",
		"/account"))
	if err != nil {
		return err
	}
	step := web.NewCookie(stepCookie, state, stepLasts)
	http.SetCookie(c.Writer, &step)
	c.Redirect(http.StatusSeeOther, to)
	return nil
}

func (r *routes) finish(c *gin.Context) error {
	if err := r.site.AllowSignIn(web.Visitor{}); err != nil {
		return err
	}
	state, _ := c.Cookie(stepCookie)
	step := web.NewCookie(stepCookie, "", -1)
	http.SetCookie(c.Writer, &step)
	token, returnTo, _, err := r.Finish(c.Request.Context(), c.Param("provider"),
		Arrival{c.Request.URL.RawQuery, state, signin.VisitOf(web.VisitorOf(c.Request))})
	if err != nil {
		return err
	}
	session := signin.SessionCookie(token, signin.AbsoluteLimit)
	http.SetCookie(c.Writer, &session)
	c.Redirect(http.StatusSeeOther, returnTo)
	return nil
}
