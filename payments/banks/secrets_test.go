package banks_test

import (
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"

	"market40/payments/banks"
)

func TestCheckSecrets(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ provider, secrets, names string }{
		{"sepay", `{"api_key":"k"}`, ""},
		{"sepay", `{"hmac_secret":"k"}`, ""},
		{"sepay", `{"auth":"none","allow_ips":["172.236.138.20","2001:db8::/56","::ffff:10.0.0.0/120"]}`, ""},
		{"sepay", `{"auth":"none","allow_ips":"10.0.0.0/24, 172.236.138.20"}`, ""},
		{"sepay", `{"auth":"none","allow_ips":["0.0.0.0/0"]}`, "allow_ips"},
		{"sepay", `{"auth":"none","allow_ips":["10.0.0.0/23"]}`, "allow_ips"},
		{"sepay", `{"auth":"none","allow_ips":["::/0"]}`, "allow_ips"},
		{"sepay", `{"auth":"none","allow_ips":["2001:db8::/55"]}`, "allow_ips"},
		{"sepay", `{"auth":"none","allow_ips":["::ffff:0.0.0.0/96"]}`, "allow_ips"},
		{"sepay", `{"auth":"none","allow_ips":["::ffff:0:0/90"]}`, "allow_ips"},
		{"sepay", `{"auth":"none","allow_ips":["10.0.0.0/24", "10.0.1.0/23"]}`, "allow_ips"},
		{"sepay", `{"auth":"none","allow_ips":"` + strings.Repeat("10.0.0.0/24,", 32) + `10.1.0.0/24"}`, "allow_ips"},
		{"sepay", `{}`, "api_key"},
		{"sepay", `{"api_key":""}`, "api_key"},
		{"sepay", `{"api_key":"k","hmac_secret":"k"}`, "api_key"},
		{"sepay", `{"auth":"none"}`, "allow_ips"},
		{"sepay", `{"auth":"none","allow_ips":[]}`, "allow_ips"},
		{"sepay", `{"auth":"none","allow_ips":["10.0.0"]}`, "allow_ips"},
		{"sepay", `{"auth":"none","allow_ips":["10.0.0.1"],"api_key":"k"}`, "api_key"},
		{"sepay", `{"auth":"basic","api_key":"k"}`, "auth"},
		{"casso_v1", `{"auth":"none","allow_ips":["10.0.0.1"]}`, "allow_ips"},
		{"vietqr_vn", `{"username":"u"}`, "password"},
		{"momo", `{"partner_code":"p","secret_key":"s"}`, "access_key"},
		{"momo", `{"partner_code":"p","secret_key":"s","access_key":"a"}`, ""},
		{"zalopay", `{"key1":"k"}`, "key1"},
		{"standard", `{"secret":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}`, ""},
		{"standard", `{"secret":"plain words"}`, ""},
		{"standard", `{"secret":"whsec_?"}`, "secret"},
		{"standard", `{"secret":"whsec_"}`, "secret"},
	} {
		secrets, err := banks.ParseSecrets(json.RawMessage(c.secrets))
		if err != nil {
			t.Errorf("%s %s: %v", c.provider, c.secrets, err)
			continue
		}
		err = banks.CheckSecrets(findProvider(t, c.provider), secrets)
		if (err == nil) != (c.names == "") || err != nil && !strings.Contains(err.Error(), c.names) {
			t.Errorf("%s %s: %v, want one that names %q", c.provider, c.secrets, err, c.names)
		}
	}
}

func TestParseSecretsRefuses(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{
		``, `null`, `[]`, `"k"`, `{"api_key":7}`, `{"api_key":null}`, `{"api_key":["k"]}`, `{"allow_ips":[1]}`,
		`{"a":"1","a":"2"}`,
	} {
		if s, err := banks.ParseSecrets(json.RawMessage(raw)); err == nil {
			t.Errorf("%s reads as %d fields", raw, len(s))
		}
	}
}

func FuzzParseSecrets(f *testing.F) {
	f.Add(`{"auth":"none","allow_ips":["10.0.0.1"]}`)
	f.Add(`{"api_key":"k"}`)
	f.Fuzz(func(t *testing.T, raw string) {
		s, err := banks.ParseSecrets(json.RawMessage(raw))
		if err == nil && !json.Valid([]byte(raw)) {
			t.Errorf("%q is not JSON and reads as %d fields", raw, len(s))
		}
		for _, name := range banks.ProviderNames() {
			_ = banks.CheckSecrets(findProvider(t, name), s)
		}
	})
}

