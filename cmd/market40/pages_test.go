package main_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"market40/merchants/platform/bizday"
	"market40/merchants/vietqr"
)

// browse is a tab of a real browser of a screen's width in CSS pixels.
func browse(t *testing.T, width int64) context.Context {
	t.Helper()
	return browseFor(t, width, 5*time.Minute)
}

// browseFor is a tab for who stays longer.
func browseFor(t *testing.T, width int64, limit time.Duration) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath("chromium"), chromedp.NoSandbox,
		chromedp.Flag("accept-lang", "vi-VN,vi"), chromedp.Flag("lang", "vi"))
	ctx, end := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(end)
	ctx, end = chromedp.NewContext(ctx)
	t.Cleanup(end)
	ctx, end = context.WithTimeout(ctx, limit)
	t.Cleanup(end)
	must(t, chromedp.Do(ctx, chromedp.EmulateViewport(width, 900)))
	return ctx
}

// fits says that nothing of the page stands outside of the screen. With SHOTS it leaves a picture
// there, to look at.
func fits(t *testing.T, tab context.Context, name string) {
	t.Helper()
	if folder := os.Getenv("SHOTS"); folder != "" {
		picture, err := chromedp.Run(tab, chromedp.FullScreenshot(100))
		must(t, err)
		must(t, os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o600))
	}
	wide, err := chromedp.Run(tab,
		chromedp.Evaluate[[]string](
			`[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 60))`,
		))
	must(t, err)
	if len(wide) > 0 {
		t.Errorf("wider than the screen: %s", strings.Join(wide, "; "))
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=" + demoURL(t), "SECRET_KEY=" + someSecret(1)}
	s := serve(t, env, "--demo")
	key := "Bearer " + demoKeys(t, s)["admin"]
	hook := s.ask(key, "POST", "/api/v1/bank-connections", object{
		"provider": "sepay", "name": "browser", "secrets": object{"api_key": strings.TrimPrefix(sepayKey, "Apikey ")},
	}, 201).text("webhook_path")
	code, _ := s.ask(key, "GET", "/api/v1/codes?state=current&limit=1", nil, 200).items()[0].(map[string]any)
	_, payload := s.get("/q/" + object(code).text("code") + ".txt")
	printed, err := vietqr.Decode(strings.TrimSpace(payload))
	must(t, err)
	pay := func(id int, amount int) {
		s.ask(sepayKey, "POST", hook, object{
			"id": id, "gateway": "", "transactionDate": time.Now().In(bizday.Vietnam).Format(
				time.DateTime),
			"accountNumber": printed.Account, "code": nil, "content": object(code).text("code"), "transferType": "in",
			"transferAmount": amount,
			"accumulated":    0, "subAccount": nil, "referenceCode": fmt.Sprintf("FT26324%09d", id), "description": "",
		}, 200)
	}
	for _, width := range []int64{360, 1440} {
		pay(int(width/400)*2+1, 12000)
		tab := browse(t, width)
		must(t, chromedp.Do(tab, chromedp.Navigate(s.address+"/?stall="+object(code).text("stall_id")),
			chromedp.WaitVisible(`#state`)))
		until(t, tab, `document.getElementById('state').textContent.includes('trực tiếp')`)
		fits(t, tab, fmt.Sprintf("start-%d", width))
		clean(t, tab, "start")
		must(t, chromedp.Do(tab, chromedp.WaitVisible(`table`)))
		// who signed in nowhere is told no count of a market
		until(
			t,
			tab,
			`document.querySelectorAll('main table thead th').length === 2 && !document.querySelector('main table').textContent.includes('%')`,
		)
		pay(int(width/400)*2+2, 45000)
		until(t, tab, `document.querySelector('#payments li b').textContent === '45.000 đ'`)
		until(
			t,
			tab,
			`[...document.querySelectorAll('#payments li')].every((li, i, all) => i === 0 || new Date(all[i - 1].dataset.at) >= new Date(li.dataset.at))`,
		)
		for _, page := range []string{"/docs", "/docs/columns", "/q/" + object(code).text("code")} {
			// WaitVisible hangs on a page of thousands of elements
			must(t, chromedp.Do(tab, chromedp.Navigate(s.address+page)))
			until(t, tab, `document.querySelector('h1') !== null`)
			fits(t, tab, fmt.Sprintf("%s-%d", strings.ReplaceAll(strings.Trim(page[:min(len(page), 13)], "/"), "/",
				"-"), width))
			clean(t, tab, page)
		}
	}
}

// betweenLooks is the time between two looks at a page: one at every frame would keep the machine
// busy with looking.
const betweenLooks = 50 * time.Millisecond

// until waits for what a page must come to show.
func until(t *testing.T, tab context.Context, condition string) {
	t.Helper()
	ctx, end := context.WithTimeout(tab, patience)
	defer end()
	poll := chromedp.Poll[bool](condition, chromedp.WithPollingInterval(betweenLooks),
		chromedp.WithPollingTimeout(patience))
	_, err := chromedp.Run(ctx, poll)
	for err != nil && ctx.Err() == nil { // the page was left for another while it was looked at
		_, err = chromedp.Run(ctx, poll)
	}
	if err != nil {
		shown, _ := chromedp.Run(tab,
			chromedp.Evaluate[string](`document.body.innerText + '\nheard: ' + (window.heard ?? []).join(' | ')`))
		t.Fatalf("%s never came true: %v\n%s", condition, err, shown)
	}
}

// TestBrowserKeepsTheSession: browsers count loopback as safe, so the Secure cookie lasts over http
// there.
func TestBrowserKeepsTheSession(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=" + demoURL(t), "SECRET_KEY=" + someSecret(1)}
	s := serve(t, env, "--demo")
	found := regexp.MustCompile(`demo\.auditor +(\S+)  (\S+)`).FindStringSubmatch(strings.Join(s.told, "\n"))
	if found == nil {
		t.Fatalf("no sign-in is printed: %v", s.told)
	}
	tab := browse(t, 360)
	must(t, chromedp.Do(tab, chromedp.Navigate(s.address+"/docs"), chromedp.WaitVisible("h1")))
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
		{"POST", "/api/v1/sessions", object{"login": "demo.auditor", "password": found[1], "code": secondFactor(t,
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
