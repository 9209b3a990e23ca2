// Package signin lets people and programs in: passwords, passkeys, codes by phone, other providers,
// API keys, sessions and devices. Its Gate finds who makes a request, and refuses what the role or
// the scope does not allow.
package signin

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
)

// Cookie holds a session's token. Its prefix has browsers refuse one that another host or plain
// http set.
const Cookie = "__Host-m40"

// Gate identifies callers: programs by their key, people by their session's cookie.
type Gate struct {
	Keys   *APIKeys
	People *People
	// Pace refuses (429) callers who request too often; a nil caller is a stranger. A nil Pace refuses
	// no one.
	RateLimit func(*gin.Context, *roles.Principal) error
	// Scopes holds queries by the word of a path before an id. A query reports whether a caller's
	// scope ($2, $3) contains the id ($1). The owner of a table registers its query (web.Edge.Scope).
	Scopes map[string]string
}

// Identify puts the caller into the request's context. A stranger gets 401, except on routes for
// anyone.
func (g *Gate) Identify(c *gin.Context) {
	rule, _ := roles.RuleOf(c.Request.Method, c.FullPath())
	p, err := g.caller(c.Request)
	if slow := g.limitRate(c, p, err); slow != nil {
		problem.Write(c, slow)
		return
	}
	switch {
	case err == nil:
		c.Request = c.Request.WithContext(roles.With(c.Request.Context(), p))
	case !errors.Is(err, roles.ErrNotSignedIn) || rule.Needs != roles.Anyone:
		problem.Write(c, err)
	}
}

// Authorise checks an identified caller against its route's rule, before anything reads the body.
// An id outside the caller's scope gets 404, an action that the role may not do 403.
func (g *Gate) Authorise(c *gin.Context) {
	p, err := roles.From(c.Request.Context())
	if err != nil || c.FullPath() == "" {
		return // a stranger where anyone may come, or no route
	}
	rule, found := roles.RuleOf(c.Request.Method, c.FullPath())
	switch {
	case found && rule.Needs == roles.Person && p.SessionID == nil:
		problem.Write(c, roles.ErrPersonNeeded)
	case !found || !p.Role.May(rule.Needs) || rule.Platform && p.ScopeKind != roles.ScopeAll:
		problem.Write(c, g.refusal(c, p))
	}
}

// refusal returns why a caller may not use a route: the id of the path is missing in the caller's
// scope (404), or the role does not allow it (403).
func (g *Gate) refusal(c *gin.Context, p roles.Principal) error {
	const word, id = 3, 4 // of /api/v1/stalls/:id/…
	parts := strings.Split(c.Request.URL.Path, "/")
	if len(parts) <= id || g.Scopes[parts[word]] == "" || !strings.Contains(c.FullPath(), "/"+parts[word]+"/:id") {
		return roles.NotAllowed()
	}
	named, err := uuid.Parse(parts[id])
	found := err == nil
	if found {
		err = g.Keys.db.Pool.QueryRow(c.Request.Context(), g.Scopes[parts[word]], named, p.ScopeKind, p.ScopeID).Scan(
			&found)
		if err != nil {
			return fmt.Errorf("look for %s %s: %w", parts[word], named, err)
		}
	}
	if !found {
		return problem.Missing(strings.TrimSuffix(parts[word], "s"))
	}
	return roles.NotAllowed()
}

// limitRate checks with the rate limit whether a caller, or a refused stranger, may make one more
// request.
func (g *Gate) limitRate(c *gin.Context, p roles.Principal, err error) error {
	var refused *problem.Error
	switch {
	case g.RateLimit == nil:
		return nil
	case err == nil:
		return g.RateLimit(c, &p)
	case errors.As(err, &refused):
		return g.RateLimit(c, nil)
	}
	return nil // a failure of this server
}

// caller returns who makes a request. Browsers send cookies with requests of any site, so a change
// by cookie must come from this server's own pages.
func (g *Gate) caller(r *http.Request) (roles.Principal, error) {
	if key, ok := bearer(r.Header.Get("Authorization")); ok {
		return g.Keys.Find(r.Context(), key)
	}
	cookie, err := r.Cookie(Cookie)
	if err != nil {
		return roles.Principal{}, roles.ErrNotSignedIn
	}
	p, err := g.People.Find(r.Context(), cookie.Value)
	if errors.Is(err, errSessionEnded) {
		return p, roles.ErrNotSignedIn
	}
	if err == nil && r.Method != http.MethodGet && r.Method != http.MethodHead && !SameOrigin(r.Header.Get, r.Host) {
		return p, CrossOrigin()
	}
	return p, err
}

// CrossOrigin returns the refusal of a request that another site's page caused.
func CrossOrigin() error {
	return problem.New(problem.Forbidden, "cross_origin", "Yêu cầu không đến từ trang của hệ thống.",
		"The request does not come from this system's own pages.")
}

// SameOrigin reports whether a browser proves that this server's own page made a request: by Fetch
// Metadata (W3C), or in older browsers by the Origin header.
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
