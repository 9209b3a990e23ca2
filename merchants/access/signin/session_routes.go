package signin

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/merchants/platform/web"
)

// sessions are the routes by which people sign in with a password, and see and end their sessions.
type sessions struct {
	people *People
	site   web.Site
}

// SessionRoutes mounts signing in by password, the caller's own sessions and who the caller is.
func SessionRoutes(e *web.Edge, people *People, site web.Site) {
	e.API.OpenAPI().Components.SecuritySchemes["session"] = &huma.SecurityScheme{
		Type: "apiKey", In: "cookie", Name: Cookie,
	}
	s := &sessions{people, site}
	op := web.Tagged("sign-in")
	huma.Register(e.API, web.WithoutSignIn(op(http.MethodPost, "/api/v1/sessions", "sign-in",
		"Sign in with password and second factor; sets the session's cookie", http.StatusCreated)), s.signIn)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/sessions", "list-sessions", "Your open sessions, newest first",
		0), s.list)
	huma.Register(e.API, op(http.MethodDelete, "/api/v1/sessions/{id}", "end-session",
		"End one of your sessions; `current` is the session of this request", 0), s.end)
	huma.Register(e.API, op(
		http.MethodPost,
		"/api/v1/sessions/current/proof",
		"prove",
		"Prove again who you are, before changes that affect money; renews the session's cookie",
		0,
	), s.prove)
	huma.Register(e.API, op(http.MethodPut, "/api/v1/me/password", "change-password",
		"Change your password; ends your other sessions and renews this one's cookie", 0), s.changePassword)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/me", "get-me", "Who you are and what you see", 0), s.me)
}

type signInInput struct {
	web.Visitor
	Body struct {
		Login    string `json:"login" minLength:"1" maxLength:"100"`
		Password string `json:"password" minLength:"1" maxLength:"1000"`
		Code     string `json:"code,omitempty" maxLength:"40" doc:"the code of the authenticator, or a recovery code"`
	}
}

// SignedIn is the answer to a sign-in: the session, and its cookie.
type SignedIn struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      Session
}

func (s *sessions) signIn(ctx context.Context, in *signInInput) (*SignedIn, error) {
	if err := s.site.AllowSignIn(in.Visitor); err != nil {
		return nil, err
	}
	token, session, err := s.people.SignIn(ctx, Attempt{
		Login: in.Body.Login, Password: in.Body.Password, Code: in.Body.Code, Address: in.Address, Device: in.Device,
	})
	if err != nil {
		return nil, err
	}
	return &SignedIn{SessionCookie(token, AbsoluteLimit), *session}, nil
}

// Renewed carries a session's new token.
type Renewed struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
}

func (s *sessions) prove(ctx context.Context, in *struct {
	web.Visitor
	Body struct {
		Password string `json:"password" minLength:"1" maxLength:"1000"`
		Code     string `json:"code,omitempty" maxLength:"40" doc:"the code of the authenticator, or a recovery code"`
	}
},
) (*Renewed, error) {
	who, err := roles.From(ctx)
	if err != nil {
		return nil, err
	}
	token, err := s.people.Prove(ctx, who, Attempt{
		Password: in.Body.Password, Code: in.Body.Code,
		Address: in.Address,
	})
	if err != nil {
		return nil, err
	}
	return &Renewed{CookieOf(who.Role, token)}, nil
}

func (s *sessions) changePassword(ctx context.Context, in *struct {
	web.Visitor
	Body struct {
		Current  string `json:"current_password" minLength:"1" maxLength:"1000"`
		Code     string `json:"code,omitempty" maxLength:"40" doc:"the code of the authenticator, or a recovery code"`
		Password string `json:"password" maxLength:"1000" doc:"the new one: 8 characters or more with a second factor, 14 without"`
	}
},
) (*Renewed, error) {
	who, err := roles.From(ctx)
	if err != nil {
		return nil, err
	}
	token, err := s.people.ChangePassword(ctx, who, Attempt{
		Password: in.Body.Current, Code: in.Body.Code,
		Address: in.Address,
	}, in.Body.Password)
	if err != nil {
		return nil, err
	}
	return &Renewed{CookieOf(who.Role, token)}, nil
}

// SessionCookie returns the cookie that carries a session's token.
func SessionCookie(token string, lasts time.Duration) http.Cookie {
	return web.NewCookie(Cookie, token, lasts)
}

// CookieOf returns the cookie of a session of a role, for as long as it may last.
func CookieOf(role roles.Role, token string) http.Cookie {
	_, absolute := LimitsOf(role)
	return SessionCookie(token, absolute)
}

func (s *sessions) list(ctx context.Context, _ *struct{}) (*web.Body[web.List[Session]], error) {
	who, err := roles.From(ctx)
	if err != nil {
		return nil, err
	}
	items, err := s.people.Sessions(ctx, who)
	return web.Answer(web.List[Session]{Items: items}, err)
}

type ended struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
}

func (s *sessions) end(ctx context.Context, in *struct{ web.Named }) (*ended, error) {
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
		err = s.people.EndSession(ctx, who, id)
	}
	if err != nil {
		return nil, err
	}
	if who.SessionID == nil || *who.SessionID != id {
		return &ended{}, nil
	}
	gone := SessionCookie("", -1) // the browser forgets it
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

func (s *sessions) me(ctx context.Context, _ *struct{}) (*web.Body[Me], error) {
	who, err := roles.From(ctx)
	if err != nil {
		return nil, err
	}
	me := Me{ID: who.ActorID, Kind: "key", Role: who.Role, ScopeKind: who.ScopeKind, ScopeID: who.ScopeID}
	if who.SessionID != nil {
		me.Kind = "user"
		me.FullName, me.HasPassword, err = s.people.About(ctx, who)
	}
	return web.Answer(me, err)
}
