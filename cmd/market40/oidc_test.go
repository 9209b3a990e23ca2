package main_test

import (
	"bufio"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"market40/frontend/apptest/program"
	"market40/migrations/database/dbtest"
)

// startProvider runs the provider of testdata/oidc for a server's callback, and gives its issuer.
func startProvider(t *testing.T, callback string) string {
	t.Helper()
	const folder = "testdata/oidc"
	if _, err := os.Stat(filepath.Join(folder, "node_modules", ".package-lock.json")); err != nil {
		install := exec.CommandContext(t.Context(), "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
		install.Dir = folder
		if said, err := install.CombinedOutput(); err != nil {
			t.Fatalf("npm ci: %v\n%s", err, said)
		}
	}
	cmd := exec.CommandContext(t.Context(), "node", "provider.mjs", callback)
	cmd.Dir, cmd.Stderr = folder, os.Stderr
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	must(t, err)
	return strings.TrimSpace(line)
}

// wanderer follows redirects as a browser does, and says at each sign-in of the provider who it is.
type wanderer struct {
	t  *testing.T
	as string
	*http.Client
}

func newWanderer(t *testing.T, as string) *wanderer {
	t.Helper()
	jar, err := cookiejar.New(nil)
	must(t, err)
	w := &wanderer{t: t, as: as}
	w.Client = &http.Client{Jar: secureOnLoopback{jar}, CheckRedirect: func(next *http.Request,
		_ []*http.Request,
	) error {
		if strings.HasPrefix(next.URL.Path, "/interaction/") {
			next.URL.RawQuery = url.Values{"as": {as}}.Encode()
		}
		return nil
	}}
	return w
}

// secureOnLoopback keeps Secure cookies over http, as browsers do on loopback.
type secureOnLoopback struct{ *cookiejar.Jar }

func (s secureOnLoopback) SetCookies(u *url.URL, cookies []*http.Cookie) {
	s.Jar.SetCookies(asHTTPS(u), cookies)
}
func (s secureOnLoopback) Cookies(u *url.URL) []*http.Cookie { return s.Jar.Cookies(asHTTPS(u)) }

func asHTTPS(u *url.URL) *url.URL {
	v := *u
	v.Scheme = "https"
	return &v
}

// goTo opens an address and gives where it ended, with what was answered there.
func (w *wanderer) goTo(address string) (*http.Response, string) {
	w.t.Helper()
	res, err := w.Get(address)
	must(w.t, err)
	defer res.Body.Close()
	var body strings.Builder
	_, err = bufio.NewReader(res.Body).WriteTo(&body)
	must(w.t, err)
	return res, body.String()
}

func providersFile(t *testing.T, providers ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "oidc.json")
	must(t, os.WriteFile(file, []byte("["+strings.Join(providers, ",")+"]"), 0o600))
	return file
}

const oidcRules = `"rules": [
	{"claim": "groups", "value": "so-cong-thuong", "role": "province_officer", "scope": "all"},
	{"claim": "groups", "value": "phuong-22366", "role": "locality_officer", "scope": "locality:communes_2025/22366"},
	{"claim": "groups", "value": "phuong-22423", "role": "locality_officer", "scope": "locality:communes_2025/22423", "from": "2025-07-01"},
	{"claim": "groups", "value": "bi-thu", "role": "admin", "scope": "all"}]`

func TestSignInByARealProvider(t *testing.T) {
	t.Parallel()
	listen := freeAddress(t)
	at := "http://" + listen
	issuer := startProvider(t, at+"/api/v1/oidc/tinh/callback")
	secret := filepath.Join(t.TempDir(), "secret")
	must(t, os.WriteFile(secret, []byte("known to both\n"), 0o600))
	env := []string{
		"DATABASE_URL=" + dbtest.URL(t), "SECRET_KEY=" + program.SecretKey(1), "LISTEN_ADDR=" + listen,
		"OUTGOING_ALLOW=127.0.0.1",
		"OIDC_CONFIG_FILE=" + providersFile(
			t,
			fmt.Sprintf(
				`{"id": "tinh", "name": "SSO tỉnh", "issuer": %q, "client_id": "market40", "client_secret_file": %q, "scopes": ["profile"], %s}`,
				issuer,
				secret,
				oidcRules,
			),
		),
	}
	s := program.Serve(t, env)
	start := s.Address + "/api/v1/oidc/tinh/start"

	lan := newWanderer(t, "lan")
	if _, page := lan.goTo(s.Address + "/sign-in"); !strings.Contains(page, "Đăng nhập qua SSO tỉnh") {
		t.Errorf("the sign-in page does not name the provider: %s", page)
	}
	res, _ := lan.goTo(start + "?return_to=/docs")
	if res.StatusCode != 200 || res.Request.URL.String() != s.Address+"/docs" {
		t.Fatalf("lan ends at %s with %d", res.Request.URL, res.StatusCode)
	}
	if _, me := lan.goTo(s.Address + "/api/v1/me"); !strings.Contains(me, `"province_officer"`) ||
		!strings.Contains(me, "Nguyễn Thị Lan") {
		t.Errorf("lan is %s", me)
	}
	hoa := newWanderer(t, "hoa")
	hoa.goTo(start)
	if _, me := hoa.goTo(s.Address + "/api/v1/me"); !strings.Contains(me, `"locality_officer"`) ||
		!strings.Contains(me, `"dated"`) {
		t.Errorf("hoa is %s", me)
	}
	for who, want := range map[string]string{"nam": "second_factor_missing", "minh": "no_role"} {
		w := newWanderer(t, who)
		if res, said := w.goTo(start); res.StatusCode != 403 || !strings.Contains(said, want) {
			t.Errorf("%s is answered %d %s", who, res.StatusCode, said)
		}
		if res, _ := w.goTo(s.Address + "/api/v1/me"); res.StatusCode != 401 {
			t.Errorf("%s is signed in", who)
		}
	}
	for _, foreign := range []string{
		"//evil.example", "https://evil.example/", `/\evil.example`, "/\r\nSet-Cookie: x",
		"javascript:alert(1)", "/api/v1/me", "",
	} {
		if res, _ := newWanderer(t, "lan").goTo(start + "?return_to=" + url.QueryEscape(foreign)); foreign != "" &&
			res.StatusCode != 422 {
			t.Errorf("returning to %q: %d at %s", foreign, res.StatusCode, res.Request.URL)
		}
	}
	if res, _ := newWanderer(t, "lan").goTo(s.Address + "/api/v1/oidc/other/start"); res.StatusCode != 404 {
		t.Errorf("an unknown provider: %d", res.StatusCode)
	}
}
