package main_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"market40/frontend/apptest/program"
	"market40/migrations/database/dbtest"
)

func TestPeopleSignIn(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=" + program.DemoURL(t), "SECRET_KEY=" + program.SecretKey(1)}
	s := program.Serve(t, env, "--demo")
	found := regexp.MustCompile(`demo\.manager +(\S+)  (\S+)`).FindStringSubmatch(strings.Join(s.Printed, "\n"))
	if found == nil {
		t.Fatalf("no sign-in is printed: %v", s.Printed)
	}
	code, err := totp.GenerateCode(found[2], time.Now())
	must(t, err)
	in := object{"login": "demo.manager", "password": found[1], "code": code}
	for _, other := range [][]string{
		{"Sec-Fetch-Site", "cross-site"},
		{"Sec-Fetch-Site", "same-site"},
		{"Origin", "http://evil.example"},
		{"Origin", "null"},
	} {
		if res, o := s.Visit("POST", "/api/v1/sessions", in, other...); res.StatusCode != 403 ||
			o.Text("code") != "cross_origin" {
			t.Errorf("signing in from %v: %d %v", other, res.StatusCode, o)
		}
	}
	for _, odd := range []object{{"login": "a\x00b", "password": "x"}, {
		"login":    strings.Repeat("ệ", 100),
		"password": "\x00",
	}} {
		if res, o := s.Visit("POST", "/api/v1/sessions", odd, "User-Agent", "\xff\xfe"); res.StatusCode != 401 ||
			o.Text("code") != "sign_in_failed" {
			t.Errorf("signing in with %v: %d %v", odd, res.StatusCode, o)
		}
	}
	// Who was given a session beforehand does not keep it: a fixed token is no one's.
	res, _ := s.Visit("POST", "/api/v1/sessions", in, "Sec-Fetch-Site", "same-origin", "Cookie", "__Host-m40=fixed")
	if res.StatusCode != 201 || len(res.Cookies()) != 1 {
		t.Fatalf("signing in: %d, cookies %v", res.StatusCode, res.Cookies())
	}
	c := res.Cookies()[0]
	if c.Name != "__Host-m40" || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" ||
		c.Domain != "" || len(c.Value) < 43 {
		t.Errorf("the cookie is %s", c.Raw)
	}
	mine := []string{"Cookie", c.Name + "=" + c.Value}
	if _, me := s.Visit("GET", "/api/v1/me", nil, mine...); me.Text("kind") != "user" || me.Text("role") != "manager" ||
		me.Text("scope_kind") != "market" {
		t.Errorf("I am %v", me)
	}
	if _, markets := s.Visit("GET", "/api/v1/markets", nil, mine...); len(markets.Items()) != 1 {
		t.Errorf("a manager sees the markets %v", markets)
	}
	if res, o := s.Visit("DELETE", "/api/v1/sessions/current", nil, mine...); res.StatusCode != 403 ||
		o.Text("code") != "cross_origin" {
		t.Errorf("without proof of origin: %d %v", res.StatusCode, o)
	}
	res, _ = s.Visit("DELETE", "/api/v1/sessions/current", nil, append(mine, "Origin", s.Address)...)
	if res.StatusCode != 204 || len(res.Cookies()) != 1 || res.Cookies()[0].MaxAge >= 0 {
		t.Errorf("signing out: %d, cookies %v", res.StatusCode, res.Cookies())
	}
	if res, _ := s.Visit("GET", "/api/v1/me", nil, mine...); res.StatusCode != 401 {
		t.Errorf("a session that was ended answers %d", res.StatusCode)
	}
	keys := program.DemoKeys(t, s)
	trail := s.CallAs("Bearer "+keys["auditor"], "GET", "/api/v1/audit", nil, 200).Items()
	if last, _ := trail[0].(map[string]any); object(last).Text("route") != "/api/v1/sessions/:id" ||
		object(last).Text("session_id") == "" || last["status"] != 204.0 ||
		!strings.Contains(object(last).Text("address"), ":") {
		t.Errorf("the trail ends with %v", trail[0])
	}
	if first, _ := trail[len(trail)-1].(map[string]any); first["actor_id"] != nil || first["status"] != 403.0 {
		t.Errorf("the trail begins with %v", first)
	}
	s.CallAs("Bearer "+keys["manager"], "GET", "/api/v1/audit", nil, 403)
	s.CallAs("Bearer "+keys["admin"], "GET", "/api/v1/notices?external_id=%00", nil, 422)
	program.Want(t, 0, env, "audit", "verify")
	s.CallAs("Bearer "+keys["admin"], "DELETE", "/api/v1/sessions/%00%ff", nil, 404)
	if last, _ := s.CallAs("Bearer "+keys["auditor"], "GET", "/api/v1/audit?limit=1", nil, 200).Items()[0].(map[string]any); last["object"] != "/api/v1/sessions/%00%ff" {
		t.Errorf("an odd path is not in the trail, which ends with %v", last)
	}
	if res, _ := s.Visit("POST", "/api/v1/codes/verify", object{"payload": ""}, mine...); res.StatusCode != 200 {
		t.Errorf("a stranger with an old cookie is answered %d", res.StatusCode)
	}
}

func TestPlainHTTPSignInIsRefused(t *testing.T) {
	t.Parallel()
	env := []string{
		"DATABASE_URL=" + dbtest.URL(t),
		"SECRET_KEY=" + program.SecretKey(1),
		"PUBLIC_URL=http://cho.example.vn",
	}
	s := program.Serve(t, env)
	res, o := s.Visit("POST", "/api/v1/sessions", object{"login": "lan", "password": "long enough", "code": "123456"})
	if res.StatusCode != 403 || o.Text("code") != "plain_http" || len(res.Cookies()) != 0 {
		t.Errorf("%d %v", res.StatusCode, o)
	}
}

func TestUsersCreate(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=" + dbtest.URL(t), "SECRET_KEY=" + program.SecretKey(1)}
	create := func(password string) program.Result {
		cmd := program.Command(
			t,
			env,
			"users",
			"create",
			"--role",
			"admin",
			"--login",
			"lan",
			"--name",
			"Nguyễn Thị Lan",
		)
		cmd.Stdin = strings.NewReader(password + "\n")
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState == nil {
			t.Fatal(err)
		}
		return program.Result{Code: cmd.ProcessState.ExitCode(), Out: string(out)}
	}
	if a := create(""); a.Code != 2 {
		t.Errorf("without a password: exit %d, %s", a.Code, a.Out)
	}
	a := create("tôm hùm 9 con")
	secret := regexp.MustCompile(`second factor +([A-Z2-7]{32})`).FindStringSubmatch(a.Out)
	if a.Code != 0 || secret == nil {
		t.Fatalf("exit %d, %s", a.Code, a.Out)
	}
	if a := create("tôm hùm 9 con"); a.Code != 2 {
		t.Errorf("a login is taken: exit %d, %s", a.Code, a.Out)
	}
	s := program.Serve(t, env)
	if res, o := s.Visit("POST", "/api/v1/sessions", object{
		"login": "lan", "password": "tôm hùm 9 con",
		"code": program.SecondFactor(t, secret[1]),
	}); res.StatusCode != 201 {
		t.Errorf("%d %v", res.StatusCode, o)
	}
}
