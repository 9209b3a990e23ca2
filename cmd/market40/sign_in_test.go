package main_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"market40/migrations/database/dbtest"
)

// visit makes a request as a browser would, with headers in pairs, and gives the answer and its
// body.
func (s *serving) visit(method, path string, body object, headers ...string) (*http.Response, object) {
	s.t.Helper()
	raw, err := json.Marshal(body)
	must(s.t, err)
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.address+path, bytes.NewReader(raw))
	must(s.t, err)
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	must(s.t, err)
	defer res.Body.Close()
	answered, err := io.ReadAll(res.Body)
	must(s.t, err)
	var o object
	_ = json.Unmarshal(answered, &o)
	return res, o
}

func TestPeopleSignIn(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=" + demoURL(t), "SECRET_KEY=" + someSecret(1)}
	s := serve(t, env, "--demo")
	found := regexp.MustCompile(`demo\.manager +(\S+)  (\S+)`).FindStringSubmatch(strings.Join(s.told, "\n"))
	if found == nil {
		t.Fatalf("no sign-in is printed: %v", s.told)
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
		if res, o := s.visit("POST", "/api/v1/sessions", in, other...); res.StatusCode != 403 ||
			o.text("code") != "cross_origin" {
			t.Errorf("signing in from %v: %d %v", other, res.StatusCode, o)
		}
	}
	for _, odd := range []object{{"login": "a\x00b", "password": "x"}, {
		"login":    strings.Repeat("ệ", 100),
		"password": "\x00",
	}} {
		if res, o := s.visit("POST", "/api/v1/sessions", odd, "User-Agent", "\xff\xfe"); res.StatusCode != 401 ||
			o.text("code") != "sign_in_failed" {
			t.Errorf("signing in with %v: %d %v", odd, res.StatusCode, o)
		}
	}
	// Who was given a session beforehand does not keep it: a fixed token is no one's.
	res, _ := s.visit("POST", "/api/v1/sessions", in, "Sec-Fetch-Site", "same-origin", "Cookie", "__Host-m40=fixed")
	if res.StatusCode != 201 || len(res.Cookies()) != 1 {
		t.Fatalf("signing in: %d, cookies %v", res.StatusCode, res.Cookies())
	}
	c := res.Cookies()[0]
	if c.Name != "__Host-m40" || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" ||
		c.Domain != "" || len(c.Value) < 43 {
		t.Errorf("the cookie is %s", c.Raw)
	}
	mine := []string{"Cookie", c.Name + "=" + c.Value}
	if _, me := s.visit("GET", "/api/v1/me", nil, mine...); me.text("kind") != "user" || me.text("role") != "manager" ||
		me.text("scope_kind") != "market" {
		t.Errorf("I am %v", me)
	}
	if _, markets := s.visit("GET", "/api/v1/markets", nil, mine...); len(markets.items()) != 1 {
		t.Errorf("a manager sees the markets %v", markets)
	}
	if res, o := s.visit("DELETE", "/api/v1/sessions/current", nil, mine...); res.StatusCode != 403 ||
		o.text("code") != "cross_origin" {
		t.Errorf("without proof of origin: %d %v", res.StatusCode, o)
	}
	res, _ = s.visit("DELETE", "/api/v1/sessions/current", nil, append(mine, "Origin", s.address)...)
	if res.StatusCode != 204 || len(res.Cookies()) != 1 || res.Cookies()[0].MaxAge >= 0 {
		t.Errorf("signing out: %d, cookies %v", res.StatusCode, res.Cookies())
	}
	if res, _ := s.visit("GET", "/api/v1/me", nil, mine...); res.StatusCode != 401 {
		t.Errorf("a session that was ended answers %d", res.StatusCode)
	}
	keys := demoKeys(t, s)
	trail := s.ask("Bearer "+keys["auditor"], "GET", "/api/v1/audit", nil, 200).items()
	if last, _ := trail[0].(map[string]any); object(last).text("route") != "/api/v1/sessions/:id" ||
		object(last).text("session_id") == "" || last["status"] != 204.0 ||
		!strings.Contains(object(last).text("address"), ":") {
		t.Errorf("the trail ends with %v", trail[0])
	}
	if first, _ := trail[len(trail)-1].(map[string]any); first["actor_id"] != nil || first["status"] != 403.0 {
		t.Errorf("the trail begins with %v", first)
	}
	s.ask("Bearer "+keys["manager"], "GET", "/api/v1/audit", nil, 403)
	s.ask("Bearer "+keys["admin"], "GET", "/api/v1/notices?external_id=%00", nil, 422)
	want(t, 0, env, "audit", "verify")
	s.ask("Bearer "+keys["admin"], "DELETE", "/api/v1/sessions/%00%ff", nil, 404)
	if last, _ := s.ask("Bearer "+keys["auditor"], "GET", "/api/v1/audit?limit=1", nil, 200).items()[0].(map[string]any); last["object"] != "/api/v1/sessions/%00%ff" {
		t.Errorf("an odd path is not in the trail, which ends with %v", last)
	}
	if res, _ := s.visit("POST", "/api/v1/codes/verify", object{"payload": ""}, mine...); res.StatusCode != 200 {
		t.Errorf("a stranger with an old cookie is answered %d", res.StatusCode)
	}
}

func TestNobodySignsInOverPlainHTTP(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=" + dbtest.URL(t), "SECRET_KEY=" + someSecret(1), "PUBLIC_URL=http://cho.example.vn"}
	s := serve(t, env)
	res, o := s.visit("POST", "/api/v1/sessions", object{"login": "lan", "password": "long enough", "code": "123456"})
	if res.StatusCode != 403 || o.text("code") != "plain_http" || len(res.Cookies()) != 0 {
		t.Errorf("%d %v", res.StatusCode, o)
	}
}

func TestUsersCreate(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=" + dbtest.URL(t), "SECRET_KEY=" + someSecret(1)}
	create := func(password string) answer {
		cmd := command(t, env, "users", "create", "--role", "admin", "--login", "lan", "--name", "Nguyễn Thị Lan")
		cmd.Stdin = strings.NewReader(password + "\n")
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState == nil {
			t.Fatal(err)
		}
		return answer{code: cmd.ProcessState.ExitCode(), out: string(out)}
	}
	if a := create(""); a.code != 2 {
		t.Errorf("without a password: exit %d, %s", a.code, a.out)
	}
	a := create("tôm hùm 9 con")
	secret := regexp.MustCompile(`second factor +([A-Z2-7]{32})`).FindStringSubmatch(a.out)
	if a.code != 0 || secret == nil {
		t.Fatalf("exit %d, %s", a.code, a.out)
	}
	if a := create("tôm hùm 9 con"); a.code != 2 {
		t.Errorf("a login is taken: exit %d, %s", a.code, a.out)
	}
	s := serve(t, env)
	if res, o := s.visit("POST", "/api/v1/sessions", object{
		"login": "lan", "password": "tôm hùm 9 con",
		"code": secondFactor(t, secret[1]),
	}); res.StatusCode != 201 {
		t.Errorf("%d %v", res.StatusCode, o)
	}
}
