package web

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
	"market40/migrations/database"
)

// Gate finds who makes a request. It returns roles.ErrNotSignedIn for a caller that it does not know.
type Gate interface {
	FindCaller(r *http.Request) (roles.Principal, error)
}

// guard lets callers in to the routes that their role and scope allow.
type guard struct {
	gate   Gate
	db     *database.DB
	limits *rateLimits
	// scopes holds queries by the word of a path before an id. A query reports whether a caller's
	// scope ($2, $3) contains the id ($1). The owner of a table registers its query (Edge.Scope).
	scopes map[string]string
}

// identify puts the caller into the request's context. A stranger gets 401, except on routes for
// anyone.
func (g *guard) identify(c *gin.Context) {
	rule, _ := roles.RuleOf(c.Request.Method, c.FullPath())
	p, err := g.gate.FindCaller(c.Request)
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

// limitRate refuses (429) a caller, or a refused stranger, who requests too often.
func (g *guard) limitRate(c *gin.Context, p roles.Principal, err error) error {
	var refused *problem.Error
	switch {
	case err == nil:
		return g.limits.limitAPI(c, &p)
	case errors.As(err, &refused):
		return g.limits.limitAPI(c, nil)
	}
	return nil // a failure of this server
}

// authorise checks an identified caller against its route's rule, before anything reads the body.
// An id outside the caller's scope gets 404, an action that the role may not do 403.
func (g *guard) authorise(c *gin.Context) {
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
func (g *guard) refusal(c *gin.Context, p roles.Principal) error {
	const word, id = 3, 4 // of /api/v1/stalls/:id/…
	parts := strings.Split(c.Request.URL.Path, "/")
	if len(parts) <= id || g.scopes[parts[word]] == "" || !strings.Contains(c.FullPath(), "/"+parts[word]+"/:id") {
		return roles.NotAllowed()
	}
	named, err := uuid.Parse(parts[id])
	found := err == nil
	if found {
		err = g.db.Pool.QueryRow(c.Request.Context(), g.scopes[parts[word]], named, p.ScopeKind, p.ScopeID).
			Scan(&found)
		if err != nil {
			return fmt.Errorf("look for %s %s: %w", parts[word], named, err)
		}
	}
	if !found {
		return problem.Missing(strings.TrimSuffix(parts[word], "s"))
	}
	return roles.NotAllowed()
}