// TestSecretForms checks that every provider accepts exactly the sets of fields that OpenAPI lists
// for it.
func TestSecretForms(t *testing.T) {
	t.Parallel()
	for _, name := range banks.ProviderNames() {
		p := findProvider(t, name)
		forms := p.SecretForms()
		if len(forms) == 0 {
			t.Errorf("%s has no form", name)
		}
		for _, fields := range forms {
			secrets := banks.Secrets{}
			for _, field := range fields {
				secrets[field] = map[string]string{"auth": "none", "allow_ips": "10.0.0.1"}[field]
				if secrets[field] == "" {
					secrets[field] = "MfKQ9r8GKYqrTwjU"
				}
			}
			if err := banks.CheckSecrets(p, secrets); err != nil {
				t.Errorf("%s refuses %v: %v", name, fields, err)
			}
			for _, field := range fields {
				less := maps.Clone(secrets)
				delete(less, field)
				if banks.CheckSecrets(p, less) == nil {
					t.Errorf("%s accepts %v without %s", name, fields, field)
				}
			}
			secrets["another"] = "MfKQ9r8GKYqrTwjU"
			if banks.CheckSecrets(p, secrets) == nil {
				t.Errorf("%s accepts an unknown field beside %v", name, fields)
			}
		}
	}
}

func TestWeakSecrets(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ secrets, weak string }{
		{`{"api_key":"k"}`, "api_key"},
		{`{"api_key":"1234567"}`, "api_key"},
		{`{"api_key":"12341234"}`, "api_key"},
		{`{"api_key":"            "}`, "api_key"},
		{`{"api_key":"ăâđêô"}`, "api_key"}, // bytes are not characters
		{`{"api_key":"1234512345"}`, ""},
		{`{"auth":"none","allow_ips":"10.0.0.1"}`, ""},
		{`{"username":"u","password":"aaaaaaaaaaaa"}`, "password"},
		{`{"username":"u","password":"mat-khau-1"}`, ""},
		{`{"partner_code":"MOMO","access_key":"F8BBA842ECF85","secret_key":"short"}`, "secret_key"},
		{`{"partner_code":"MOMO","access_key":"F8","secret_key":"K951B6PE1waDMi640xX08PD3vg6EkVlz"}`, "access_key"},
		{`{"secret":"whsec_YQ=="}`, "secret"},
		{`{"secret":"whsec_YWFhYWFhYWFhYWFhYWFhYQ=="}`, "secret"}, // one letter
		{`{"secret":"abcdefgh"}`, ""},                             // eight characters, though six bytes of base64
		{`{"secret":"abcdefgh12"}`, ""},
		{`{"secret":"abcdefg"}`, "secret"},
		{`{"secret":"YWFhYWFhYWFhYWFhYWFhYQ=="}`, ""},
		{`{"secret":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}`, ""},
	} {
		secrets, err := banks.ParseSecrets(json.RawMessage(c.secrets))
		if err != nil {
			t.Fatal(err)
		}
		if got := secrets.Weak(); got != c.weak {
			t.Errorf("%s: weak is %q, want %q", c.secrets, got, c.weak)
		}
	}
}

// TestSecretWithoutPrefix checks that a sender may use such a secret as text, or as base64 like the
// libraries of the specification.
func TestSecretWithoutPrefix(t *testing.T) {
	t.Parallel()
	p := findProvider(t, "standard")
	// the last two are base64 of keys that are easy to guess
	const plain, short, equal = "abcdefgh1234", "MTIzNDU=", "MTExMTExMTI="
	for _, c := range []struct {
		secret, signer string
		want           error
	}{
		{plain, plain, nil},
		{plain, "whsec_" + plain, nil},
		{plain, "abcdefgh1235", banks.ErrSignature},
		{short, short, nil},
		{short, "whsec_" + short, banks.ErrSignature},
		{short, "12345", banks.ErrSignature},
		{equal, equal, nil},
		{equal, "11111112", banks.ErrSignature},
	} {
		r, err := p.Compose(sampleNotice("standard"), banks.Secrets{"secret": c.signer}, clock)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Verify(r, []banks.Secrets{{"secret": c.secret}}); !errors.Is(err, c.want) {
			t.Errorf("%s signed by %s: %v, want %v", c.secret, c.signer, err, c.want)
		}
	}
}
