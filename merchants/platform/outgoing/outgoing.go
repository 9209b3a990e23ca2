// Package outgoing makes the calls to addresses that a person entered: a webhook out, a push
// endpoint, an identity provider, an SMS gateway. Such a call reaches public addresses only, or
// those that the operator allows, never other hosts of the internal network.
package outgoing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"syscall"
	"time"
)

// The limits of a call.
const (
	MaxAnswer    = 1 << 20          // bytes of an answer's body, unpacked
	within       = 10 * time.Second // from dialling to the body's end
	maxHeader    = 64 << 10         // bytes of an answer's headers
	dialWithin   = 5 * time.Second
	maxRedirects = 3 // each on the same host
)

// What a call is refused for; errors.Is finds them in what the client returns.
var (
	ErrAddress  = errors.New("the address is not a public one, nor allowed by OUTGOING_ALLOW")
	ErrURL      = errors.New("the address must be https://host…, without a user")
	ErrRedirect = errors.New("the answer is a redirect")
	ErrTooLarge = errors.New("the answer is too large")
)

// NewClient calls https addresses on public hosts, and the allowed ones, plain http included. The
// address that is dialled is the one that is judged, so a name that resolves to another one later
// gains nothing. Redirects lead to the same host only. No proxy of the environment is used: it
// would dial for us, unjudged. Give what an outsider named (a browser's push endpoint) the zero
// Allow: the operator's inner hosts are for what the operator names.
func NewClient(a Allow) *http.Client { return newClient(a, nil) }

func newClient(a Allow, names *net.Resolver) *http.Client {
	free := &net.Dialer{Timeout: dialWithin, Resolver: names}
	judged := &net.Dialer{Timeout: dialWithin, Resolver: names, Control: func(_, address string,
		_ syscall.RawConn,
	) error {
		return a.checkAddress(address)
	}}
	transport := &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if host, _, err := net.SplitHostPort(address); err == nil && a.names(host) {
				return free.DialContext(ctx, network, address)
			}
			return judged.DialContext(ctx, network, address)
		},
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    dialWithin,
		ResponseHeaderTimeout:  within,
		MaxResponseHeaderBytes: maxHeader,
		MaxConnsPerHost:        16,
		MaxIdleConns:           64,
		IdleConnTimeout:        30 * time.Second,
	}
	return &http.Client{Transport: &guarded{a, transport}, CheckRedirect: sameHost, Timeout: within}
}

// guarded refuses a request before it is made, and cuts its answer.
type guarded struct {
	allow Allow
	next  *http.Transport
}

// RoundTrip implements http.RoundTripper.
func (g *guarded) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := g.allow.check(r.URL); err != nil {
		return nil, err
	}
	res, err := g.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	res.Body = &bounded{res.Body, MaxAnswer}
	return res, nil
}

// CloseIdleConnections closes idle connections; http.Client.CloseIdleConnections calls it.
func (g *guarded) CloseIdleConnections() { g.next.CloseIdleConnections() }

func sameHost(next *http.Request, before []*http.Request) error {
	first := before[0].URL
	if len(before) > maxRedirects || next.URL.Scheme != first.Scheme || next.URL.Host != first.Host {
		return ErrRedirect
	}
	return nil
}

// bounded is a body that may be read to a number of bytes; past them it is an error, never a silent
// end.
type bounded struct {
	io.ReadCloser
	left int
}

func (b *bounded) Read(p []byte) (int, error) {
	if len(p) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if b.left -= n; b.left < 0 {
		return 0, ErrTooLarge
	}
	return n, err
}

// Check reports at once whether an entered address may be called at all; where its name leads is
// judged at each call. Its errors are ErrURL and ErrAddress.
func (a Allow) Check(text string) error {
	u, err := url.Parse(text)
	if err != nil {
		return ErrURL // err would quote what was entered, a password too
	}
	return a.check(u)
}

func (a Allow) check(u *url.URL) error {
	host := u.Hostname()
	if host == "" || u.User != nil || u.Opaque != "" {
		return ErrURL
	}
	inner := a.names(host)
	if u.Scheme != "https" && (u.Scheme != "http" || !inner) {
		return ErrURL
	}
	if _, err := parseAddress(host); err == nil && !inner {
		return a.checkAddress(net.JoinHostPort(host, "443"))
	}
	return nil
}

// checkAddress returns nil for an address and port that may be dialled.
func (a Allow) checkAddress(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrAddress, err)
	}
	ip, err := parseAddress(host)
	if err != nil || !isPublic(ip) && !a.contains(ip) {
		return ErrAddress
	}
	return nil
}
