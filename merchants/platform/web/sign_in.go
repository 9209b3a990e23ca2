package web

import (
	"context"
	"net/http"
	"net/netip"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/merchants/access/signin"
	"market40/merchants/platform/problem"
)

// SignIn is how people come in: sessions and who one is.
type SignIn struct {
	People    *signin.People
	SSO       *signin.SSO
	PublicURL string // where people find this server; empty: at the address it listens on
	Cookies   bool   // people come over https or loopback, so that browsers keep a Secure cookie
}

// maxDevice is how much of a browser's User-Agent is stored, in bytes.
const maxDevice = 200

// Routes mounts the table of routes.
func (s *SignIn) Routes(e *Edge) {
	op := func(method, path, id, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{"sign-in"}}
	}
	in := op(http.MethodPost, "/api/v1/sessions", "sign-in",
		"Đăng nhập: password and second factor; sets the session's cookie")
	in.DefaultStatus, in.Security = http.StatusCreated, []map[string][]string{{}}
	huma.Register(e.API, in, s.signIn)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/sessions", "list-sessions", "Your open sessions, newest first"),
		s.list)
	huma.Register(e.API, op(http.MethodDelete, "/api/v1/sessions/{id}", "end-session",
		"Đăng xuất: end one of your sessions; `current` is the session of this request"), s.end)
	huma.Register(e.API, op(
		http.MethodPost,
		"/api/v1/sessions/current/proof",
		"prove",
		"Xác nhận lại: password and code again, before changes that affect money; renews the session's cookie",
	), s.prove)
	huma.Register(e.API, op(http.MethodPut, "/api/v1/me/password", "change-password",
		"Đổi mật khẩu: ends your other sessions and renews this one's cookie"), s.changePassword)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/me", "get-me", "Who you are and what you see"), s.me)
	s.passkeyRoutes(e)
	s.ssoRoutes(e)
}

// Visitor is where a request comes from; embed it in a huma input, which looks into exported types
// only.
type Visitor struct {
	device, address, host string
	foreign               bool // a browser made the request for another site
}

// Resolve reads from the request what its body does not contain.
func (v *Visitor) Resolve(ctx huma.Context) []error {
	*v = visitorFrom(ctx.Header, ctx.Host(), ctx.RemoteAddr())
	return nil
}

// visitorOf returns where a plain request comes from.
func visitorOf(r *http.Request) Visitor { return visitorFrom(r.Header.Get, r.Host, r.RemoteAddr) }

func visitorFrom(header func(string) string, host, remote string) Visitor {
	device := header("User-Agent")
	v := Visitor{device: strings.ToValidUTF8(device[:min(len(device), maxDevice)], ""), host: host}
	if at, err := netip.ParseAddrPort(remote); err == nil {
		v.address = at.Addr().Unmap().String()
	}
	fromBrowser := header("Sec-Fetch-Site") != "" || header("Origin") != ""
	v.foreign = fromBrowser && !signin.SameOrigin(header, host)
	return v
}

type signInInput struct {
	Visitor
	Body struct {
		Login    string `json:"login" minLength:"1" maxLength:"100"`
		Password string `json:"password" minLength:"1" maxLength:"1000"`
		Code     string `json:"code,omitempty" maxLength:"40" doc:"the code of the authenticator, or a recovery code"`
	}
}

type signedIn struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      signin.Session
}

func (s *SignIn) signIn(ctx context.Context, in *signInInput) (*signedIn, error) {
	if err := s.refuseForeignSite(in.Visitor); err != nil {
		return nil, err
	}
	token, session, err := s.People.SignIn(ctx, signin.Attempt{
		Login: in.Body.Login, Password: in.Body.Password, Code: in.Body.Code, Address: in.address, Device: in.device,
	})
	if err != nil {
		return nil, err
	}
	return &signedIn{newSessionCookie(token, int(signin.AbsoluteLimit.Seconds())), *session}, nil
}

// refuseForeignSite refuses whom another site sends, and everyone where a session's cookie would travel in
// the open.
func (s *SignIn) refuseForeignSite(v Visitor) error {
	if v.foreign {
		return signin.CrossOrigin()
	}
	if !s.Cookies {
		return problem.New(
			problem.Forbidden,
			"plain_http",
			"Không thể đăng nhập qua http không mã hóa. Hãy đặt PUBLIC_URL là địa chỉ https của máy chủ.",
			"Signing in over unencrypted http is not possible. Set PUBLIC_URL to the server's https address.",
		)
	}
	return nil
}

