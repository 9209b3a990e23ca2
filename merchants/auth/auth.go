// Package auth says who calls and what the caller may do: API keys, roles, scopes and the guards of routes.
// A route first asks whether an id lies in the caller's scope (404), then whether the role may (403).
package auth

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"market40/merchants/problem"
)

// ScopeKind is what a scope names.
type ScopeKind string

// The kinds of scope.
const (
	ScopeAll      ScopeKind = "all"
	ScopeLocality ScopeKind = "locality"
	ScopeMarket   ScopeKind = "market"
	ScopeStall    ScopeKind = "stall"
	ScopeMerchant ScopeKind = "merchant" // every stall the merchant has or had
	ScopeDated    ScopeKind = "dated"    // what user_scopes give the user today; its id is the user's
)

// Principal is the caller of a request.
type Principal struct {
	ActorID    uuid.UUID  // the API key or the user
	SessionID  *uuid.UUID // of a user who signed in; nil: a program's key
	Role       Role
	ScopeKind  ScopeKind
	ScopeID    *uuid.UUID // of the locality, market, stall, merchant or user; nil for ScopeAll
	MerchantID *uuid.UUID // whose tenancies a merchant reads
	ProvedAt   time.Time  // when the user last proved who it is; zero: a program
}

// Shift is the shift that a caller's reading of payments ends at; nil: it ends at none. Staff without one reads nothing.
func (p Principal) Shift() *uuid.UUID {
	switch {
	case p.Role != Staff:
		return nil
	case p.SessionID == nil:
		return &uuid.UUID{}
	}
	return p.SessionID
}

type contextKey struct{}

// With returns a context in which From finds the caller.
func With(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, contextKey{}, p)
}

// From is the caller of the request, or the refusal for a stranger (401).
func From(ctx context.Context) (Principal, error) {
	p, ok := ctx.Value(contextKey{}).(Principal)
	if !ok {
		return Principal{}, errStranger
	}
	return p, nil
}

// Allow is nil when the caller's role may do the action, the refusal (403) otherwise.
func (p Principal) Allow(a Action) error {
	if p.Role.May(a) {
		return nil
	}
	return problem.New(problem.Forbidden, "not_allowed", "Vai trò của bạn không được làm việc này.", "Your role may not do this.")
}

// Require is the caller when signed in and allowed to do the action: for routes without an id to be scoped by.
func Require(ctx context.Context, a Action) (Principal, error) {
	p, err := From(ctx)
	if err != nil {
		return p, err
	}
	return p, p.Allow(a)
}

// Cookie holds a session's token. Its prefix has browsers refuse one that another host or plain http set.
const Cookie = "__Host-m40"

// Gate lets callers in: programs by their key, people by their session's cookie.
type Gate struct {
	Keys   *APIKeys
	People *People
}

// Guard answers a stranger on every route behind it with 401, and puts the caller into the request's context. Routes in
// strangers ("POST /api/v1/codes/verify") are let through without either.
func (g *Gate) Guard(strangers ...string) gin.HandlerFunc {
	open := map[string]bool{}
	for _, route := range strangers {
		open[route] = true
	}
	return func(c *gin.Context) {
		p, err := g.caller(c.Request)
		switch {
		case err == nil:
			c.Request = c.Request.WithContext(With(c.Request.Context(), p))
		case !errors.Is(err, errStranger) || !open[c.Request.Method+" "+c.FullPath()]:
			problem.Write(c, err)
		}
	}
}

// errStranger is the refusal of who shows neither a key nor a session that lasts.
var errStranger = problem.New(problem.Unauthorized, "sign_in", "Cần đăng nhập hoặc khóa API.", "Sign in or send an API key.")

// caller is who makes a request. A cookie is sent by the browser, whoever had it make the request: what changes
// something must come from our own pages.
func (g *Gate) caller(r *http.Request) (Principal, error) {
	if key, ok := bearer(r.Header.Get("Authorization")); ok {
		return g.Keys.Find(r.Context(), key)
	}
	cookie, err := r.Cookie(Cookie)
	if err != nil {
		return Principal{}, errStranger
	}
	p, err := g.People.Find(r.Context(), cookie.Value)
	if errors.Is(err, errSessionEnded) {
		return p, errStranger
	}
	if err == nil && r.Method != http.MethodGet && r.Method != http.MethodHead && !SameOrigin(r.Header.Get, r.Host) {
		return p, CrossOrigin()
	}
	return p, err
}

// CrossOrigin is the refusal of a request that another site had a browser make.
func CrossOrigin() error {
	return problem.New(problem.Forbidden, "cross_origin", "Yêu cầu không đến từ trang của hệ thống.", "The request does not come from our own pages.")
}

// SameOrigin says whether a browser proves that our own page made a request: by Fetch Metadata (W3C), or before that by
// the Origin header.
func SameOrigin(header func(string) string, host string) bool {
	if site := header("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	_, from, found := strings.Cut(header("Origin"), "://")
	return found && from == host
}

func bearer(header string) (string, bool) {
	scheme, key, found := strings.Cut(header, " ")
	if !found || !strings.EqualFold(scheme, "Bearer") {
		return "", false
	}
	return strings.TrimSpace(key), true
}
