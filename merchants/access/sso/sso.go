// Package sso signs people in through other identity providers (OpenID Connect Core 1.0, code flow
// with PKCE, RFC 7636).
package sso

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/oauth2"

	"market40/merchants/access/signin"
	"market40/merchants/access/steps"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/seal"
	"market40/migrations/database"
)

// signatures are the algorithms that an ID token may be signed with: those with a public key of the
// provider.
var signatures = []string{
	oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256,
	oidc.ES384, oidc.ES512, oidc.EdDSA,
}

// providerRest is how long a provider that did not answer is not called again.
const providerRest = 30 * time.Second

// Providers are the identity providers that people may sign in through.
type Providers struct {
	db        *database.DB
	now       func() time.Time
	people    *signin.People
	steps     *steps.Steps
	client    *http.Client
	providers map[string]*provider
	order     []string
}

// provider loads its addresses and keys at the first sign-in: while it is down, other ways to sign
// in still work.
type provider struct {
	Config
	mu    sync.Mutex
	found *oidc.Provider
	named bool      // its answers name it (RFC 9207)
	again time.Time // the next try after it did not answer: callers who wait would wait in a row
}

// Parts are the dependencies of New.
type Parts struct {
	DB     *database.DB
	Keys   *seal.Keys
	Now    func() time.Time
	People *signin.People
	Client *http.Client // calls the providers
	List   []Config
}

// New returns the providers of a list.
func New(p Parts) *Providers {
	s := &Providers{
		db: p.DB, now: p.Now, people: p.People, steps: steps.New("oidc", p.DB, p.Keys, p.Now), client: p.Client,
		providers: map[string]*provider{},
	}
	for _, c := range p.List {
		s.providers[c.ID] = &provider{Config: c}
		s.order = append(s.order, c.ID)
	}
	return s
}

// Each calls a function with each provider's id and name, in the order of the list.
func (s *Providers) Each(do func(id, name string)) {
	for _, id := range s.order {
		do(id, s.providers[id].Name)
	}
}

func (s *Providers) provider(ctx context.Context, id string) (*provider, error) {
	p := s.providers[id]
	if p == nil {
		return nil, problem.Missing("provider")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found != nil {
		return p, nil
	}
	away := problem.New(problem.Unavailable, "provider_away", "Hệ thống đăng nhập "+p.Name+
		" không trả lời, xin thử lại.", "The provider "+p.Name+" does not answer: try again.")
	away.RetryAfter = int(providerRest.Seconds())
	if s.now().Before(p.again) {
		return nil, away
	}
	// The provider keeps its context for fetching keys later: it must not end with this request.
	found, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), s.client), p.Issuer)
	if err != nil {
		slog.WarnContext(ctx, "an identity provider does not answer", "provider", id, "error", err)
		p.again = s.now().Add(providerRest)
		return nil, away
	}
	var more struct {
		Named bool `json:"authorization_response_iss_parameter_supported"`
	}
	if err := found.Claims(&more); err != nil {
		return nil, fmt.Errorf("metadata of %s: %w", id, err)
	}
	p.found, p.named = found, more.Named
	return p, nil
}

func (p *provider) flow(callback string) *oauth2.Config {
	return &oauth2.Config{
		ClientID: p.ClientID, ClientSecret: p.secret, Endpoint: p.found.Endpoint(), RedirectURL: callback,
		Scopes: append([]string{oidc.ScopeOpenID}, p.Scopes...),
	}
}

// ssoState is what the second step of a sign-in needs from the first.
type ssoState struct {
	Provider, State, Nonce, Verifier, Callback, ReturnTo string
}

// Begin returns the provider's address for the browser, and a sealed state that the browser stores
// until it returns to callback. It refuses a return page that is not on this server.
func (s *Providers) Begin(ctx context.Context, id, callback, returnTo string) (to, state string, err error) {
	if !isOwnPage(returnTo) {
		return "", "", problem.Of("return_to", "foreign_page", "Chỉ quay lại trang của hệ thống này.",
			"The return page must be a page of this system.")
	}
	p, err := s.provider(ctx, id)
	if err != nil {
		return "", "", err
	}
	b := ssoState{p.ID, rand.Text(), rand.Text(), oauth2.GenerateVerifier(), callback, returnTo}
	state, err = s.steps.Seal(ctx, b)
	if err != nil {
		return "", "", err
	}
	return p.flow(callback).
			AuthCodeURL(b.State, oidc.Nonce(b.Nonce), oauth2.S256ChallengeOption(b.Verifier)),
		state, nil
}

// isOwnPage reports whether a path names a page of this server. Browsers read // and /\ as another
// host.
func isOwnPage(path string) bool {
	u, err := url.Parse(path)
	return err == nil && strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "//") &&
		!strings.ContainsAny(path, "\\\r\n\t\x00") &&
		u.Host == "" && u.Scheme == "" && !strings.HasPrefix(u.Path, "/api/")
}