// renewed carries a session's new token.
type renewed struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
}

func (s *SignIn) prove(ctx context.Context, in *struct {
	Visitor
	Body struct {
		Password string `json:"password" minLength:"1" maxLength:"1000"`
		Code     string `json:"code,omitempty" maxLength:"40" doc:"the code of the authenticator, or a recovery code"`
	}
},
) (*renewed, error) {
	who, err := roles.From(ctx)
	if err != nil {
		return nil, err
	}
	token, err := s.People.Prove(ctx, who, signin.Attempt{
		Password: in.Body.Password, Code: in.Body.Code,
		Address: in.address,
	})
	if err != nil {
		return nil, err
	}
	return &renewed{sessionCookie(who.Role, token)}, nil
}

func (s *SignIn) changePassword(ctx context.Context, in *struct {
	Visitor
	Body struct {
		Current  string `json:"current_password" minLength:"1" maxLength:"1000"`
		Code     string `json:"code,omitempty" maxLength:"40" doc:"the code of the authenticator, or a recovery code"`
		Password string `json:"password" maxLength:"1000" doc:"the new one: 8 characters or more with a second factor, 14 without"`
	}
},
) (*renewed, error) {
	who, err := roles.From(ctx)
	if err != nil {
		return nil, err
	}
	token, err := s.People.ChangePassword(ctx, who, signin.Attempt{
		Password: in.Body.Current, Code: in.Body.Code,
		Address: in.address,
	}, in.Body.Password)
	if err != nil {
		return nil, err
	}
	return &renewed{sessionCookie(who.Role, token)}, nil
}

// newSessionCookie carries a token; without one it is deleted.
func newSessionCookie(token string, age int) http.Cookie {
	return http.Cookie{
		Name: signin.Cookie, Value: token, Path: "/", MaxAge: age, Secure: true, HttpOnly: true,
		SameSite: http.SameSiteLaxMode,
	}
}

func (s *SignIn) list(ctx context.Context, _ *struct{}) (*Body[List[signin.Session]], error) {
	who, err := roles.From(ctx)
	if err != nil {
		return nil, err
	}
	items, err := s.People.Sessions(ctx, who)
	return Answer(List[signin.Session]{Items: items}, err)
}

type ended struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
}

func (s *SignIn) end(ctx context.Context, in *struct{ Named }) (*ended, error) {
	who, err := roles.From(ctx)
	if err != nil {
		return nil, err
	}
	var id uuid.UUID
	switch {
	case in.ID != "current":
		id, err = in.UUID("session")
	case who.SessionID != nil:
		id = *who.SessionID
	}
	if err == nil {
		err = s.People.EndSession(ctx, who, id)
	}
	if err != nil {
		return nil, err
	}
	if who.SessionID == nil || *who.SessionID != id {
		return &ended{}, nil
	}
	gone := newSessionCookie("", -1) // the browser forgets it
	return &ended{[]http.Cookie{gone}}, nil
}

// Me is the caller as shown to itself.
type Me struct {
	ID          uuid.UUID       `json:"id"`
	Kind        string          `json:"kind" enum:"key,user"`
	Role        roles.Role      `json:"role"`
	ScopeKind   roles.ScopeKind `json:"scope_kind"`
	ScopeID     *uuid.UUID      `json:"scope_id" doc:"the id of the locality, market, stall or merchant; null: everything"`
	FullName    string          `json:"full_name" doc:"empty for a key"`
	HasPassword bool            `json:"has_password"`
}

func (s *SignIn) me(ctx context.Context, _ *struct{}) (*Body[Me], error) {
	who, err := roles.From(ctx)
	if err != nil {
		return nil, err
	}
	me := Me{ID: who.ActorID, Kind: "key", Role: who.Role, ScopeKind: who.ScopeKind, ScopeID: who.ScopeID}
	if who.SessionID != nil {
		me.Kind = "user"
		me.FullName, me.HasPassword, err = s.People.About(ctx, who)
	}
	return Answer(me, err)
}
