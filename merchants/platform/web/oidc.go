package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"market40/merchants/access/signin"
	"market40/merchants/platform/problem"
)

// stepCookie stores the first step of a sign-in by a provider, in the browser that began it.
const stepCookie = "__Host-m40-sso"

// ssoRoutes mounts routes of plain gin, because a browser is sent from page to page.
func (s *SignIn) ssoRoutes(e *Edge) {
	for _, r := range []struct {
		path, id, summary string
		handle            func(*gin.Context) error
	}{
		{
			"/start", "begin-sso",
			"Đăng nhập một lần: sends the browser to an identity provider; ?return_to=/path is where it ends",
			s.beginSSO,
		},
		{
			"/callback", "finish-sso", "Where the provider sends the browser back to; sets the session's cookie",
			s.finishSSO,
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

// redirectRefusal redirects a person whom a step refuses to the sign-in page, which shows the reason;
// programs get the problem itself.
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
func (s *SignIn) callback(c *gin.Context) string {
	at := s.PublicURL
	if at == "" {
		at = "http://" + c.Request.Host // loopback: Cookies would be refused elsewhere
	}
	return at + "/api/v1/oidc/" + url.PathEscape(c.Param("provider")) + "/callback"
}

func (s *SignIn) beginSSO(c *gin.Context) error {
	if err := s.refuseForeignSite(
		Visitor{},
	); err != nil { // a link from anywhere may begin; the provider's page leads back
		return err
	}
	to, state, err := s.SSO.Begin(c.Request.Context(), c.Param("provider"), s.callback(c), c.DefaultQuery("return_to",
		"/account"))
	if err != nil {
		return err
	}
	http.SetCookie(c.Writer, &http.Cookie{
		Name: stepCookie, Value: state, Path: "/", MaxAge: 600, Secure: true,
		HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
	c.Redirect(http.StatusSeeOther, to)
	return nil
}

func (s *SignIn) finishSSO(c *gin.Context) error {
	from := visitorOf(c.Request)
	if err := s.refuseForeignSite(Visitor{}); err != nil {
		return err
	}
	state, _ := c.Cookie(stepCookie)
	http.SetCookie(c.Writer, &http.Cookie{
		Name: stepCookie, Path: "/", MaxAge: -1, Secure: true, HttpOnly: true,
		SameSite: http.SameSiteLaxMode,
	})
	token, returnTo, _, err := s.SSO.Finish(c.Request.Context(), c.Param("provider"),
		signin.Arrival{Query: c.Request.URL.RawQuery, State: state, Address: from.address, Device: from.device})
	if err != nil {
		return err
	}
	session := newSessionCookie(token, int(signin.AbsoluteLimit.Seconds()))
	http.SetCookie(c.Writer, &session)
	c.Redirect(http.StatusSeeOther, returnTo)
	return nil
}
