package pages_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"market40/frontend/apptest"
	"market40/frontend/apptest/program"
	"market40/migrations/database/dbtest"
)

// TestAPressSignsInToTheDemo: each role has a button on the start page, which opens its app.
func TestAPressSignsInToTheDemo(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=" + program.DemoURL(t), "SECRET_KEY=" + program.SecretKey(1)}
	s := program.Serve(t, env, "--demo")
	for _, width := range []int64{360, 1440} {
		tab := apptest.Browse(t, width)
		apptest.CheckPage(t, tab, s.Address+"/", "start-doors", width)
		for _, c := range []struct{ role, path string }{
			{"merchant", "/stall/"},
			{"manager", "/district/"},
			{"team", "/district/"},
			{"locality_officer", "/district/"},
			{"province_officer", "/district/"},
			{"auditor", "/district/"},
			{"admin", "/district/"},
		} {
			must(t, chromedp.Do(tab, chromedp.Navigate(s.Address+"/"),
				chromedp.Click(fmt.Sprintf(`form[action="/demo/sign-in/%s"] button`, c.role))))
			apptest.Until(t, tab, fmt.Sprintf(`location.pathname === %q`, c.path))
			role, err := chromedp.Run(tab, chromedp.Evaluate[string](
				`fetch('/api/v1/me').then(r => r.json()).then(me => me.role)`, chromedp.EvalAwaitPromise))
			must(t, err)
			if role != c.role {
				t.Errorf("the button of %s signs in as %s", c.role, role)
			}
		}
	}
}

// TestOnlyTheDemosOwnPageSignsIn: no other site, no other name for this address, no unknown role, and no server
// without --demo.
func TestOnlyTheDemosOwnPageSignsIn(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=" + program.DemoURL(t), "SECRET_KEY=" + program.SecretKey(1)}
	demo := program.Serve(t, env, "--demo")
	plain := program.Serve(t, []string{"DATABASE_URL=" + dbtest.URL(t), env[1]})
	proxied := program.Serve(t, append(env, "PUBLIC_URL=https://cho.example.vn"), "--demo")
	press := func(s *program.Server, role string, headers map[string]string) *http.Response {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.Address+"/demo/sign-in/"+role, nil)
		must(t, err)
		for name, value := range headers {
			request.Header.Set(name, value)
		}
		if host := headers["Host"]; host != "" {
			request.Host = host
		}
		answer, err := http.DefaultTransport.RoundTrip(request)
		must(t, err)
		must(t, answer.Body.Close())
		return answer
	}
	own := map[string]string{"Sec-Fetch-Site": "same-origin"}
	if answer := press(demo, "auditor", own); answer.StatusCode != http.StatusSeeOther ||
		answer.Header.Get("Location") != "/district/" || len(answer.Cookies()) != 1 {
		t.Errorf("the own page is answered %d to %q", answer.StatusCode, answer.Header.Get("Location"))
	}
	for name, c := range map[string]struct {
		server  *program.Server
		role    string
		headers map[string]string
		status  int
	}{
		"no proof":        {demo, "auditor", nil, 403},
		"another site":    {demo, "auditor", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		"another origin":  {demo, "auditor", map[string]string{"Origin": "https://example.com"}, 403},
		"another name":    {demo, "auditor", map[string]string{"Sec-Fetch-Site": "same-origin", "Host": "example.com:80"}, 403},
		"a program":       {demo, "integration", own, 404},
		"without --demo":  {plain, "auditor", own, 404},
		"behind a proxy":  {proxied, "auditor", own, 404},
		"unknown as role": {demo, "x", own, 404},
	} {
		if answer := press(c.server, c.role, c.headers); answer.StatusCode != c.status || len(answer.Cookies()) != 0 {
			t.Errorf("%s: %d, want %d", name, answer.StatusCode, c.status)
		}
	}
	if _, page := proxied.Get("/"); strings.Contains(page, "/demo/sign-in") {
		t.Error("a server behind a proxy shows the buttons")
	}
	if _, page := demo.Get(
		"/?lang=en",
	); !strings.Contains(page, `<html lang="en">`) ||
		!strings.Contains(page, "Market board") {
		t.Error("the page is not in English")
	}
}
