// Package signin finds the people and programs that may use the API: users with their passwords and
// second factors, API keys, and the sessions that every way of signing in opens. Its Gate finds who
// makes a request.
package signin

import (
	"errors"
	"net/http"
	"strings"

	"market40/merchants/access/roles"
	"market40/merchants/platform/web"
)

// Cookie holds a session's token. Its prefix has browsers refuse one that another host or plain
// http set.
const Cookie = "__Host-m40"

// Gate identifies callers: programs by their key, people by their session's cookie.
type Gate struct {
	Keys   *APIKeys
	People *People
}

// FindCaller returns who makes a request. Browsers send cookies with requests of any site, so a
// change by cookie must come from this server's own pages.
func (g Gate) FindCaller(r *http.Request) (roles.Principal, error) {
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
	if err == nil && r.Method != http.MethodGet && r.Method != http.MethodHead &&
		!web.SameOrigin(r.Header.Get, r.Host) {
		return p, web.CrossOrigin()
	}
	return p, err
}

func bearer(header string) (string, bool) {
	scheme, key, found := strings.Cut(header, " ")
	if !found || !strings.EqualFold(scheme, "Bearer") {
		return "", false
	}
	return strings.TrimSpace(key), true
}