func refusedByProvider(detail string) error {
	slog.Info("a single sign-on was refused", "why", detail)
	return problem.New(problem.Unauthorized, "sso_refused",
		"Đăng nhập qua hệ thống khác không thành công, hãy thử lại.",
		"The sign-in through the provider failed: try again.")
}

// Arrival is the query that a provider sends a browser back with, the state that the browser
// stored, and where the browser comes from.
type Arrival struct {
	Query, State string
	Visit        signin.Visit
}

// Finish opens a session for the person whom the provider names, and returns the page to go back
// to.
func (s *Providers) Finish(
	ctx context.Context,
	id string,
	a Arrival,
) (token, returnTo string, made *signin.Session, err error) {
	var b ssoState
	step, err := s.steps.Open(ctx, a.State, &b)
	if err != nil || b.Provider != id {
		return "", "", nil, refusedByProvider("the browser began no sign-in with this provider")
	}
	query, err := url.ParseQuery(a.Query)
	if err != nil || subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(b.State)) != 1 {
		return "", "", nil, refusedByProvider("the state does not match")
	}
	p, err := s.provider(ctx, id)
	if err != nil {
		return "", "", nil, err
	}
	if from, given := query.Get("iss"), query.Has("iss"); (given || p.named) && from != p.Issuer {
		return "", "", nil, refusedByProvider("the answer comes from another provider") // mix-up, RFC 9207
	}
	if query.Get("code") == "" {
		return "", "", nil, refusedByProvider("the provider answered " + shortenText(query.Get("error")))
	}
	subject, said, err := s.redeem(ctx, p, query.Get("code"), b)
	if err != nil {
		return "", "", nil, err
	}
	err = s.steps.Finish(ctx, step, &pgx.Batch{})
	if errors.Is(err, steps.ErrFinished) {
		err = refusedByProvider("this sign-in was already finished")
	}
	if err != nil {
		return "", "", nil, err
	}
	user, err := s.user(ctx, p, subject, said)
	if err != nil {
		return "", "", nil, err
	}
	token, made, err = s.people.OpenSession(ctx, signin.Opening{User: user, Method: signin.ByOIDC, Visit: a.Visit})
	return token, b.ReturnTo, made, err
}

func shortenText(text string) string { return text[:min(len(text), 60)] }

// redeem exchanges a code for the provider's claims about a person, and checks them.
func (s *Providers) redeem(
	ctx context.Context,
	p *provider,
	code string,
	b ssoState,
) (subject string, said claims, err error) {
	ctx = oidc.ClientContext(ctx, s.client)
	tokens, err := p.flow(b.Callback).Exchange(ctx, code, oauth2.VerifierOption(b.Verifier))
	if err != nil {
		var refused *oauth2.RetrieveError
		if errors.As(err, &refused) {
			return "", nil, refusedByProvider("the provider refuses the code: " + shortenText(refused.ErrorCode))
		}
		return "", nil, refusedByProvider("the provider's answer to the code cannot be used")
	}
	raw, _ := tokens.Extra("id_token").(string)
	verified, err := p.found.VerifierContext(ctx, &oidc.Config{
		ClientID: p.ClientID, SupportedSigningAlgs: signatures,
		Now: s.now,
	}).Verify(ctx, raw)
	if err != nil {
		return "", nil, refusedByProvider("the ID token is not valid: " + shortenText(err.Error()))
	}
	if subtle.ConstantTimeCompare([]byte(verified.Nonce), []byte(b.Nonce)) != 1 {
		return "", nil, refusedByProvider("the nonce is missing or does not match")
	}
	if err := verified.Claims(&said); err != nil {
		return "", nil, refusedByProvider("the claims cannot be read")
	}
	if len(verified.Audience) > 1 && said.first("azp") != p.ClientID { // OpenID Connect Core 1.0, section 3.1.3.7
		return "", nil, refusedByProvider("the ID token belongs to another client")
	}
	if err := p.addUserinfo(ctx, tokens, verified.Subject, said); err != nil {
		return "", nil, err
	}
	if !p.provedSecondFactor(said) {
		return "", nil, problem.New(problem.Forbidden, "second_factor_missing",
			"Tài khoản cần xác thực hai lớp ở hệ thống đăng nhập.",
			"The provider must ask this account for a second factor.")
	}
	return verified.Subject, said, nil
}

