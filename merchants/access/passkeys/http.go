package passkeys

import (
	"context"
	"net"
	"net/http"
	"net/url"

	"github.com/danielgtaylor/huma/v2"

	"market40/merchants/access/roles"
	"market40/merchants/access/signin"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
)

// routes are the operations, and how people reach this server.
type routes struct {
	*Passkeys
	site web.Site
}

// Routes mounts the operations.
func (p *Passkeys) Routes(e *web.Edge, site web.Site) {
	r := &routes{p, site}
	op := web.Tagged("sign-in")
	huma.Register(e.API, web.WithoutSignIn(op(http.MethodPost, "/api/v1/passkeys/challenge", "begin-passkey-sign-in",
		"Begin signing in with a passkey", http.StatusOK)), r.beginSignIn)
	huma.Register(e.API, web.WithoutSignIn(op(http.MethodPost, "/api/v1/passkeys/sessions", "sign-in-with-passkey",
		"Sign in with a passkey; sets the session's cookie", http.StatusCreated)), r.signIn)
	huma.Register(e.API, op(http.MethodPost, "/api/v1/me/passkeys/challenge", "begin-passkey",
		"Begin adding a passkey; confirm your identity first", http.StatusOK), r.beginAdding)
	huma.Register(e.API, op(http.MethodPost, "/api/v1/me/passkeys", "add-passkey", "Add the passkey that answered",
		http.StatusCreated), r.add)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/me/passkeys", "list-passkeys", "List your passkeys", 0),
		r.list)
	huma.Register(e.API, op(http.MethodDelete, "/api/v1/me/passkeys/{id}", "remove-passkey",
		"Delete one of your passkeys", http.StatusNoContent), r.remove)
	huma.Register(e.API, op(http.MethodPost, "/api/v1/me/passkeys/proof", "prove-with-passkey",
		"Confirm your identity again with a passkey; renews the session's cookie", http.StatusOK), r.prove)
}

// origin returns the origin of the pages that a visitor sees: PUBLIC_URL, or http://localhost on
// this machine. Devices store passkeys by names, not by addresses (W3C Web Authentication, section
// 5.1.2).
func (r *routes) origin(v web.Visitor) (string, error) {
	at := r.site.Origin(v.Host)
	named, err := url.Parse(at)
	if err != nil || net.ParseIP(named.Hostname()) != nil ||
		r.site.PublicURL == "" && named.Hostname() != "localhost" {
		return "", problem.New(problem.Conflict, "passkey_needs_name",
			"Khóa truy cập cần máy chủ có tên miền: hãy đặt PUBLIC_URL, hoặc mở http://localhost trên chính máy này.",
			"Passkeys need a server with a domain name: set PUBLIC_URL, or open http://localhost on this machine.")
	}
	return at, nil
}

type ceremonyAnswer struct{ Body *Ceremony }

func (r *routes) beginSignIn(ctx context.Context, in *struct{ web.Visitor }) (*ceremonyAnswer, error) {
	if err := r.site.AllowSignIn(in.Visitor); err != nil {
		return nil, err
	}
	origin, err := r.origin(in.Visitor)
	if err != nil {
		return nil, err
	}
	begun, err := r.BeginSignIn(ctx, origin)
	return &ceremonyAnswer{begun}, err
}

type deviceInput struct {
	web.Visitor
	Body DeviceAnswer
}

func (r *routes) signIn(ctx context.Context, in *deviceInput) (*signin.SignedIn, error) {
	if err := r.site.AllowSignIn(in.Visitor); err != nil {
		return nil, err
	}
	origin, err := r.origin(in.Visitor)
	if err != nil {
		return nil, err
	}
	token, session, err := r.SignIn(ctx, origin, in.Body, signin.VisitOf(in.Visitor))
	if err != nil {
		return nil, err
	}
	return &signin.SignedIn{SetCookie: signin.SessionCookie(token, signin.AbsoluteLimit), Body: *session}, nil
}

func (r *routes) beginAdding(ctx context.Context, in *struct{ web.Visitor }) (*ceremonyAnswer, error) {
	who, err := roles.From(ctx)
	if err != nil {
		return nil, err
	}
	origin, err := r.origin(in.Visitor)
	if err != nil {
		return nil, err
	}
	begun, err := r.BeginAdding(ctx, who, origin)
	return &ceremonyAnswer{begun}, err
}

func (r *routes) add(ctx context.Context, in *struct {
	web.Visitor
	Body struct {
		DeviceAnswer
		Name string `json:"name" minLength:"1" maxLength:"100" doc:"the device's name, for the list"`
	}
},
) (*web.Body[*Passkey], error) {
	who, err := roles.From(ctx)
	if err != nil {
		return nil, err
	}
	origin, err := r.origin(in.Visitor)
	if err != nil {
		return nil, err
	}
	return web.Answer(r.Add(ctx, who, origin, in.Body.Name, in.Body.DeviceAnswer))
}

func (r *routes) list(ctx context.Context, _ *struct{}) (*web.Body[web.List[Passkey]], error) {
	who, err := roles.From(ctx)
	if err != nil {
		return nil, err
	}
	items, err := r.List(ctx, who)
	return web.Answer(web.List[Passkey]{Items: items}, err)
}

func (r *routes) remove(ctx context.Context, in *web.Named) (*struct{}, error) {
	who, err := roles.From(ctx)
	if err != nil {
		return nil, err
	}
	id, err := in.UUID("passkey")
	if err != nil {
		return nil, err
	}
	return nil, r.Remove(ctx, who, id)
}

func (r *routes) prove(ctx context.Context, in *deviceInput) (*signin.Renewed, error) {
	who, err := roles.From(ctx)
	if err != nil {
		return nil, err
	}
	origin, err := r.origin(in.Visitor)
	if err != nil {
		return nil, err
	}
	token, err := r.Prove(ctx, who, origin, in.Body)
	if err != nil {
		return nil, err
	}
	return &signin.Renewed{SetCookie: signin.CookieOf(who.Role, token)}, nil
}
