package invitations

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/merchants/access/signin"
	"market40/merchants/platform/bizday"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
	"market40/merchants/vietqr"
)

//go:embed invitation.html
var pageHTML string

//go:embed invitation.css
var pageCSS []byte

var pageTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("invitation").Funcs(template.FuncMap{
		"when": func(t time.Time) string { return t.In(bizday.Vietnam).Format("15:04, 02/01/2006") },
	}).Parse(pageHTML))
})

// qrWidth is that of the QR code on paper, in pixels.
const qrWidth = 600

// madeInvitation is an invitation with its token, which is shown once.
type madeInvitation struct {
	ID        uuid.UUID `json:"id"`
	URL       string    `json:"url" doc:"the text of the QR code; shown only once"`
	QR        string    `json:"qr" doc:"address of the QR code as PNG"`
	Card      string    `json:"card" doc:"address of a page of A6 to print"`
	ExpiresAt time.Time `json:"expires_at"`
}

// routes are the operations and pages, and how people reach this server.
type routes struct {
	*Invitations
	site web.Site
}

// Routes mounts the operations of managers, and the pages that are behind an invitation's QR code.
func (is *Invitations) Routes(e *web.Edge, site web.Site) {
	r := &routes{is, site}
	r.pages(e)
	op := web.Tagged("stall people")
	huma.Register(e.API, op(http.MethodPost, "/api/v1/stalls/{id}/invitations", "invite-merchant",
		"Make a one-use QR code by which the stall's merchant signs in", http.StatusCreated), r.invite)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/stalls/{id}/invitations", "list-invitations",
		"Invitations of the stall's present merchant, newest first", 0), r.list)
	huma.Register(e.API, op(http.MethodDelete, "/api/v1/stalls/{id}/invitations/{invitation}", "revoke-invitation",
		"Revoke an invitation that was not used", http.StatusNoContent), r.revoke)
}

func (r *routes) invite(ctx context.Context, in *struct {
	web.Visitor
	web.Named
},
) (*web.Body[madeInvitation], error) {
	who, stall, err := in.Caller(ctx, "stall")
	if err != nil {
		return nil, err
	}
	i, token, err := r.Invite(ctx, who, stall)
	if err != nil {
		return nil, err
	}
	path := "/i/" + token
	return web.Answer(madeInvitation{
		i.ID, r.site.Origin(in.Host) + path, path + ".png", path + "/card",
		i.ExpiresAt,
	}, nil)
}

func (r *routes) list(ctx context.Context, in *struct {
	web.Named
	web.Page
},
) (*web.Body[web.List[Invitation]], error) {
	who, stall, err := in.Caller(ctx, "stall")
	if err != nil {
		return nil, err
	}
	after, err := in.Mark()
	if err != nil {
		return nil, err
	}
	items, err := r.List(ctx, who, stall, after.ID, in.Size()+1)
	if err != nil {
		return nil, err
	}
	items, next := web.Cut(items, in.Page, func(i Invitation) web.Mark { return web.Mark{ID: i.ID} })
	return web.Answer(web.List[Invitation]{Items: items, Next: next}, nil)
}

func (r *routes) revoke(ctx context.Context, in *struct {
	web.Named
	Invitation string `path:"invitation"`
},
) (*struct{}, error) {
	who, stall, err := in.Caller(ctx, "stall")
	if err != nil {
		return nil, err
	}
	invitation, err := web.Named{ID: in.Invitation}.UUID("invitation")
	if err != nil {
		return nil, err
	}
	return nil, r.Revoke(ctx, who, stall, invitation)
}

// pages mounts what is behind an invitation's QR code. Looking at it takes nothing, so
// that a program that follows links takes no invitation: pressing the button does. The pages name
// no other site and load nothing from one.
func (r *routes) pages(e *web.Edge) {
	e.Engine.GET("/i/:token", answerAsPage(r.showInvitation))
	e.Engine.GET("/i/:token/card", answerAsPage(r.showCard))
	e.Engine.POST("/i/:token", answerAsPage(r.accept))
}

// page is what the template shows: an invitation, a card, a success or a refusal.
type page struct {
	*Invited
	Token   string
	Card    bool
	Done    bool
	Refused string // why, in Vietnamese
}

// answerAsPage answers a refusal as a page: who scans a card has a browser and no use for JSON.
func answerAsPage(h func(*gin.Context) error) gin.HandlerFunc {
	return func(c *gin.Context) {
		c.Header("Cache-Control", "no-store")
		// with none, older browsers would not say where the form was sent from
		c.Header("Referrer-Policy", "same-origin")
		err := h(c)
		if err == nil {
			return
		}
		refused := problem.From(c.Request.Context(), err)
		for name, values := range refused.GetHeaders() {
			c.Header(name, values[0])
		}
		if err := showPage(c, int(refused.Kind), page{Refused: refused.Vi}); err != nil {
			problem.Write(c, err)
		}
	}
}

func showPage(c *gin.Context, status int, p page) error {
	var out bytes.Buffer
	if err := pageTemplate().Execute(&out, p); err != nil {
		return fmt.Errorf("page of an invitation: %w", err)
	}
	c.Data(status, "text/html; charset=utf-8", out.Bytes())
	return nil
}

// findUsable finds an invitation that opens something.
func (r *routes) findUsable(c *gin.Context, token string) (*Invited, error) {
	i, err := r.Find(c.Request.Context(), token)
	if errors.Is(err, problem.Missing("invitation")) {
		return nil, problem.New(problem.NotFound, "not_found", "Không có mã mời này.", "No such invitation.")
	}
	if err != nil {
		return nil, err
	}
	return i, i.Refusal()
}

func (r *routes) showInvitation(c *gin.Context) error {
	name := c.Param("token")
	if name == "page.css" {
		c.Data(http.StatusOK, "text/css; charset=utf-8", pageCSS)
		return nil
	}
	token, image := strings.CutSuffix(name, ".png")
	i, err := r.findUsable(c, token)
	if err != nil {
		return err
	}
	if !image {
		return showPage(c, http.StatusOK, page{Invited: i, Token: token})
	}
	png, err := vietqr.PNGSize(r.site.Origin(c.Request.Host)+"/i/"+token, qrWidth)
	if err != nil {
		return err
	}
	c.Data(http.StatusOK, "image/png", png)
	return nil
}

func (r *routes) showCard(c *gin.Context) error {
	i, err := r.findUsable(c, c.Param("token"))
	if err != nil {
		return err
	}
	return showPage(c, http.StatusOK, page{Invited: i, Token: c.Param("token"), Card: true})
}

func (r *routes) accept(c *gin.Context) error {
	v := web.VisitorOf(c.Request)
	if err := r.site.AllowSignIn(v); err != nil {
		return err
	}
	token, _, err := r.Accept(c.Request.Context(), c.Param("token"), signin.VisitOf(v))
	if err != nil {
		return err
	}
	session := signin.CookieOf(roles.Merchant, token)
	http.SetCookie(c.Writer, &session)
	return showPage(c, http.StatusOK, page{Done: true})
}
