package sso

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"market40/merchants/access/roles"
	"market40/merchants/access/signin"
	"market40/merchants/platform/problem"
)

// Config is one identity provider (OpenID Connect Core 1.0), as an operator writes it.
type Config struct {
	ID               string   `json:"id"`   // in our addresses: /api/v1/oidc/ID/callback
	Name             string   `json:"name"` // on the sign-in page
	Issuer           string   `json:"issuer"`
	ClientID         string   `json:"client_id"`
	ClientSecretFile string   `json:"client_secret_file"`
	Scopes           []string `json:"scopes"`      // besides openid
	LoginClaim       string   `json:"login_claim"` // default preferred_username
	NameClaim        string   `json:"name_claim"`  // default name
	// one of these is a second factor (RFC 8176); default mfa, otp, hwk, swk, sc, face, fpt, iris
	AMR      []string    `json:"require_amr"`
	ACR      []string    `json:"require_acr"` // or one of these
	TrustMFA bool        `json:"trust_provider_mfa"`
	Rules    []ClaimRule `json:"rules"`

	secret string
}

// ClaimRule gives people with a claim a role in a scope.
type ClaimRule struct {
	Claim string `json:"claim"` // realm_access.roles reads into objects
	Value string `json:"value"` // the claim's value, or one of its list
	Role  string `json:"role"`
	signin.ScopeOrder
}

var providerID = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)

// secondFactors are the words of RFC 8176 that need more than a password.
var secondFactors = []string{"mfa", "otp", "hwk", "swk", "sc", "face", "fpt", "iris"}

// ReadConfig reads and checks a file with a JSON list of providers. No error holds a secret.
func ReadConfig(name string) ([]Config, error) {
	raw, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	var list []Config
	decoder := json.NewDecoder(strings.NewReader(string(raw)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&list); err != nil {
		return nil, fmt.Errorf("is not a JSON list of providers: %w", err)
	}
	var wrong []error
	seen := map[string]bool{}
	for i := range list {
		if err := list[i].complete(); err != nil {
			wrong = append(wrong, fmt.Errorf("provider %d: %w", i+1, err))
		}
		if seen[list[i].ID] {
			wrong = append(wrong, fmt.Errorf("provider %d: the id %s is already in use", i+1, list[i].ID))
		}
		seen[list[i].ID] = true
	}
	return list, errors.Join(wrong...)
}

// complete fills in what may be left out, reads the secret and refuses what cannot work.
func (c *Config) complete() error {
	c.LoginClaim, c.NameClaim = textOr(c.LoginClaim, "preferred_username"), textOr(c.NameClaim, "name")
	if len(c.AMR) == 0 {
		c.AMR = secondFactors
	}
	if c.Name = textOr(c.Name, c.ID); !providerID.MatchString(c.ID) {
		return errors.New("id must be lower case letters, digits and -")
	}
	at, err := url.Parse(c.Issuer)
	if err != nil || at.Host == "" || at.User != nil || at.Scheme != "https" && !(at.Scheme == "http" &&
		isLoopback(at.Hostname())) {
		return errors.New("issuer must be an https address")
	}
	if c.ClientID == "" {
		return errors.New("client_id is missing")
	}
	if c.ClientSecretFile != "" {
		secret, err := os.ReadFile(c.ClientSecretFile)
		if err != nil {
			return fmt.Errorf("client_secret_file cannot be read: %w", err)
		}
		c.secret = strings.TrimSpace(string(secret))
	}
	if len(c.Rules) == 0 {
		return errors.New("rules are missing: no person could sign in")
	}
	for i, r := range c.Rules {
		role, err := roles.ParseRole(r.Role)
		if err != nil || role == roles.Merchant || role == roles.Integration || r.Claim == "" || r.Value == "" ||
			r.Scope == "" {
			const needs = "a claim, its value, a role of people other than merchants, and a scope"
			return fmt.Errorf("rule %d needs "+needs, i+1)
		}
	}
	return nil
}

func textOr(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// claims are what a provider says of a person.
type claims map[string]any

// find returns a claim's values as text. "realm_access.roles" reads into objects if no claim has
// that name.
func (c claims) find(name string) []string {
	value, found := c[name]
	if head, rest, dotted := strings.Cut(name, "."); dotted && !found {
		inner, _ := c[head].(map[string]any)
		return claims(inner).find(rest)
	}
	switch v := value.(type) {
	case string:
		return []string{v}
	case bool, float64:
		return []string{fmt.Sprint(v)}
	case []any:
		var texts []string
		for _, item := range v {
			if text, ok := item.(string); ok {
				texts = append(texts, text)
			}
		}
		return texts
	}
	return nil
}

func (c claims) first(name string) string {
	if values := c.find(name); len(values) > 0 {
		return values[0]
	}
	return ""
}

// provedSecondFactor reports whether the provider vouches for a second factor.
func (c *Config) provedSecondFactor(said claims) bool {
	return c.TrustMFA ||
		slices.ContainsFunc(said.find("amr"), func(m string) bool { return slices.Contains(c.AMR, m) }) ||
		slices.Contains(c.ACR, said.first("acr"))
}

// post returns the role and the scopes for a person's claims. The first rule that fits gives the
// role. The scopes come from all fitting rules with this role.
func (c *Config) post(said claims) (role string, scopes []signin.ScopeOrder, err error) {
	for _, r := range c.Rules {
		if !slices.Contains(said.find(r.Claim), r.Value) || role != "" && r.Role != role {
			continue
		}
		role = r.Role
		if !slices.Contains(scopes, r.ScopeOrder) {
			scopes = append(scopes, r.ScopeOrder)
		}
	}
	if role == "" {
		return "", nil, problem.New(problem.Forbidden, "no_role", "Tài khoản này chưa được giao vai trò nào ở đây.",
			"This account has no role here.")
	}
	if slices.ContainsFunc(scopes, func(s signin.ScopeOrder) bool { return s.Scope == "all" && s.Always() }) {
		return role, []signin.ScopeOrder{{Scope: "all"}}, nil
	}
	return role, scopes, nil
}

// loginOf returns the characters of a provider's name for a person that a login may contain.
func loginOf(name string) string {
	login := strings.Map(func(r rune) rune {
		r = unicode.ToLower(r)
		if r < unicode.MaxASCII && (r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || strings.ContainsRune("._@+-", r)) {
			return r
		}
		return -1
	}, name)
	login = strings.TrimLeft(login, "._@+-")
	if len(login) < 2 {
		return "sso"
	}
	return login[:min(len(login), 80)]
}
