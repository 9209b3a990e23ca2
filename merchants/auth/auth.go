// Package auth says who calls and what the caller may do: API keys, roles, scopes and the guards of routes.
// A route first asks whether an id lies in the caller's scope (404), then whether the role may (403).
package auth

import (
	"context"
	"strings"

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
)

// Principal is the caller of a request.
type Principal struct {
	KeyID      uuid.UUID
	Role       Role
	ScopeKind  ScopeKind
	ScopeID    *uuid.UUID // of the locality, market or stall; nil for ScopeAll
	MerchantID *uuid.UUID // whose tenancies a merchant's key reads
}

// StallID is the one stall a stall-scoped caller sees, or nil; for queries of the form
// ($n::uuid IS NULL OR stall_id = $n).
func (p Principal) StallID() *uuid.UUID {
	if p.ScopeKind == ScopeStall {
		return p.ScopeID
	}
	return nil
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
		return Principal{}, problem.New(problem.Unauthorized, "sign_in", "Cần đăng nhập hoặc khóa API.", "Sign in or send an API key.")
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

// Guard answers a stranger on every route behind it with 401, and puts the caller of a valid key into the
// request's context. Routes in strangers ("POST /api/v1/codes/verify") are let through without a key.
func (k *APIKeys) Guard(strangers ...string) gin.HandlerFunc {
	open := map[string]bool{}
	for _, route := range strangers {
		open[route] = true
	}
	return func(c *gin.Context) {
		key, ok := bearer(c.GetHeader("Authorization"))
		if !ok {
			if !open[c.Request.Method+" "+c.FullPath()] {
				_, err := From(c.Request.Context())
				problem.Write(c, err)
			}
			return
		}
		p, err := k.Find(c.Request.Context(), key)
		if err != nil {
			problem.Write(c, err)
			return
		}
		c.Request = c.Request.WithContext(With(c.Request.Context(), p))
	}
}

func bearer(header string) (string, bool) {
	scheme, key, found := strings.Cut(header, " ")
	if !found || !strings.EqualFold(scheme, "Bearer") {
		return "", false
	}
	return strings.TrimSpace(key), true
}
