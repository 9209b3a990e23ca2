package main_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"market40/frontend/apptest/program"
	"market40/migrations/database/dbtest"
)

// TestAdminsManageUsers: an admin who signed in makes an auditor, who signs in with what was shown,
// until the admin closes the account.
func TestAdminsManageUsers(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=" + dbtest.URL(t), "SECRET_KEY=" + program.SecretKey(1)}
	cmd := program.Command(t, env, "users", "create", "--role", "admin", "--login", "lan", "--name", "Nguyễn Thị Lan")
	cmd.Stdin = strings.NewReader("tôm hùm 9 con\n")
	out, err := cmd.Output()
	must(t, err)
	secret := regexp.MustCompile(`second factor +([A-Z2-7]{32})`).FindStringSubmatch(string(out))
	recovery := regexp.MustCompile(`recovery codes +([A-Z2-7]{16})`).FindStringSubmatch(string(out))
	s := program.Serve(t, env)
	admin := s.SignIn("lan", "tôm hùm 9 con", secret[1])

	order := object{"login": "hoa", "full_name": "Lê Thị Hoa", "role": "locality_officer", "scopes": []any{
		object{"scope": "locality:districts_2024/568", "until": "2025-07-01"},
		object{"scope": "locality:communes_2025/22366", "from": "2025-07-01"},
	}}
	res, made := s.Visit("POST", "/api/v1/users", order, admin...)
	if res.StatusCode != 201 {
		t.Fatalf("%d %v", res.StatusCode, made)
	}
	enrolment, _ := made["enrolment"].(map[string]any)
	hoa := s.SignIn("hoa", object(enrolment).Text("password"), object(enrolment).Text("totp_secret"))
	if _, me := s.Visit("GET", "/api/v1/me", nil, hoa...); me.Text("role") != "locality_officer" ||
		me.Text("scope_kind") != "dated" || me.Text("full_name") != "Lê Thị Hoa" {
		t.Errorf("hoa is %v", me)
	}
	for name, raise := range map[string]object{
		"a role of her own making": {"role": "admin", "scopes": []any{object{"scope": "all"}}},
		"an unknown field":         {"is_admin": true},
	} {
		if res, o := s.Visit("PATCH", "/api/v1/users/"+made.Text("id"), raise, hoa...); res.StatusCode != 403 {
			t.Errorf("%s: %d %v", name, res.StatusCode, o)
		}
	}
	if res, o := s.Visit("PATCH", "/api/v1/users/"+made.Text("id"), object{"is_admin": true},
		admin...); res.StatusCode != 422 {
		t.Errorf("an unknown field: %d %v", res.StatusCode, o)
	}

	res, key := s.Visit("POST", "/api/v1/api-keys", object{
		"name": "bản đồ", "role": "integration",
		"expires_at": time.Now().Add(time.Hour),
	}, admin...)
	if res.StatusCode != 201 {
		t.Fatalf("%d %v", res.StatusCode, key)
	}
	s.CallAs("Bearer "+key.Text("key"), "GET", "/api/v1/me", nil, 200)
	_, keys := s.Visit("GET", "/api/v1/api-keys", nil, admin...)
	listed, _ := keys.Items()[0].(map[string]any)
	if object(listed).Text("owner_id") == "" || !strings.HasPrefix(key.Text("key"), object(listed).Text("prefix")) {
		t.Errorf("the key is listed as %v", listed)
	}
	if a := program.Want(t, 0, env, "apikeys", "list"); !strings.Contains(a.Out, object(listed).Text("prefix")) ||
		strings.Contains(a.Out, key.Text("key")) {
		t.Errorf("apikeys list says %s", a.Out)
	}
	if res, o := s.Visit("DELETE", "/api/v1/api-keys/"+object(listed).Text("id"), nil,
		admin...); res.StatusCode != 204 {
		t.Errorf("%d %v", res.StatusCode, o)
	}
	s.CallAs("Bearer "+key.Text("key"), "GET", "/api/v1/me", nil, 401)
	program.Want(t, 2, env, "apikeys", "create", "--role", "admin", "--name", "x", "--expires", "soon")
	program.Want(t, 2, env, "apikeys", "create", "--role", "admin", "--name", "x", "--expires", "2020-01-01")

	if res, o := s.Visit("PATCH", "/api/v1/users/"+made.Text("id"), object{"disabled": true},
		admin...); res.StatusCode != 200 || o.Text("state") != "disabled" {
		t.Errorf("%d %v", res.StatusCode, o)
	}
	if res, _ := s.Visit("GET", "/api/v1/me", nil, hoa...); res.StatusCode != 401 {
		t.Errorf("a closed account goes on: %d", res.StatusCode)
	}
	// Proving again gives the session another token.
	res, o := s.Visit("POST", "/api/v1/sessions/current/proof", object{
		"password": "tôm hùm 9 con",
		"code":     recovery[1],
	}, admin...)
	if res.StatusCode/100 != 2 || len(res.Cookies()) != 1 {
		t.Fatalf("%d %v", res.StatusCode, o)
	}
	if res, _ := s.Visit("GET", "/api/v1/me", nil, admin...); res.StatusCode != 401 {
		t.Errorf("the token of before goes on: %d", res.StatusCode)
	}
}

