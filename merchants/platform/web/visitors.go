package web

import (
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"market40/merchants/platform/problem"
)

// maxDevice is how much of a browser's User-Agent is stored, in bytes.
const maxDevice = 200

// Visitor is where a request comes from; embed it in a huma input, which looks into exported types
// only.
type Visitor struct {
	Device  string // what the browser calls itself
	Address string // without a port
	Host    string // of this server, as the visitor wrote it
	Foreign bool   // a browser made the request for another site
}

// Resolve reads from the request what its body does not contain.
func (v *Visitor) Resolve(ctx huma.Context) []error {
	*v = findVisitor(ctx.Header, ctx.Host(), ctx.RemoteAddr())
	return nil
}

// VisitorOf returns where a plain request comes from.
func VisitorOf(r *http.Request) Visitor { return findVisitor(r.Header.Get, r.Host, r.RemoteAddr) }

func findVisitor(header func(string) string, host, remote string) Visitor {
	device := header("User-Agent")
	v := Visitor{Device: strings.ToValidUTF8(device[:min(len(device), maxDevice)], ""), Host: host}
	if at, err := netip.ParseAddrPort(remote); err == nil {
		v.Address = at.Addr().Unmap().String()
	}
	fromBrowser := header("Sec-Fetch-Site") != "" || header("Origin") != ""
	v.Foreign = fromBrowser && !SameOrigin(header, host)
	return v
}

// SameOrigin reports whether a browser proves that this server's own page made a request: by Fetch
// Metadata (W3C), or in older browsers by the Origin header.
func SameOrigin(header func(string) string, host string) bool {
	if site := header("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	_, from, found := strings.Cut(header("Origin"), "://")
	return found && from == host
}

// CrossOrigin returns the refusal of a request that another site's page caused.
func CrossOrigin() error {
	return problem.New(problem.Forbidden, "cross_origin", "Yêu cầu không đến từ trang của hệ thống.",
		"The request does not come from this system's own pages.")
}

// Site is how people reach this server.
type Site struct {
	PublicURL string // empty: at the address it listens on
	Cookies   bool   // people come over https or loopback, so that browsers store a Secure cookie
}

// Origin returns the address of this server for people. Without PUBLIC_URL it is a developer's, on
// loopback.
func (s Site) Origin(host string) string {
	if s.PublicURL != "" {
		return s.PublicURL
	}
	return "http://" + host
}

// AllowSignIn refuses visitors that another site sends, and everyone where a session's cookie would
// travel unencrypted.
func (s Site) AllowSignIn(v Visitor) error {
	if v.Foreign {
		return CrossOrigin()
	}
	if !s.Cookies {
		return problem.New(
			problem.Forbidden,
			"plain_http",
			"Không thể đăng nhập qua http không mã hóa. Hãy đặt PUBLIC_URL là địa chỉ https của máy chủ.",
			"Signing in over unencrypted http is not possible. Set PUBLIC_URL to the server's https address.",
		)
	}
	return nil
}

// NewCookie returns a cookie that only this host over https may set, and that no script reads. A
// negative lifetime deletes it.
func NewCookie(name, value string, lasts time.Duration) http.Cookie {
	age := int(lasts.Seconds())
	if lasts < 0 {
		age = -1
	}
	return http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: age, Secure: true, HttpOnly: true,
		SameSite: http.SameSiteLaxMode,
	}
}
