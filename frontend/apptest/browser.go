// Package apptest opens pages of the running program in Chromium, for tests.
package apptest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"

	"market40/frontend/apptest/program"
)

// AmbiguousAmounts are amounts with more than one meaning. Every field refuses them with a
// sentence.
var AmbiguousAmounts = []string{"45,5", "45.00", "1.5tr", "４５０００", "45 00"}

// A test binary has at most one process of each browser, which ends with it.
var (
	// shell is Chromium without windows, which needs half the time of the whole one.
	shell = sync.OnceValues(func() (context.Context, error) { return open("chromium-headless-shell") })
	// whole also shows notifications.
	whole   = sync.OnceValues(func() (context.Context, error) { return open("chromium") })
	opening sync.Mutex
	// ends end the browsers that were opened.
	ends []context.CancelFunc
)

// open starts a browser.
func open(file string) (context.Context, error) {
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(file), chromedp.NoSandbox,
		chromedp.Flag("accept-lang", "vi-VN,vi"), chromedp.Flag("lang", "vi"))
	ctx, endProcess := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, end := chromedp.NewContext(ctx)
	opening.Lock()
	ends = append(ends, end, endProcess)
	opening.Unlock()
	_, err := chromedp.Run(ctx, chromedp.Evaluate[int](`0`))
	return ctx, err
}

// RunTests runs the tests of a package that opens pages. TestMain calls it.
func RunTests(m *testing.M) {
	program.RunTests(m, func() {
		for _, end := range ends {
			end()
		}
	})
}

// Browse opens a tab with a screen of some width in CSS pixels. It shares nothing with other tabs but
// the process: its cookies and its storage are its own.
func Browse(t *testing.T, width int64) context.Context {
	t.Helper()
	return newTab(t, shell, width, 5*time.Minute)
}

// BrowseFor opens a tab that may stay open for longer than five minutes.
func BrowseFor(t *testing.T, width int64, limit time.Duration) context.Context {
	t.Helper()
	return newTab(t, shell, width, limit)
}

// BrowseWhole opens a tab of the whole browser, which shows notifications.
func BrowseWhole(t *testing.T, width int64) context.Context {
	t.Helper()
	return newTab(t, whole, width, 5*time.Minute)
}

func newTab(t *testing.T, browser func() (context.Context, error), width int64, limit time.Duration) context.Context {
	t.Helper()
	ctx, err := browser()
	program.Must(t, err)
	ctx, end := chromedp.NewContext(ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(end)
	ctx, end = context.WithTimeout(ctx, limit)
	t.Cleanup(end)
	program.Must(t, chromedp.Do(ctx, chromedp.EmulateViewport(width, 900)))
	return ctx
}

// Permit sets a permission of a tab's pages (Permissions, W3C): "notifications", "geolocation".
func Permit(t *testing.T, tab context.Context, name string, setting browser.PermissionSetting) {
	t.Helper()
	_, err := chromedp.Call(tab, browser.SetPermission, browser.SetPermissionParams{
		Permission: &browser.PermissionDescriptor{Name: name}, Setting: setting,
		BrowserContextID: chromedp.FromContext(tab).BrowserContextID,
	})
	program.Must(t, err)
}

// CheckFits fails the test if a part of the page is outside of the screen. It writes a picture into
// the folder SHOTS if that is set.
func CheckFits(t *testing.T, tab context.Context, name string) {
	t.Helper()
	if folder := os.Getenv("SHOTS"); folder != "" {
		picture, err := chromedp.Run(tab, chromedp.FullScreenshot(100))
		program.Must(t, err)
		program.Must(t, os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o600))
	}
	wide, err := chromedp.Run(tab,
		chromedp.Evaluate[[]string](
			`[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 60))`,
		))
	program.Must(t, err)
	if len(wide) > 0 {
		t.Errorf("wider than the screen: %s", strings.Join(wide, "; "))
	}
}

// CheckWireSize fails the test if the page has received more than so many bytes since it was opened:
// of the page, its parts and its calls, with their headers, as they travelled.
func CheckWireSize(t *testing.T, tab context.Context, limit int) {
	t.Helper()
	loaded, err := chromedp.Run(tab, chromedp.Evaluate[map[string]int](
		`Object.fromEntries(performance.getEntries().filter((e) => e.transferSize > 0).map((e) => [e.name, e.transferSize]))`,
	))
	program.Must(t, err)
	total := 0
	for _, size := range loaded {
		total += size
	}
	t.Logf("%d bytes: %v", total, loaded)
	if total > limit || len(loaded) == 0 {
		t.Errorf("the first screen takes %d bytes, more than %d", total, limit)
	}
}

// Until waits until a JavaScript condition is true on the page.
func Until(t *testing.T, tab context.Context, condition string) {
	t.Helper()
	ctx, end := context.WithTimeout(tab, program.Patience)
	defer end()
	poll := chromedp.Poll[bool](condition, chromedp.WithPollingInterval(program.PollInterval),
		chromedp.WithPollingTimeout(program.Patience))
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

// CheckPage checks a page in both languages by CheckFits and CheckAccessible.
func CheckPage(t *testing.T, tab context.Context, address, name string, width int64) {
	t.Helper()
	for _, language := range []string{"en", "vi"} { // left in Vietnamese
		program.Must(t, chromedp.Do(tab, chromedp.Navigate(address+"?lang="+language)))
		Until(t, tab, fmt.Sprintf(`document.readyState === 'complete' && document.documentElement.lang === %q`,
			language))
		ending := map[string]string{"en": "-en", "vi": ""}[language]
		CheckFits(t, tab, fmt.Sprintf("%s%s-%d", name, ending, width))
		CheckAccessible(t, tab, name+ending)
	}
}

// CheckAccessible fails the test for each violation that axe-core finds on the page.
func CheckAccessible(t *testing.T, tab context.Context, name string) {
	t.Helper()
	// loaded by an earlier check of this page
	there, err := chromedp.Run(tab, chromedp.Evaluate[bool](`window.axe !== undefined`))
	program.Must(t, err)
	if !there {
		axe, err := os.ReadFile("../../node_modules/axe-core/axe.min.js")
		program.Must(t, err)
		_, err = chromedp.Run(tab, chromedp.Evaluate[any](string(axe)+"; 0"))
		program.Must(t, err)
	}
	found, err := chromedp.Run(tab,
		chromedp.Evaluate[string](
			`axe.run(document, { resultTypes: ['violations'] }).then((r) => JSON.stringify(r.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.html).slice(0, 3).join(' '))))`,
			chromedp.EvalAwaitPromise,
		))
	program.Must(t, err)
	var violations []string
	program.Must(t, json.Unmarshal([]byte(found), &violations))
	for _, v := range violations {
		t.Errorf("%s: axe finds %s", name, v)
	}
}
