package main_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"market40/migrations/database/dbtest"
)

// TestAdminsKeepUsers: an admin who signed in makes an auditor, who signs in with what was told,
// until the admin closes the account.
func TestAdminsKeepUsers(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=" + dbtest.URL(t), "SECRET_KEY=" + someSecret(1)}
	cmd := command(t, env, "users", "create", "--role", "admin", "--login", "lan", "--name", "Nguyễn Thị Lan")
	cmd.Stdin = strings.NewReader("tôm hùm 9 con\n")
	out, err := cmd.Output()
	must(t, err)
	secret := regexp.MustCompile(`second factor +([A-Z2-7]{32})`).FindStringSubmatch(string(out))
	recovery := regexp.MustCompile(`recovery codes +([A-Z2-7]{16})`).FindStringSubmatch(string(out))
	s := serve(t, env)
	admin := s.signIn("lan", "tôm hùm 9 con", secret[1])

	order := object{"login": "hoa", "full_name": "Lê Thị Hoa", "role": "locality_officer", "scopes": []any{
		object{"scope": "locality:districts_2024/568", "until": "2025-07-01"},
		object{"scope": "locality:communes_2025/22366", "from": "2025-07-01"},
	}}
	res, made := s.visit("POST", "/api/v1/users", order, admin...)
	if res.StatusCode != 201 {
		t.Fatalf("%d %v", res.StatusCode, made)
	}
	told, _ := made["enrolment"].(map[string]any)
	hoa := s.signIn("hoa", object(told).text("password"), object(told).text("totp_secret"))
	if _, me := s.visit("GET", "/api/v1/me", nil, hoa...); me.text("role") != "locality_officer" ||
		me.text("scope_kind") != "dated" || me.text("full_name") != "Lê Thị Hoa" {
		t.Errorf("hoa is %v", me)
	}
	for name, raise := range map[string]object{
		"a role of her own making": {"role": "admin", "scopes": []any{object{"scope": "all"}}},
		"an unknown field":         {"is_admin": true},
	} {
		if res, o := s.visit("PATCH", "/api/v1/users/"+made.text("id"), raise, hoa...); res.StatusCode != 403 {
			t.Errorf("%s: %d %v", name, res.StatusCode, o)
		}
	}
	if res, o := s.visit("PATCH", "/api/v1/users/"+made.text("id"), object{"is_admin": true},
		admin...); res.StatusCode != 422 {
		t.Errorf("an unknown field: %d %v", res.StatusCode, o)
	}

	res, key := s.visit("POST", "/api/v1/api-keys", object{
		"name": "bản đồ", "role": "integration",
		"expires_at": time.Now().Add(time.Hour),
	}, admin...)
	if res.StatusCode != 201 {
		t.Fatalf("%d %v", res.StatusCode, key)
	}
	s.ask("Bearer "+key.text("key"), "GET", "/api/v1/me", nil, 200)
	_, keys := s.visit("GET", "/api/v1/api-keys", nil, admin...)
	listed, _ := keys.items()[0].(map[string]any)
	if object(listed).text("owner_id") == "" || !strings.HasPrefix(key.text("key"), object(listed).text("prefix")) {
		t.Errorf("the key is listed as %v", listed)
	}
	if a := want(t, 0, env, "apikeys", "list"); !strings.Contains(a.out, object(listed).text("prefix")) ||
		strings.Contains(a.out, key.text("key")) {
		t.Errorf("apikeys list says %s", a.out)
	}
	if res, o := s.visit("DELETE", "/api/v1/api-keys/"+object(listed).text("id"), nil,
		admin...); res.StatusCode != 204 {
		t.Errorf("%d %v", res.StatusCode, o)
	}
	s.ask("Bearer "+key.text("key"), "GET", "/api/v1/me", nil, 401)
	want(t, 2, env, "apikeys", "create", "--role", "admin", "--name", "x", "--expires", "soon")
	want(t, 2, env, "apikeys", "create", "--role", "admin", "--name", "x", "--expires", "2020-01-01")

	if res, o := s.visit("PATCH", "/api/v1/users/"+made.text("id"), object{"disabled": true},
		admin...); res.StatusCode != 200 || o.text("state") != "disabled" {
		t.Errorf("%d %v", res.StatusCode, o)
	}
	if res, _ := s.visit("GET", "/api/v1/me", nil, hoa...); res.StatusCode != 401 {
		t.Errorf("a closed account goes on: %d", res.StatusCode)
	}
	// Proving again gives the session another token.
	res, o := s.visit("POST", "/api/v1/sessions/current/proof", object{
		"password": "tôm hùm 9 con",
		"code":     recovery[1],
	}, admin...)
	if res.StatusCode/100 != 2 || len(res.Cookies()) != 1 {
		t.Fatalf("%d %v", res.StatusCode, o)
	}
	if res, _ := s.visit("GET", "/api/v1/me", nil, admin...); res.StatusCode != 401 {
		t.Errorf("the token of before goes on: %d", res.StatusCode)
	}
}

// person makes an admin who signed in just now, and gives the headers that the session's browser
// sends.
func (s *serving) person(env []string) []string {
	s.t.Helper()
	const password = "tôm hùm 9 con"
	login := fmt.Sprint("person-", time.Now().UnixNano())
	cmd := command(s.t, env, "users", "create", "--role", "admin", "--login", login, "--name", login)
	cmd.Stdin = strings.NewReader(password + "\n")
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("making a person: %v: %s", err, said.String())
	}
	return s.signIn(login, password, regexp.MustCompile(`second factor +([A-Z2-7]{32})`).FindStringSubmatch(
		string(out))[1])
}

// approve has a person approve a change of an account or tenant that a program asked for.
func (s *serving) approve(env []string, change object) {
	s.t.Helper()
	if res, o := s.visit("POST", "/api/v1/beneficiary-changes/"+change.text("id")+"/approve", nil,
		s.person(env)...); res.StatusCode != 200 || o.text("state") != "effective" {
		s.t.Fatalf("approving a change: %d %v", res.StatusCode, o)
	}
}

// closes has a person close a stall or an alert.
func (s *serving) closes(env []string, at string) {
	s.t.Helper()
	if res, o := s.visit("POST", at+"/close", object{"reason": "đã gặp chủ sạp"},
		s.person(env)...); res.StatusCode != 200 || o.text("state") != "closed" {
		s.t.Fatalf("closing %s: %d %v", at, res.StatusCode, o)
	}
}

// secondFactor returns the code that an authenticator shows now. A server takes it for half a
// minute at least: it is asked for when it is sent, not before a browser starts.
func secondFactor(t *testing.T, secret string) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, time.Now())
	must(t, err)
	return code
}

// signIn signs in and gives the headers that a browser of that session sends.
func (s *serving) signIn(login, password, secret string) []string {
	s.t.Helper()
	res, o := s.visit("POST", "/api/v1/sessions", object{"login": login, "password": password, "code": secondFactor(s.t,
		secret)})
	if res.StatusCode != 201 {
		s.t.Fatalf("signing in as %s: %d %v", login, res.StatusCode, o)
	}
	return []string{"Cookie", res.Cookies()[0].Name + "=" + res.Cookies()[0].Value, "Origin", s.address}
}
