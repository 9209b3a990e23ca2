package pages_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"market40/frontend/apptest"
	"market40/frontend/apptest/program"
	"market40/merchants/platform/bizday"
	"market40/merchants/vietqr"
)

func TestPages(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=" + program.DemoURL(t), "SECRET_KEY=" + program.SecretKey(1)}
	s := program.Serve(t, env, "--demo")
	key := "Bearer " + program.DemoKeys(t, s)["admin"]
	hook := s.CallAs(key, "POST", "/api/v1/bank-connections", object{
		"provider": "sepay",
		"name":     "browser",
		"secrets":  object{"api_key": strings.TrimPrefix(program.SepayKey, "Apikey ")},
	}, 201).Text("webhook_path")
	code, _ := s.CallAs(key, "GET", "/api/v1/codes?state=current&limit=1", nil, 200).Items()[0].(map[string]any)
	_, payload := s.Get("/q/" + object(code).Text("code") + ".txt")
	printed, err := vietqr.Decode(strings.TrimSpace(payload))
	must(t, err)
	pay := func(id int, amount int) {
		s.CallAs(program.SepayKey, "POST", hook, object{
			"id": id, "gateway": "", "transactionDate": time.Now().In(bizday.Vietnam).Format(
				time.DateTime),
			"accountNumber": printed.Account, "code": nil, "content": object(code).Text("code"), "transferType": "in",
			"transferAmount": amount,
			"accumulated":    0, "subAccount": nil, "referenceCode": fmt.Sprintf("FT26324%09d", id), "description": "",
		}, 200)
	}
	for _, width := range []int64{360, 1440} {
		pay(int(width/400)*2+1, 12000)
		tab := apptest.Browse(t, width)
		must(t, chromedp.Do(tab, chromedp.Navigate(s.Address+"/?stall="+object(code).Text("stall_id")),
			chromedp.WaitVisible(`#state`)))
		apptest.Until(t, tab, `document.getElementById('state').textContent.includes('trực tiếp')`)
		apptest.CheckFits(t, tab, fmt.Sprintf("start-%d", width))
		apptest.CheckAccessible(t, tab, "start")
		must(t, chromedp.Do(tab, chromedp.WaitVisible(`table`)))
		// without a sign-in no count of a market is shown
		apptest.Until(
			t,
			tab,
			`document.querySelectorAll('main table thead th').length === 2 && !document.querySelector('main table').textContent.includes('%')`,
		)
		pay(int(width/400)*2+2, 45000)
		apptest.Until(t, tab, `document.querySelector('#payments li b').textContent === '45.000 đ'`)
		apptest.Until(
			t,
			tab,
			`[...document.querySelectorAll('#payments li')].every((li, i, all) => i === 0 || new Date(all[i - 1].dataset.at) >= new Date(li.dataset.at))`,
		)
		for _, page := range []string{"/docs", "/docs/columns", "/q/" + object(code).Text("code")} {
			// WaitVisible hangs on a page of thousands of elements
			must(t, chromedp.Do(tab, chromedp.Navigate(s.Address+page)))
			apptest.Until(t, tab, `document.querySelector('h1') !== null`)
			apptest.CheckFits(
				t,
				tab,
				fmt.Sprintf("%s-%d", strings.ReplaceAll(strings.Trim(page[:min(len(page), 13)], "/"), "/",
					"-"), width),
			)
			apptest.CheckAccessible(t, tab, page)
		}
	}
}

// TestBrowserStoresTheSession: browsers count loopback as safe, so the Secure cookie lasts over http
// there.
func TestBrowserStoresTheSession(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=" + program.DemoURL(t), "SECRET_KEY=" + program.SecretKey(1)}
	s := program.Serve(t, env, "--demo")
	found := regexp.MustCompile(`demo\.auditor +(\S+)  (\S+)`).FindStringSubmatch(strings.Join(s.Printed, "\n"))
	if found == nil {
		t.Fatalf("no sign-in is printed: %v", s.Printed)
	}
	tab := apptest.Browse(t, 360)
	must(t, chromedp.Do(tab, chromedp.Navigate(s.Address+"/docs"), chromedp.WaitVisible("h1")))
	ask := func(method, path string, body object) float64 {
		raw, err := json.Marshal(body)
		must(t, err)
		status, err := chromedp.Run(tab, chromedp.Evaluate[float64](fmt.Sprintf(
			`fetch(%q, {method: %q, body: %q === 'null' ? undefined : %q, headers: {'Content-Type': 'application/json'}}).then(r => r.status)`,
			path,
			method,
			raw,
			raw,
		),
			chromedp.EvalAwaitPromise))
		must(t, err)
		return status
	}
	for _, step := range []struct {
		method, path string
		body         object
		want         float64
	}{
		{"GET", "/api/v1/me", nil, 401},
		{"POST", "/api/v1/sessions", object{"login": "demo.auditor", "password": found[1], "code": program.SecondFactor(t,
			found[2])}, 201},
		{"GET", "/api/v1/me", nil, 200},
		{"DELETE", "/api/v1/sessions/current", nil, 204},
		{"GET", "/api/v1/me", nil, 401},
	} {
		if got := ask(step.method, step.path, step.body); got != step.want {
			t.Errorf("%s %s: %v, want %v", step.method, step.path, got, step.want)
		}
	}
}
