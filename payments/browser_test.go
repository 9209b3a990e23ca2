package payments_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// gateway is an operator's SMS gateway: it keeps what it was given.
type gateway struct {
	*httptest.Server
	mu   sync.Mutex
	sent []object
}

func newGateway(t *testing.T) *gateway {
	t.Helper()
	g := &gateway{}
	g.Server = httptest.NewServer(http.HandlerFunc(func(res http.ResponseWriter, req *http.Request) {
		var o object
		if req.Header.Get("Authorization") != "Bearer gateway-token" || json.NewDecoder(req.Body).Decode(&o) != nil {
			res.WriteHeader(http.StatusForbidden)
			return
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		g.sent = append(g.sent, o)
	}))
	t.Cleanup(g.Close)
	return g
}

// codeFor waits for the n-th message and is the code in it.
func (g *gateway) codeFor(t *testing.T, phone string, n int) string {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		g.mu.Lock()
		sent := g.sent
		g.mu.Unlock()
		if len(sent) < n {
			continue
		}
		if to := sent[n-1].text("to"); to != "+84"+phone[1:] {
			t.Fatalf("message %d went to %s", n, to)
		}
		return regexp.MustCompile(`\d{6}`).FindString(sent[n-1].text("text"))
	}
	t.Fatalf("message %d was not sent", n)
	return ""
}

// browser is one on a phone: it keeps cookies and tells where a request comes from.
type browser struct {
	*world
	cookies map[string]string
}

func (w *world) browser() *browser { return &browser{w, map[string]string{}} }

// fetch makes a request and wants a status.
func (b *browser) fetch(method, path string, body any, want int) string {
	b.t.Helper()
	raw, err := json.Marshal(body)
	must(b.t, err)
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.server.URL+path, bytes.NewReader(raw))
	must(b.t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	req.Header.Set("User-Agent", "điện thoại")
	req.Header.Set("Cookie", b.cookie())
	res, err := http.DefaultClient.Do(req)
	must(b.t, err)
	defer res.Body.Close()
	answered, err := io.ReadAll(res.Body)
	must(b.t, err)
	if res.StatusCode != want {
		b.t.Fatalf("%s %s answered %d, want %d: %s", method, path, res.StatusCode, want, answered)
	}
	for _, c := range res.Cookies() {
		if !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
			b.t.Errorf("the cookie is %s", c.Raw)
		}
		if b.cookies[c.Name] = c.Value; c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
	return string(answered)
}

func (b *browser) cookie() string {
	var pairs []string
	for name, value := range b.cookies {
		pairs = append(pairs, name+"="+value)
	}
	return strings.Join(pairs, "; ")
}

func (b *browser) visit(method, path string, body any, want int) object {
	b.t.Helper()
	answered := object{}
	if text := b.fetch(method, path, body, want); text != "" {
		must(b.t, json.Unmarshal([]byte(text), &answered))
	}
	return answered
}

// refuse wants a refusal with its status and code.
func (b *browser) refuse(method, path string, body any, status int, code string) {
	b.t.Helper()
	if o := b.visit(method, path, body, status); o.text("code") != code {
		b.t.Errorf("%s %s was refused as %q, want %q", method, path, o.text("code"), code)
	}
}

// signInByPhone comes in by the n-th message, a minute after the one before.
func (b *browser) signInByPhone(phone string, n int) {
	b.t.Helper()
	_, err := b.db.Pool.Exec(b.t.Context(), `UPDATE phone_codes SET sent_at = sent_at - interval '1 minute'`)
	must(b.t, err)
	b.visit("POST", "/api/v1/phone-codes", object{"phone": phone}, 202)
	in := b.visit("POST", "/api/v1/phone-sessions", object{"phone": phone, "code": b.sms.codeFor(b.t, phone, n)}, 201)
	if in.text("method") != "phone" || b.cookies["__Host-m40"] == "" {
		b.t.Fatalf("signed in as %v with %v", in, b.cookies)
	}
}

// try makes a request and says how it was answered.
func (b *browser) try(method, path string, body any) (int, object) {
	b.t.Helper()
	raw, err := json.Marshal(body)
	must(b.t, err)
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.server.URL+path, bytes.NewReader(raw))
	must(b.t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	req.Header.Set("Cookie", b.cookie())
	res, err := http.DefaultClient.Do(req)
	must(b.t, err)
	defer res.Body.Close()
	var o object
	_ = json.NewDecoder(res.Body).Decode(&o)
	return res.StatusCode, o
}