// addUserinfo adds the claims that only the provider's userinfo has, as many send names and groups.
// It does not replace the ID token's own claims.
func (p *provider) addUserinfo(ctx context.Context, tokens *oauth2.Token, subject string, said claims) error {
	if p.found.UserInfoEndpoint() == "" {
		return nil
	}
	info, err := p.found.UserInfo(ctx, oauth2.StaticTokenSource(tokens))
	if err != nil {
		return refusedByProvider("its userinfo does not respond")
	}
	if info.Subject != subject { // OpenID Connect Core 1.0, section 5.3.2
		return refusedByProvider("its userinfo is about another person")
	}
	var more claims
	if err := info.Claims(&more); err != nil {
		return refusedByProvider("its userinfo cannot be read")
	}
	for name, value := range more {
		if _, given := said[name]; !given && name != "amr" && name != "acr" {
			said[name] = value
		}
	}
	return nil
}

// user returns the user of an issuer's subject, and makes it at the first sign-in. Today's claims
// give the role and the scopes. If these changed, the user's other sessions end.
func (s *Providers) user(ctx context.Context, p *provider, subject string, said claims) (uuid.UUID, error) {
	role, scopes, err := p.post(said)
	if err != nil {
		return uuid.Nil, err
	}
	var id uuid.UUID
	var usable bool
	err = s.db.Pool.QueryRow(ctx, `SELECT u.id, u.disabled_at IS NULL
		AND coalesce(u.signed_in_at, u.created_at) > $3
		FROM user_identities i JOIN users u ON u.id = i.user_id WHERE i.issuer = $1 AND i.subject = $2`, p.Issuer,
		subject, s.now().Add(-signin.UnusedFor)).Scan(&id, &usable)
	known := err == nil
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return id, fmt.Errorf("find the user of %s: %w", p.ID, err)
	}
	if known && !usable {
		return id, problem.New(problem.Forbidden, "account_closed", "Tài khoản này đã bị khóa.",
			"This account is closed.")
	}
	if !known {
		id = uuid.Must(uuid.NewV7())
	}
	as, err := s.people.FindPost(ctx, id, role, scopes)
	if err != nil {
		slog.ErrorContext(ctx, "a rule of an identity provider names an unknown scope", "provider", p.ID, "error", err)
		return id, problem.New(problem.Forbidden, "no_role", "Quy tắc phân quyền của hệ thống đăng nhập chưa đúng.",
			"The role rule of the provider for this account is not valid.")
	}
	if known {
		return id, s.renewPost(ctx, id, as, said.first(p.NameClaim))
	}
	return id, s.create(ctx, p, subject, id, as, said)
}

// renewPost gives a known user the role and scopes of today's claims.
func (s *Providers) renewPost(ctx context.Context, id uuid.UUID, as *signin.Post, name string) error {
	before, err := s.people.User(ctx, id)
	if err != nil {
		return err
	}
	batch := &pgx.Batch{}
	batch.Queue(`UPDATE actors SET role = $2 WHERE id = $1`, id, as.Role)
	batch.Queue(`UPDATE users SET role = $2, scope_kind = $3, scope_id = $4, full_name = coalesce(nullif($5, ''),
		full_name) WHERE id = $1`, id, as.Role, as.ScopeKind, as.ScopeID, name)
	as.QueueScopes(batch, id)
	if before.Role != as.Role || !as.Same(before.Scopes) {
		batch.Queue(`UPDATE sessions SET ended_at = $2 WHERE user_id = $1 AND ended_at IS NULL`, id, s.now())
	}
	if err := s.db.SendBatch(ctx, batch); err != nil {
		return fmt.Errorf("renew the post of %s: %w", id, err)
	}
	return nil
}

// create makes a user at the first sign-in. Its login is the provider's name for it. If that is
// taken, a mark is added, because the existing account belongs to another person.
func (s *Providers) create(
	ctx context.Context,
	p *provider,
	subject string,
	id uuid.UUID,
	as *signin.Post,
	said claims,
) error {
	login := loginOf(said.first(p.LoginClaim))
	mark := sha256.Sum256([]byte(p.Issuer + "\n" + subject))
	name := textOr(said.first(p.NameClaim), login)
	now := s.now()
	batch := &pgx.Batch{}
	batch.Queue(`INSERT INTO actors (id, role) VALUES ($1, $2)`, id, as.Role)
	batch.Queue(`INSERT INTO users (id, login, full_name, role, scope_kind, scope_id, created_at)
		SELECT $1, CASE WHEN EXISTS (SELECT FROM users WHERE login = $2) THEN $3 ELSE $2 END, $4, $5, $6, $7, $8`,
		id, login, login+"-"+hex.EncodeToString(mark[:4]), name, as.Role, as.ScopeKind, as.ScopeID, now)
	as.QueueScopes(batch, id)
	batch.Queue(`INSERT INTO user_identities (issuer, subject, user_id, created_at) VALUES ($1, $2, $3, $4)`, p.Issuer,
		subject, id, now)
	if err := s.db.SendBatch(ctx, batch); err != nil {
		return fmt.Errorf("make the user of %s: %w", p.ID, err)
	}
	return nil
}
