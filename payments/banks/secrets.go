package banks

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Secrets are one generation of a connection's secret fields by name. The list "allow_ips" is
// joined by commas.
type Secrets map[string]string

// secretsChecker is a provider that checks more of its secrets than the names of their fields.
type secretsChecker interface{ checkSecrets(Secrets) error }

// CheckSecrets reports which field of a connection's secrets is missing, unknown or malformed. The
// error is a phrase for the operator; it names fields and never their values.
func CheckSecrets(p Provider, s Secrets) error {
	if own, ok := p.(secretsChecker); ok {
		return own.checkSecrets(s)
	}
	return s.need(p.SecretForms()[0]...)
}

// ParseSecrets reads the JSON object of an operator. Every value is a string; allow_ips may also be
// a list of strings. The error names the field, never its value.
func ParseSecrets(raw json.RawMessage) (Secrets, error) {
	fields, err := readObject(raw)
	if err != nil {
		return nil, errors.New("secrets must be one JSON object")
	}
	secrets := make(Secrets, len(fields))
	for _, f := range fields {
		var one string
		var list []string
		switch {
		case json.Unmarshal(f.raw, &one) == nil && f.raw[0] == '"':
			secrets[f.key] = one
		case f.key == "allow_ips" && json.Unmarshal(f.raw, &list) == nil:
			secrets[f.key] = strings.Join(list, ",")
		default:
			return nil, fmt.Errorf("field %q must be a string", cutText(f.key))
		}
	}
	return secrets, nil
}

// need checks that exactly the named fields are present and not empty.
func (s Secrets) need(names ...string) error {
	for _, name := range slices.Sorted(maps.Keys(s)) { // of several, the same one each time
		if !slices.Contains(names, name) {
			return fmt.Errorf("field %q is unknown, expected %s", cutText(name), strings.Join(names, ", "))
		}
	}
	for _, name := range names {
		if s[name] == "" {
			return fmt.Errorf("field %q is missing", name)
		}
	}
	return nil
}

// The least strength of a secret. Providers issue tokens of 10 characters.
const (
	minSecret    = 8 // characters
	minDifferent = 5 // different ones among them
)

// notSecret are the fields that are not secret: names that providers print, and addresses.
var notSecret = map[string]bool{"auth": true, "allow_ips": true, "partner_code": true, "username": true}

// Weak returns the first field, by name, that holds a secret easy to guess, or "". Of a key behind
// whsec_ the bytes count.
func (s Secrets) Weak() string {
	for _, name := range slices.Sorted(maps.Keys(s)) {
		characters := []rune(s[name])
		if name == "secret" && strings.HasPrefix(s[name], marksKey) {
			characters = bytesOf(standardKeys(s[name])...)
		}
		if !notSecret[name] && isWeak(characters) {
			return name
		}
	}
	return ""
}

// bytesOf returns the bytes of keys as characters.
func bytesOf(keys ...string) (characters []rune) {
	for _, key := range keys {
		for _, b := range []byte(key) {
			characters = append(characters, rune(b))
		}
	}
	return characters
}

// isWeak reports whether a key could be guessed.
func isWeak(key []rune) bool {
	different := map[rune]bool{}
	for _, c := range key {
		different[c] = true
	}
	return len(key) < minSecret || len(different) < minDifferent
}

// Unsigned reports whether the secrets accept calls by their address alone.
func (s Secrets) Unsigned() bool { return s["auth"] == "none" }

// anyOf tries the active secrets one by one. It returns nil if one fits, and ErrStale if one fits
// except for the stamp.
func anyOf(secrets []Secrets, verify func(Secrets) error) error {
	result := ErrSignature
	for _, s := range secrets {
		err := verify(s)
		if err == nil {
			return nil
		}
		if errors.Is(err, ErrStale) {
			result = ErrStale
		}
	}
	return result
}

// cutText cuts foreign text for an error message.
func cutText(s string) string {
	if len(s) > 40 {
		return strings.ToValidUTF8(s[:40], "") + "…"
	}
	return s
}
