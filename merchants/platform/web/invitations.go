package web

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
	"market40/merchants/vietqr"
)

//go:embed invitation.html
var invitationHTML string

//go:embed invitation.css
var invitationCSS []byte

var invitationTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("invitation").Funcs(template.FuncMap{
		"when": func(t time.Time) string { return t.In(bizday.Vietnam).Format("15:04, 02/01/2006") },
	}).Parse(invitationHTML))
})

// invitationWidth is of its QR code on paper, in pixels.
const invitationWidth = 600

// madeInvitation is an invitation with its token, which is shown once.
type madeInvitation struct {
	ID        uuid.UUID `json:"id"`
	URL       string    `json:"url" doc:"the text of the QR code; shown only once"`
	QR        string    `json:"qr" doc:"address of the QR code as PNG"`
	Card      string    `json:"card" doc:"address of a page of A6 to print"`
	ExpiresAt time.Time `json:"expires_at"`
}

func (s *Stalls) invite(ctx context.Context, in *struct {
	Visitor
	Named
},
) (*Body[madeInvitation], error) {
	who, stall, err := in.caller(ctx)
	if err != nil {
		return nil, err
	}
	i, token, err := s.People.Invite(ctx, who, stall)
	if err != nil {
		return nil, err
	}
	path := "/i/" + token
	return Answer(madeInvitation{
		i.ID, s.origin(in.host) + path, path + ".png", path + "/card",
		i.ExpiresAt,
	}, nil)
}

// origin returns the address of this server for people. Without PUBLIC_URL it is a developer's, on
// loopback.
func (s *Stalls) origin(host string) string {
	if s.PublicURL != "" {
		return s.PublicURL
	}
	return "http://" + host
}

func (s *Stalls) listInvitations(ctx context.Context, in *struct {
	Named
	Page
},
) (*Body[List[signin.Invitation]], error) {
	who, stall, err := in.caller(ctx)
	if err != nil {
		return nil, err
	}
	after, err := in.Mark()
	if err != nil {
		return nil, err
	}
	items, err := s.People.Invitations(ctx, who, stall, after.ID, in.Size()+1)
	if err != nil {
		return nil, err
	}
	items, next := Cut(items, in.Page, func(i signin.Invitation) Mark { return Mark{ID: i.ID} })
	return Answer(List[signin.Invitation]{Items: items, Next: next}, nil)
}

func (s *Stalls) uninvite(ctx context.Context, in *struct {
	Named
	Invitation string `path:"invitation"`
},
) (*struct{}, error) {
	who, stall, err := in.caller(ctx)
	if err != nil {
		return nil, err
	}
	invitation, err := otherID(in.Invitation, "invitation")
	if err != nil {
		return nil, err
	}
	return nil, s.People.Uninvite(ctx, who, stall, invitation)
}

// invitationPages mounts what is behind an invitation's QR code. Looking at it takes nothing, so
// that a program that follows links takes no invitation: pressing the button does. The pages name
// no other site and load nothing from one.
func (s *Stalls) invitationPages(e *Edge) {
	e.Engine.GET("/i/:token", s.page(s.showInvitation))
	e.Engine.GET("/i/:token/card", s.page(s.showCard))
	e.Engine.POST("/i/:token", s.page(s.accept))
	for _, r := range []struct{ method, path, id, summary string }{
		{http.MethodGet, "/i/{token}", "get-invitation", "Mã mời: the page behind an invitation"},
		{http.MethodGet, "/i/{token}.png", "get-invitation-png", "The invitation as a QR code"},
		{http.MethodGet, "/i/{token}/card", "get-invitation-card", "The invitation as a card of A6 to print"},
		{
			http.MethodPost, "/i/{token}", "accept-invitation",
			"Accept the invitation: opens the merchant's session and sets its cookie",
		},
	} {
		e.Document(huma.Operation{
			OperationID: r.id, Method: r.method, Path: r.path, Summary: r.summary, Tags: []string{"stall people"},
			Security: []map[string][]string{{}},
			Responses: map[string]*huma.Response{
				"200": {Description: "OK"}, "404": {Description: "no such invitation"},
				"410": {Description: "used, revoked, expired or outdated"},
			},
		})
	}
	e.Document(huma.Operation{
		OperationID: "get-invitation-style", Method: http.MethodGet, Path: "/i/page.css",
		Summary: "The pages' style", Tags: []string{"stall people"}, Security: []map[string][]string{{}},
	})
}

// invitationPage is what the template shows: an invitation, a card, a success or a refusal.
type invitationPage struct {
	*signin.Invited
	Token   string
	Card    bool
	Done    bool
	Refused string // why, in Vietnamese
}

// page answers with a refusal as a page, because people who scan a card use a browser.
func (s *Stalls) page(h func(*gin.Context) error) gin.HandlerFunc {
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
		if err := showInvitationPage(c, int(refused.Kind), invitationPage{Refused: refused.Vi}); err != nil {
			problem.Write(c, err)
		}
	}
}

func showInvitationPage(c *gin.Context, status int, p invitationPage) error {
	var out bytes.Buffer
	if err := invitationTemplate().Execute(&out, p); err != nil {
		return fmt.Errorf("page of an invitation: %w", err)
	}
	c.Data(status, "text/html; charset=utf-8", out.Bytes())
	return nil
}

// invited finds an invitation that opens something.
func (s *Stalls) invited(c *gin.Context, token string) (*signin.Invited, error) {
	i, err := s.People.Invited(c.Request.Context(), token)
	if errors.Is(err, problem.Missing("invitation")) {
		return nil, problem.New(problem.NotFound, "not_found", "Không có mã mời này.", "No such invitation.")
	}
	if err != nil {
		return nil, err
	}
	return i, i.Refusal()
}

func (s *Stalls) showInvitation(c *gin.Context) error {
	name := c.Param("token")
	if name == "page.css" {
		c.Data(http.StatusOK, "text/css; charset=utf-8", invitationCSS)
		return nil
	}
	token, image := strings.CutSuffix(name, ".png")
	i, err := s.invited(c, token)
	if err != nil {
		return err
	}
	if !image {
		return showInvitationPage(c, http.StatusOK, invitationPage{Invited: i, Token: token})
	}
	png, err := vietqr.PNGSize(s.origin(c.Request.Host)+"/i/"+token, invitationWidth)
	if err != nil {
		return err
	}
	c.Data(http.StatusOK, "image/png", png)
	return nil
}

func (s *Stalls) showCard(c *gin.Context) error {
	i, err := s.invited(c, c.Param("token"))
	if err != nil {
		return err
	}
	return showInvitationPage(c, http.StatusOK, invitationPage{Invited: i, Token: c.Param("token"), Card: true})
}

func (s *Stalls) accept(c *gin.Context) error {
	v := visitorOf(c.Request)
	if err := s.refuseForeignSite(v); err != nil {
		return err
	}
	token, _, err := s.People.Accept(c.Request.Context(), c.Param("token"), v.visit())
	if err != nil {
		return err
	}
	session := sessionCookie(roles.Merchant, token)
	http.SetCookie(c.Writer, &session)
	return showInvitationPage(c, http.StatusOK, invitationPage{Done: true})
}
