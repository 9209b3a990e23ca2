package sso_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"market40/merchants/access/roles"
	"market40/merchants/access/signin"
	"market40/merchants/access/signin/signintest"
	"market40/merchants/access/sso"
)

// idp is an identity provider that may say anything: a peer, with keys of its own.
type idp struct {
	*httptest.Server
	key    *ecdsa.PrivateKey
	keyID  string
	says   map[string]any // claims of the next ID token
	raw    string         // or the token itself
	named  bool           // RFC 9207
	codes  map[string]bool
	info   map[string]any
	verify []string // code verifiers it was given
}

func newIDP(t *testing.T) *idp {
	t.Helper()
	p := &idp{codes: map[string]bool{}}
	p.turn(t, "first")
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v)
	}
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{
			"issuer": p.URL, "authorization_endpoint": p.URL + "/auth", "token_endpoint": p.URL + "/token",
			"jwks_uri":          p.URL + "/keys",
			"userinfo_endpoint": p.URL + "/me", "id_token_signing_alg_values_supported": []string{
				"ES256", "HS256",
				"none",
			},
			"authorization_response_iss_parameter_supported": p.named,
		})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{
			Key: p.key.Public(), KeyID: p.keyID, Algorithm: "ES256",
			Use: "sig",
		}}})
	})
	mux.HandleFunc("/me", func(w http.ResponseWriter, _ *http.Request) { answer(w, p.info) })
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		code := r.FormValue("code")
		p.verify = append(p.verify, r.FormValue("code_verifier"))
		if p.codes[code] {
			w.WriteHeader(http.StatusBadRequest)
			answer(w, map[string]any{"error": "invalid_grant"})
			return
		}
		p.codes[code] = true
		token := p.raw
		if token == "" {
			token = p.sign(t, jose.ES256, p.key, p.says)
		}
		answer(w, map[string]any{"access_token": "at", "token_type": "Bearer", "id_token": token})
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

// turn gives the provider another key.
func (p *idp) turn(t *testing.T, id string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p.key, p.keyID = key, id
}