// TestUsersAreListedDisabledAndRenewed by commands, each of which is a line of the audit trail with the user of the
// operating system.
func TestUsersAreListedDisabledAndRenewed(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=" + dbtest.URL(t), "SECRET_KEY=" + program.SecretKey(1), "SUDO_USER=lan"}
	cmd := program.Command(t, env, "users", "create", "--role", "auditor", "--login", "hoa", "--name", "Lê Thị Hoa")
	cmd.Stdin = strings.NewReader("tôm hùm 9 con\n")
	out, err := cmd.Output()
	must(t, err)
	secret := regexp.MustCompile(`second factor +([A-Z2-7]{32})`).FindStringSubmatch(string(out))
	s := program.Serve(t, env)
	session := s.SignIn("hoa", "tôm hùm 9 con", secret[1])

	listed := func() string { return program.Want(t, 0, env, "users", "list").Out }
	if line := listed(); !regexp.MustCompile(`^hoa +active +auditor +all +Lê Thị Hoa +signed in 20\S+\n$`).
		MatchString(line) {
		t.Errorf("the list is %q", line)
	}
	program.Want(t, 0, env, "users", "disable", "hoa")
	if line := listed(); !strings.HasPrefix(line, "hoa  disabled  ") {
		t.Errorf("the list is %q", line)
	}
	if res, _ := s.Visit("GET", "/api/v1/me", nil, session...); res.StatusCode != 401 {
		t.Errorf("a disabled user goes on: %d", res.StatusCode)
	}
	renewed := program.Want(t, 0, env, "users", "renew", "hoa").Out
	found := regexp.MustCompile(`password +(\S+)\nsecond factor +([A-Z2-7]{32})\n`).FindStringSubmatch(renewed)
	if found == nil {
		t.Fatalf("renew prints %q", renewed)
	}
	s.SignIn("hoa", found[1], found[2])
	for _, act := range []string{"disable", "renew"} {
		if a := program.Want(t, 1, env, "users", act, "nobody"); a.Err != "market40: No such user.\n" {
			t.Errorf("%s says %q", act, a.Err)
		}
	}

	key := program.AdminKey(t, env)
	var byCommand map[string]any
	must(t, json.Unmarshal([]byte(program.Want(t, 0, env, "users", "list", "--json").Out), &byCommand))
	if byAPI := s.CallAs(key, "GET", "/api/v1/users", nil, 200); fmt.Sprint(byCommand) != fmt.Sprint(
		map[string]any(byAPI)) {
		t.Errorf("the command lists %v, the API %v", byCommand, byAPI)
	}
	var acts []string
	for _, item := range s.CallAs(key, "GET", "/api/v1/audit?object=market40", nil, 200).Items() {
		line, _ := item.(map[string]any)
		acts = append(acts, fmt.Sprint(line["object"], " ", line["outcome"], " ", line["changed"].(float64) > 0))
		if address := object(line).Text("address"); !strings.Contains(address, "@") ||
			!strings.HasSuffix(address, " (sudo by lan)") || object(line).Text("method") != "COMMAND" ||
			object(line).Text("role") != "admin" {
			t.Errorf("a line is %v", line)
		}
	}
	slices.Reverse(acts)
	if want := []string{
		"market40 users create hoa done true",
		"market40 users disable hoa done true",
		"market40 users renew hoa done true",
		"market40 users disable nobody refused false",
		"market40 users renew nobody refused false",
		"market40 apikeys create admin done true",
	}; !slices.Equal(acts, want) {
		t.Errorf("the trail has %q", acts)
	}
}

// closeByPerson has a person close a stall or an alert.
func closeByPerson(s *program.Server, env []string, at string) {
	s.T.Helper()
	if res, o := s.Visit("POST", at+"/close", object{"reason": "đã gặp chủ sạp"},
		s.SignInNewAdmin(env)...); res.StatusCode != 200 || o.Text("state") != "closed" {
		s.T.Fatalf("closing %s: %d %v", at, res.StatusCode, o)
	}
}
