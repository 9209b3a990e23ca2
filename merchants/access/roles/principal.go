// Package roles defines what a caller may do: roles, their permissions, scopes, and what each role
// sees of a merchant. A route first checks that an id lies in the caller's scope (404), then that
// the role may do the action (403).
package roles

import (
	"context"
	"time"

	"github.com/google/uuid"

	"market40/merchants/platform/problem"
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
	ActorID           uuid.UUID  // the API key or the user
	SessionID         *uuid.UUID // of a user who signed in; nil: a program's key
	Role              Role
	ScopeKind         ScopeKind
	ScopeID           *uuid.UUID // of the locality, market, stall, merchant or user; nil for ScopeAll
	MerchantID        *uuid.UUID // the merchant with the tenancies that it reads
	ProvedAt          time.Time  // when the user last proved who it is; zero: a program
	AdmittedByProgram bool       // a user who came in by what a program made: its password, its rights or its invitation
}

// IsProgram reports whether no person but a program vouches for the caller: it is an API key, or
// came in by what one made.
func (p Principal) IsProgram() bool { return p.SessionID == nil || p.AdmittedByProgram }

// AdmittingProgram returns the program that gives access to a user in this request; nil: a person does, or
// an operator at the server. The database stores person() of it, which does not change when a user
// in between is renewed.
func AdmittingProgram(ctx context.Context) *uuid.UUID {
	who, err := From(ctx)
	if err != nil || !who.IsProgram() {
		return nil
	}
	return &who.ActorID
}

// Shift returns the shift to which a caller's reading of payments is limited; nil means no limit.
// Staff without a shift read nothing.
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

// With returns a context that carries the caller, for From.
func With(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, contextKey{}, p)
}

// From returns the caller of the request, or the refusal for a stranger (401).
func From(ctx context.Context) (Principal, error) {
	p, ok := ctx.Value(contextKey{}).(Principal)
	if !ok {
		return Principal{}, ErrNotSignedIn
	}
	return p, nil
}

// Allow returns nil if the caller's role may do the action, otherwise the refusal (403).
func (p Principal) Allow(a Action) error {
	if p.Role.May(a) {
		return nil
	}
	return NotAllowed()
}

// Require returns the caller if it is signed in and may do the action. It is for routes without an
// id that limits the scope.
func Require(ctx context.Context, a Action) (Principal, error) {
	p, err := From(ctx)
	if err != nil {
		return p, err
	}
	return p, p.Allow(a)
}

// ErrNotSignedIn is the refusal of a caller without a key and without a valid session.
var ErrNotSignedIn = problem.New(problem.Unauthorized, "sign_in", "Cần đăng nhập hoặc khóa API.",
	"Sign in or send an API key.")

// NotAllowed returns the refusal (403) of a role without the permission.
func NotAllowed() error {
	return problem.New(problem.Forbidden, "not_allowed", "Vai trò của bạn không được làm việc này.",
		"Your role may not do this.")
}

// ProofLasts is how long a proof of identity is valid for requests that move money.
const ProofLasts = 5 * time.Minute

// ErrPersonNeeded is the refusal of a program that requests what only a person may do.
var ErrPersonNeeded = problem.New(problem.Forbidden, "person_needed", "Việc này cần một người đăng nhập.",
	"Only a person who is signed in may do this.")

// RequireFreshProof returns nil for a person who proved who it is within ProofLasts; the refusal
// (403) otherwise.
func (p Principal) RequireFreshProof(now time.Time) error {
	if p.SessionID == nil {
		return ErrPersonNeeded
	}
	return p.RefuseStaleProof(now)
}

// RefuseStaleProof refuses (403) a person whose last proof is older than ProofLasts: a phone left on
// a counter must not move money. A program has no proof and is not refused: what it proposes waits
// for a second person instead.
func (p Principal) RefuseStaleProof(now time.Time) error {
	if p.SessionID == nil || now.Sub(p.ProvedAt) <= ProofLasts {
		return nil
	}
	return problem.New(problem.Forbidden, "prove_again", "Việc này quan trọng: hãy xác thực lại.",
		"Confirm your identity again before you do this.")
}