func (p *idp) sign(t *testing.T, alg jose.SignatureAlgorithm, key any, says map[string]any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key, KeyID: p.keyID}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(says)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(raw)
	if err != nil {
		t.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (p *idp) config(t *testing.T, id string) sso.Config {
	t.Helper()
	file := filepath.Join(t.TempDir(), "oidc.json")
	raw, err := json.Marshal([]any{map[string]any{
		"id": id, "issuer": p.URL, "client_id": "market40",
		"rules": []any{map[string]any{
			"claim": "realm_access.roles", "value": "so", "role": "province_officer",
			"scope": "all",
		}, map[string]any{
			"claim": "realm_access.roles", "value": "xem", "role": "auditor",
			"scope": "all",
		}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	list, err := sso.ReadConfig(file)
	if err != nil {
		t.Fatal(err)
	}
	return list[0]
}

// flow is a sign-in that was ssoState.
type flow struct{ stored, state, nonce string }

// crowd is a crowd whose people sign in through providers.
type crowd struct{ *signintest.Crowd }

func newCrowd(t *testing.T) *crowd {
	t.Helper()
	return &crowd{signintest.New(t)}
}

func (c *crowd) providers(list ...sso.Config) *sso.Providers {
	return sso.New(sso.Parts{
		DB: c.DB, Keys: c.Keys, Now: c.Now, People: c.People, Client: http.DefaultClient, List: list,
	})
}

func (c *crowd) begin(providers *sso.Providers, id string) flow {
	c.Helper()
	to, stored, err := providers.Begin(c.Context(), id, "http://localhost/api/v1/oidc/"+id+"/callback", "/account")
	if err != nil {
		c.Fatal(err)
	}
	u, err := url.Parse(to)
	if err != nil {
		c.Fatal(err)
	}
	q := u.Query()
	if q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43 ||
		q.Get("response_type") != "code" || q.Get("scope") == "" {
		c.Errorf("the browser is sent to %s", to)
	}
	return flow{stored, q.Get("state"), q.Get("nonce")}
}

func honest(p *idp, f flow) map[string]any {
	return map[string]any{
		"iss": p.URL, "sub": "1", "aud": "market40", "nonce": f.nonce, "iat": time.Now().Unix(),
		"exp": time.Now().Add(time.Minute).Unix(),
		"amr": []string{"otp"}, "preferred_username": "Lan.Nguyễn",
		"realm_access": map[string]any{"roles": []string{"so"}},
	}
}

func TestProvidersThatLie(t *testing.T) {
	t.Parallel()
	c := newCrowd(t)
	p, other := newIDP(t), newIDP(t)
	p.named = true
	providers := c.providers(p.config(t, "tinh"), other.config(t, "khac"))
	finish := func(f flow, change url.Values) error {
		q := url.Values{"code": {time.Now().String()}, "state": {f.state}, "iss": {p.URL}}
		maps.Copy(q, change)
		p.info = map[string]any{"sub": "1"}
		_, _, _, err := providers.Finish(t.Context(), "tinh", sso.Arrival{
			Query: q.Encode(), State: f.stored,
			Visit: signin.Visit{Address: "10.0.0.1"},
		})
		return err
	}
	der, err := json.Marshal(jose.JSONWebKey{Key: p.key.Public()})
	if err != nil {
		t.Fatal(err)
	}
	for name, lie := range map[string]func(says map[string]any) string{
		"missing nonce":    func(s map[string]any) string { delete(s, "nonce"); return "" },
		"another nonce":    func(s map[string]any) string { s["nonce"] = "x"; return "" },
		"another audience": func(s map[string]any) string { s["aud"] = "other"; return "" },
		"several audiences": func(s map[string]any) string {
			s["aud"] = []string{
				"market40",
				"other",
			}
			s["azp"] = "other"
			return ""
		},
		"another issuer": func(s map[string]any) string { s["iss"] = other.URL; return "" },
		"expired": func(s map[string]any) string {
			s["exp"] = time.Now().Add(
				-time.Hour).Unix()
			return ""
		},
		"no signature":            func(s map[string]any) string { return unsigned(t, s) },
		"signed by the public":    func(s map[string]any) string { return p.sign(t, jose.HS256, der, s) },
		"signed by somebody else": func(s map[string]any) string { return p.sign(t, jose.ES256, other.key, s) },
		"no token":                func(map[string]any) string { return "x" },
	} {
		f := c.begin(providers, "tinh")
		p.says = honest(p, f)
		p.raw = lie(p.says)
		c.Log(name)
		c.Wants("sso_refused", finish(f, nil))
		p.raw = ""
	}
	f := c.begin(providers, "tinh")
	p.says = honest(p, f)
	for name, change := range map[string]url.Values{
		"another state": {"state": {"x"}}, "mix-up": {"iss": {other.URL}}, "no issuer": {"iss": {""}},
		"an error": {"code": {""}, "error": {"access_denied"}},
	} {
		t.Log(name)
		c.Wants("sso_refused", finish(f, change))
	}
	c.Wants(
		"sso_refused",
		finish(flow{stored: c.begin(providers, "tinh").stored, state: f.state}, nil),
	) // another browser's
	// ssoState with another provider
	c.Wants("sso_refused", finish(flow{stored: c.begin(providers, "khac").stored, state: f.state}, nil))
	c.Wants("sso_refused", finish(flow{state: f.state}, nil))

	same := url.Values{"code": {"once"}}
	c.Wants("", finish(f, same))
	c.Wants("sso_refused", finish(f, same))                              // the code again
	c.Wants("sso_refused", finish(f, url.Values{"code": {"a new one"}})) // the step again
	f = c.begin(providers, "tinh")
	c.Pass(time.Hour)
	c.Wants("sso_refused", finish(f, nil)) // too late
}

func unsigned(t *testing.T, says map[string]any) string {
	t.Helper()
	raw, err := json.Marshal(says)
	if err != nil {
		t.Fatal(err)
	}
	return "eyJhbGciOiJub25lIn0." + base64.RawURLEncoding.EncodeToString(raw) + "."
}

func TestProviderClaimsChangeThePost(t *testing.T) {
	t.Parallel()
	c := newCrowd(t)
	c.Enrol("lan.nguyn") // somebody here has that login already
	p := newIDP(t)
	providers := c.providers(p.config(t, "tinh"))
	come := func(change func(map[string]any)) (roles.Principal, string, error) {
		f := c.begin(providers, "tinh")
		p.says, p.info = honest(p, f), map[string]any{"sub": "1", "name": "Nguyễn Thị Lan", "amr": []string{"otp"}}
		change(p.says)
		token, to, _, err := providers.Finish(t.Context(), "tinh", sso.Arrival{Query: url.Values{
			"code":  {f.state},
			"state": {f.state},
		}.Encode(), State: f.stored, Visit: signin.Visit{Address: "10.0.0.1"}})
		if err != nil {
			return roles.Principal{}, "", err
		}
		if to != "/account" {
			t.Errorf("it ends at %s", to)
		}
		who, err := c.People.Find(t.Context(), token)
		return who, token, err
	}
	first, token, err := come(func(map[string]any) {})
	c.Wants("", err)
	u, err := c.People.User(t.Context(), first.ActorID)
	c.Wants("", err)
	if u.Role != roles.ProvinceOfficer || u.Login == "lan.nguyn" || u.FullName != "Nguyễn Thị Lan" {
		t.Errorf("%+v", u)
	}
	p.turn(t, "second") // the provider's key is another
	second, _, err := come(func(map[string]any) {})
	c.Wants("", err)
	if second.ActorID != first.ActorID {
		t.Error("one person became two users")
	}
	_, err = c.People.Find(t.Context(), token)
	c.Wants("", err) // nothing changed: both sessions go on
	third, _, err := come(func(says map[string]any) { says["realm_access"] = map[string]any{"roles": []string{"xem"}} })
	c.Wants("", err)
	if third.Role != roles.Auditor {
		t.Errorf("%+v", third)
	}
	_, err = c.People.Find(t.Context(), token)
	c.Wants("session_ended", err)
	_, _, err = come(func(says map[string]any) { says["realm_access"] = map[string]any{} })
	c.Wants("no_role", err)
	_, _, err = come(func(says map[string]any) { delete(says, "amr") }) // userinfo proves no second factor
	c.Wants("second_factor_missing", err)
	closed := true
	_, err = c.People.ChangeUser(t.Context(), roles.Principal{Role: roles.Admin}, first.ActorID,
		signin.UserChange{Disabled: &closed})
	c.Wants("", err)
	_, _, err = come(func(map[string]any) {})
	c.Wants("account_closed", err)
	p.Close()
	_, _, err = come(func(map[string]any) {})
	c.Wants("sso_refused", err)
	_, _, err = c.providers(p.config(t, "tinh")).Begin(
		t.Context(), "tinh", "http://localhost/", "/")
	c.Wants("provider_away", err)
}

// TestUnreachableProviderIsCalledOnce in half a minute, however many come.
func TestUnreachableProviderIsCalledOnce(t *testing.T) {
	t.Parallel()
	c := newCrowd(t)
	p := newIDP(t)
	asked, away := 0, true
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		if away {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		p.Config.Handler.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	p.URL = front.URL
	providers := c.providers(p.config(t, "tinh"))
	for range 3 {
		_, _, err := providers.Begin(t.Context(), "tinh", "http://localhost/", "/")
		c.Wants("provider_away", err)
	}
	if asked != 1 {
		t.Errorf("it was asked %d times", asked)
	}
	away = false
	c.Pass(31 * time.Second)
	c.begin(providers, "tinh")
}

func TestFaultyProviders(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"no list":         `{}`,
		"unknown field":   `[{"ID2": 1}]`,
		"plain http":      `[{"id":"a","issuer":"http://sso.example","client_id":"x","rules":[{"claim":"a","value":"b","role":"auditor","scope":"all"}]}]`,
		"no rules":        `[{"id":"a","issuer":"https://sso.example","client_id":"x"}]`,
		"merchant":        `[{"id":"a","issuer":"https://sso.example","client_id":"x","rules":[{"claim":"a","value":"b","role":"merchant","scope":"all"}]}]`,
		"no scope":        `[{"id":"a","issuer":"https://sso.example","client_id":"x","rules":[{"claim":"a","value":"b","role":"admin"}]}]`,
		"a bad id":        `[{"id":"../a","issuer":"https://sso.example","client_id":"x","rules":[{"claim":"a","value":"b","role":"auditor","scope":"all"}]}]`,
		"no secret there": `[{"id":"a","issuer":"https://sso.example","client_id":"x","client_secret_file":"/nowhere","rules":[{"claim":"a","value":"b","role":"auditor","scope":"all"}]}]`,
	} {
		file := filepath.Join(t.TempDir(), "oidc.json")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := sso.ReadConfig(file); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
