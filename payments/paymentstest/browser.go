package paymentstest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"market40/migrations/database/worldtest"
)

// SMSGateway is an operator's SMS gateway: it stores the messages that it receives.
type SMSGateway struct {
	*httptest.Server
	mu   sync.Mutex
	sent []object
}

func newSMSGateway(t testing.TB) *SMSGateway {
	t.Helper()
	g := &SMSGateway{}
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

// codeFor waits for the n-th message and returns the code in it.
func (g *SMSGateway) codeFor(t testing.TB, phone string, n int) string {
	t.Helper()
	for deadline := time.Now().Add(worldtest.Patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		g.mu.Lock()
		sent := g.sent
		g.mu.Unlock()
		if len(sent) < n {
			continue
		}
		if to := sent[n-1].Text("to"); to != "+84"+phone[1:] {
			t.Fatalf("message %d went to %s", n, to)
		}
		return regexp.MustCompile(`\d{6}`).FindString(sent[n-1].Text("text"))
	}
	t.Fatalf("message %d was not sent", n)
	return ""
}

// Browser is a phone's browser: it stores cookies and sends the origin of a request.
type Browser struct {
	*World
	Cookies map[string]string
}

// OpenBrowser returns a browser without a session.
func (w *World) OpenBrowser() *Browser { return &Browser{w, map[string]string{}} }

// send sends a request with the browser's cookies and stores those of the answer.
func (b *Browser) send(method, path string, body any) *httptest.ResponseRecorder {
	b.T.Helper()
	answer := b.Send("", method, path, body, "Sec-Fetch-Site", "same-origin", "User-Agent", "điện thoại", "Cookie",
		b.Cookie())
	for _, c := range answer.Result().Cookies() {
		if !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
			b.T.Errorf("the cookie is %s", c.Raw)
		}
		if b.Cookies[c.Name] = c.Value; c.MaxAge < 0 {
			delete(b.Cookies, c.Name)
		}
	}
	return answer
}

// Fetch sends a request, checks the status, and returns the body.
func (b *Browser) Fetch(method, path string, body any, want int) string {
	b.T.Helper()
	answer := b.send(method, path, body)
	if answer.Code != want {
		b.T.Fatalf("%s %s answered %d, want %d: %s", method, path, answer.Code, want, answer.Body)
	}
	return answer.Body.String()
}

// Cookie returns what the browser sends as its cookies.
func (b *Browser) Cookie() string {
	var pairs []string
	for name, value := range b.Cookies {
		pairs = append(pairs, name+"="+value)
	}
	return strings.Join(pairs, "; ")
}

// Visit sends a request, checks the status, and returns the decoded answer.
func (b *Browser) Visit(method, path string, body any, want int) object {
	b.T.Helper()
	answered := object{}
	if text := b.Fetch(method, path, body, want); text != "" {
		must(b.T, json.Unmarshal([]byte(text), &answered))
	}
	return answered
}

// Refuse sends a request and checks that it is refused with a status and code.
func (b *Browser) Refuse(method, path string, body any, status int, code string) {
	b.T.Helper()
	if o := b.Visit(method, path, body, status); o.Text("code") != code {
		b.T.Errorf("%s %s was refused as %q, want %q", method, path, o.Text("code"), code)
	}
}

// SignInByPhone signs in with the code of the n-th message, a minute after the previous one.
func (b *Browser) SignInByPhone(phone string, n int) {
	b.T.Helper()
	b.Exec(`UPDATE phone_codes SET sent_at = sent_at - interval '1 minute'`)
	b.Visit("POST", "/api/v1/phone-codes", object{"phone": phone}, 202)
	in := b.Visit("POST", "/api/v1/phone-sessions", object{"phone": phone, "code": b.SMS.codeFor(b.T, phone, n)}, 201)
	if in.Text("method") != "phone" || b.Cookies["__Host-m40"] == "" {
		b.T.Fatalf("signed in as %v with %v", in, b.Cookies)
	}
}

// Try sends a request and returns the status and the answer.
func (b *Browser) Try(method, path string, body any) (int, object) {
	b.T.Helper()
	answer := b.send(method, path, body)
	return answer.Code, worldtest.Decode(answer)
}
