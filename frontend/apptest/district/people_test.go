package district_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"

	"market40/frontend/apptest/program"
)

// TestTheDistrictsPeople lets the people of one province work at one server, each at their own
// desk.
func TestTheDistrictsPeople(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	for i, desk := range []struct {
		name string
		work func(*office)
	}{
		{"the province runs its programme", theProgramme},
		{"a board runs its market", theBoard},
		{"a team records what it sees", theField},
		{"what is refused is said", checkRefusals},
	} {
		t.Run(desk.name, func(t *testing.T) {
			t.Parallel()
			desk.work(o.in(t, i))
		})
	}
}

// TestTwoOfficesAgreeOnAMonth at a server of their own: what they freeze is all that the province
// knows of a month, which no other test may change meanwhile.
func TestTwoOfficesAgreeOnAMonth(t *testing.T) {
	t.Parallel()
	twoOffices(openOffice(t))
}

// in is the office as one subtest sees it: what fails there fails there, and its n-th thousand of
// transfers is its own.
func (o *office) in(t *testing.T, n int) *office {
	return &office{
		Server: &program.Server{T: t, Address: o.Address, Log: o.Log}, env: o.env, admin: o.admin, hook: o.hook,
		markets: o.markets, codes: o.codes, sent: o.sent + 1000*(n+1),
	}
}

// expectQuestion calls the API from the page, with the session of its user.
func (v *official) expectQuestion(method, path string, body object) (int, object) {
	v.T.Helper()
	raw, err := json.Marshal(body)
	must(v.T, err)
	said, err := chromedp.Run(v.tab, chromedp.Evaluate[string](fmt.Sprintf(
		`fetch(%q, { method: %q, body: %q === 'null' ? undefined : %q, headers: { 'Content-Type': 'application/json', 'Accept-Language': 'vi' } }).then(async (r) => JSON.stringify({ status: r.status, body: await r.json().catch(() => null) }))`,
		path,
		method,
		raw,
		raw,
	), chromedp.EvalAwaitPromise))
	must(v.T, err)
	var answer struct {
		Status int
		Body   object
	}
	must(v.T, json.Unmarshal([]byte(said), &answer))
	return answer.Status, answer.Body
}

// follow clicks the link that says something.
func (v *official) follow(label string) {
	v.T.Helper()
	v.until(
		fmt.Sprintf(
			`(() => { const a = [...document.querySelectorAll('main a')].find((a) => a.textContent.trim().startsWith(%q)); a?.click(); return !!a; })()`,
			label,
		),
	)
}

// expectText waits until the page says something somewhere.
func (v *official) expectText(selector, text string) {
	v.T.Helper()
	v.until(
		fmt.Sprintf(
			`[...document.querySelectorAll(%q)].some((e) => e.textContent.replace(/\s+/g, ' ').includes(%q))`,
			selector,
			text,
		),
	)
}

// shelf is a folder where a browser's downloads land.
type shelf struct {
	v      *official
	folder string
	mu     sync.Mutex
	names  map[string]string // of downloads that were begun
	landed chan string
}

// shelve lets a browser save what it downloads.
func (v *official) shelve() *shelf {
	v.T.Helper()
	s := &shelf{v: v, folder: v.T.TempDir(), names: map[string]string{}, landed: make(chan string, 16)}
	must(v.T, chromedp.ListenBrowser(v.tab, func(ev any) {
		s.mu.Lock()
		defer s.mu.Unlock()
		switch e := ev.(type) {
		case *browser.EventDownloadWillBegin:
			s.names[e.GUID] = e.SuggestedFilename
		case *browser.EventDownloadProgress:
			name := s.names[e.GUID]
			_, err := os.Stat(filepath.Join(s.folder, name)) // downloads of other tabs are elsewhere
			if e.State == browser.DownloadProgressStateCompleted && err == nil {
				s.landed <- name
			}
		}
	}))
	enabled := true
	_, err := chromedp.CallBrowser(v.tab, browser.SetDownloadBehavior,
		browser.SetDownloadBehaviorParams{
			Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: s.folder,
			EventsEnabled: &enabled, BrowserContextID: chromedp.FromContext(v.tab).BrowserContextID,
		})
	must(v.T, err)
	return s
}

// next is where the next download landed.
func (s *shelf) next() string {
	s.v.T.Helper()
	ctx, end := context.WithTimeout(s.v.tab, program.Patience)
	defer end()
	select {
	case name := <-s.landed:
		return filepath.Join(s.folder, name)
	case <-ctx.Done():
		shown, _ := chromedp.Run(s.v.tab, chromedp.Text("main"))
		s.v.T.Fatalf("nothing was downloaded: %v\n%s", ctx.Err(), shown)
		return ""
	}
}

// lies is what lies in the folder.
func (s *shelf) lies() (names []string) {
	entries, err := os.ReadDir(s.folder)
	must(s.v.T, err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
