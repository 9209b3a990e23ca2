package web

import (
	"context"
	"net"
	"net/http"
	"net/url"

	"github.com/danielgtaylor/huma/v2"

	"market40/merchants/access/roles"
	"market40/merchants/access/signin"
	"market40/merchants/platform/problem"
)

func (s *SignIn) passkeyRoutes(e *Edge) {
	op := func(method, path, id, summary string, status int) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: method, Path: path, Summary: summary, DefaultStatus: status,
			Tags: []string{"sign-in"},
		}
	}
	open := func(o huma.Operation) huma.Operation {
		o.Security = []map[string][]string{{}}
		return o
	}
	huma.Register(e.API, open(op(http.MethodPost, "/api/v1/passkeys/challenge", "begin-passkey-sign-in",
		"Begin signing in with a passkey", http.StatusOK)), s.beginPasskeySignIn)
	huma.Register(e.API, open(op(http.MethodPost, "/api/v1/passkeys/sessions", "sign-in-with-passkey",
		"Đăng nhập bằng khóa truy cập: sets the session's cookie", http.StatusCreated)), s.signInWithPasskey)
	huma.Register(e.API, op(http.MethodPost, "/api/v1/me/passkeys/challenge", "begin-passkey",
		"Begin adding a passkey; confirm your identity first", http.StatusOK), s.beginPasskey)
	huma.Register(e.API, op(http.MethodPost, "/api/v1/me/passkeys", "add-passkey", "Add the passkey that answered",
		http.StatusCreated), s.addPasskey)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/me/passkeys", "list-passkeys", "Khóa truy cập: your passkeys", 0),
		s.listPasskeys)
	huma.Register(e.API, op(http.MethodDelete, "/api/v1/me/passkeys/{id}", "remove-passkey",
		"Delete one of your passkeys", http.StatusNoContent), s.removePasskey)
	huma.Register(e.API, op(http.MethodPost, "/api/v1/me/passkeys/proof", "prove-with-passkey",
		"Confirm your identity again with a passkey; renews the session's cookie", http.StatusOK), s.proveWithPasskey)
}

// origin returns the origin of the pages that a visitor sees: PUBLIC_URL, or http://localhost on
// this machine. Devices store passkeys by names, not by addresses (W3C Web Authentication, section
// 5.1.2).
func (s *SignIn) origin(v Visitor) (string, error) {
	at := s.PublicURL
	if at == "" {
		at = "http://" + v.host
	}
	named, err := url.Parse(at)
	if err != nil || net.ParseIP(named.Hostname()) != nil || s.PublicURL == "" && named.Hostname() != "localhost" {
		return "", problem.New(problem.Conflict, "passkey_needs_name",
			"Khóa truy cập cần máy chủ có tên miền: hãy đặt PUBLIC_URL, hoặc mở http://localhost trên chính máy này.",
			"Passkeys need a server with a domain name: set PUBLIC_URL, or open http://localhost on this machine.")
	}
	return at, nil
}

type ceremonyAnswer struct{ Body *signin.Ceremony }

func (s *SignIn) beginPasskeySignIn(ctx context.Context, in *struct{ Visitor }) (*ceremonyAnswer, error) {
	if err := s.refuseForeignSite(in.Visitor); err != nil {
		return nil, err
	}
	origin, err := s.origin(in.Visitor)
	if err != nil {
		return nil, err
	}
	begun, err := s.People.BeginPasskeySignIn(ctx, origin)
	return &ceremonyAnswer{begun}, err
}

type deviceInput struct {
	Visitor
	Body signin.DeviceAnswer
}

func (s *SignIn) signInWithPasskey(ctx context.Context, in *deviceInput) (*signedIn, error) {
	if err := s.refuseForeignSite(in.Visitor); err != nil {
		return nil, err
	}
	origin, err := s.origin(in.Visitor)
	if err != nil {
		return nil, err
	}
	token, session, err := s.People.SignInWithPasskey(ctx, origin, in.Body, in.address, in.device)
	if err != nil {
		return nil, err
	}
	return &signedIn{newSessionCookie(token, int(signin.AbsoluteLimit.Seconds())), *session}, nil
}

func (s *SignIn) beginPasskey(ctx context.Context, in *struct{ Visitor }) (*ceremonyAnswer, error) {
	who, err := roles.From(ctx)
	if err != nil {
		return nil, err
	}
	origin, err := s.origin(in.Visitor)
	if err != nil {
		return nil, err
	}
	begun, err := s.People.BeginPasskey(ctx, who, origin)
	return &ceremonyAnswer{begun}, err
}

func (s *SignIn) addPasskey(ctx context.Context, in *struct {
	Visitor
	Body struct {
		signin.DeviceAnswer
		Name string `json:"name" minLength:"1" maxLength:"100" doc:"the device's name, for the list"`
	}
},
) (*Body[*signin.Passkey], error) {
	who, err := roles.From(ctx)
	if err != nil {
		return nil, err
	}
	origin, err := s.origin(in.Visitor)
	if err != nil {
		return nil, err
	}
	return Answer(s.People.AddPasskey(ctx, who, origin, in.Body.Name, in.Body.DeviceAnswer))
}

func (s *SignIn) listPasskeys(ctx context.Context, _ *struct{}) (*Body[List[signin.Passkey]], error) {
	who, err := roles.From(ctx)
	if err != nil {
		return nil, err
	}
	items, err := s.People.Passkeys(ctx, who)
	return Answer(List[signin.Passkey]{Items: items}, err)
}

func (s *SignIn) removePasskey(ctx context.Context, in *Named) (*struct{}, error) {
	who, err := roles.From(ctx)
	if err != nil {
		return nil, err
	}
	id, err := in.UUID("passkey")
	if err != nil {
		return nil, err
	}
	return nil, s.People.RemovePasskey(ctx, who, id)
}

func (s *SignIn) proveWithPasskey(ctx context.Context, in *deviceInput) (*renewed, error) {
	who, err := roles.From(ctx)
	if err != nil {
		return nil, err
	}
	origin, err := s.origin(in.Visitor)
	if err != nil {
		return nil, err
	}
	token, err := s.People.ProveWithPasskey(ctx, who, origin, in.Body)
	if err != nil {
		return nil, err
	}
	return &renewed{sessionCookie(who.Role, token)}, nil
}
