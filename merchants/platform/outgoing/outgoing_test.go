package outgoing_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"market40/merchants/platform/outgoing"
)

// startInner is a server on loopback, like other services of the host, and a client that knows its authority
// and asks names of dns.
func startInner(t *testing.T, allow string, dns *resolver, handle http.HandlerFunc) (*httptest.Server, *http.Client) {
	t.Helper()
	s := httptest.NewTLSServer(handle)
	t.Cleanup(s.Close)
	authority := x509.NewCertPool()
	authority.AddCert(s.Certificate())
	a, err := outgoing.ParseAllow(allow)
	if err != nil {
		t.Fatal(err)
	}
	c := outgoing.ClientOf(a, dns.start(t), authority)
	t.Cleanup(c.CloseIdleConnections)
	return s, c
}

func get(t *testing.T, c *http.Client, address string) (string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return string(body), err
}

// resolver answers every name, in turn, with the next of its addresses, and stays with the last.
type resolver struct {
	addresses []string
	asked     atomic.Int64
}

// start serves DNS (RFC 1035) on loopback: each answer holds one address, type A.
func (r *resolver) start(t *testing.T) *net.Resolver {
	t.Helper()
	if r == nil {
		return nil
	}
	at, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { at.Close() })
	go func() {
		for packet := make([]byte, 512); ; {
			n, from, err := at.ReadFrom(packet)
			if err != nil {
				return
			}
			_, _ = at.WriteTo(r.answer(packet[:n]), from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", at.LocalAddr().String())
	}}
}

func (r *resolver) answer(asked []byte) []byte {
	end := 12
	for asked[end] != 0 {
		end += int(asked[end]) + 1
	}
	end += 5
	answer := append([]byte{asked[0], asked[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, asked[12:end]...)
	if asked[end-3] != 1 { // no type A: there is none
		return answer
	}
	i := min(int(r.asked.Add(1)), len(r.addresses)) - 1
	ip := netip.MustParseAddr(r.addresses[i]).As4()
	answer[7] = 1
	return append(append(answer, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4), ip[:]...)
}

func TestOnlyPublicHostsAreCalled(t *testing.T) {
	t.Parallel()
	for _, host := range []string{
		"127.0.0.1", "127.9.9.9", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254",
		"198.18.0.1",
		"224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1", "203.0.113.5",
		"[::]", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:169.254.169.254]", "[::127.0.0.1]", "[64:ff9b::7f00:1]",
		"[64:ff9b:1::a9fe:a9fe]",
		"[2002:7f00:1::]", "[2001:0:7f00:1::]", "[fe80::1]", "[fe80::1%25lo]", "[fc00::1]", "[fd00:ec2::254]",
		"[ff02::1]", "[2001:db8::1]", "[100::1]",
	} {
		if _, err := get(t, outgoing.NewClient(outgoing.Allow{}), "https://"+host+"/"); !errors.Is(err,
			outgoing.ErrAddress) {
			t.Errorf("%s: %v", host, err)
		}
		if err := (outgoing.Allow{}).Check("https://" + host + ":8443/x"); !errors.Is(err, outgoing.ErrAddress) {
			t.Errorf("entering %s: %v", host, err)
		}
	}
	for _, text := range []string{
		"http://cho.example.vn/", "ftp://cho.example.vn/", "file:///etc/passwd", "gopher://127.0.0.1/", "https://",
		"https:cho.example.vn",
		"https://user:secret@cho.example.vn/", "unix:///run/x", "//cho.example.vn", "cho.example.vn", "https://[", "",
	} {
		err := (outgoing.Allow{}).Check(text)
		if !errors.Is(err, outgoing.ErrURL) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, text := range []string{
		"https://cho.example.vn/hook?x=1", "https://1.1.1.1/",
		"https://[2606:4700::1111]:8443/",
	} {
		if err := (outgoing.Allow{}).Check(text); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// A name is judged by what it resolves to when it is dialled, however often that changes. Go's
// resolver knows no 127.1; where the system's does, what it makes of it is judged too.
func TestDialledAddressDecides(t *testing.T) {
	t.Parallel()
	called := false
	handle := func(http.ResponseWriter, *http.Request) { called = true }
	for _, addresses := range [][]string{{"127.0.0.1"}, {"169.254.169.254"}, {"10.0.0.1", "127.0.0.1"}, {"0.0.0.0"}} {
		s, c := startInner(t, "", &resolver{addresses: addresses}, handle)
		_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
		for range 3 {
			if _, err := get(t, c, "https://"+net.JoinHostPort("rebind.example", port)+"/"); !errors.Is(err,
				outgoing.ErrAddress) {
				t.Errorf("a name that leads to %v: %v", addresses, err)
			}
			for _, host := range []string{"127.1", "2130706433", "0x7f000001", "0177.0.0.1"} {
				if _, err := get(t, c, "https://"+net.JoinHostPort(host, port)+"/"); err == nil {
					t.Errorf("%s was called", host)
				}
			}
		}
	}
	if called {
		t.Error("a refused call arrived")
	}
}

func TestAllowedInnerHosts(t *testing.T) {
	t.Parallel()
	handle := func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "inner") }
	for allow, host := range map[string]string{
		"127.0.0.0/8": "127.0.0.1", "10.0.0.1, 127.0.0.1": "127.0.0.1",
		"Example.com": "example.com",
	} {
		s, c := startInner(t, allow, &resolver{addresses: []string{"127.0.0.1"}}, handle)
		_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
		if body, err := get(t, c, "https://"+net.JoinHostPort(host, port)+"/"); err != nil || body != "inner" {
			t.Errorf("%s allows %s: %q %v", allow, host, body, err)
		}
	}
	for _, faulty := range []string{"https://sms.example", "10.0.0.0/99", "sms.example:443", "*.example", "a b"} {
		if _, err := outgoing.ParseAllow(faulty); err == nil {
			t.Errorf("%q was read", faulty)
		}
	}
	a, err := outgoing.ParseAllow("127.0.0.1")
	if err != nil || a.Check("http://127.0.0.1:9/") != nil || a.Check("http://127.0.0.2:9/") == nil {
		t.Errorf("plain http is for allowed hosts: %v", err)
	}
}

func TestAnswersAreBoundedAndLeadNowhereElse(t *testing.T) {
	t.Parallel()
	s, c := startInner(t, "127.0.0.1", nil, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/large":
			for range outgoing.MaxAnswer/1024 + 1 {
				fmt.Fprint(w, strings.Repeat("x", 1024))
			}
		case "/full":
			fmt.Fprint(w, strings.Repeat("x", outgoing.MaxAnswer))
		case "/here":
			http.Redirect(w, r, "/full", http.StatusFound)
		case "/round":
			http.Redirect(w, r, "/round", http.StatusFound)
		default:
			http.Redirect(w, r, r.URL.Query().Get("to"), http.StatusTemporaryRedirect)
		}
	})
	for _, path := range []string{"/full", "/here"} {
		if body, err := get(t, c, s.URL+path); err != nil || len(body) != outgoing.MaxAnswer {
			t.Errorf("%s: %d bytes, %v", path, len(body), err)
		}
	}
	if _, err := get(t, c, s.URL+"/large"); !errors.Is(err, outgoing.ErrTooLarge) {
		t.Errorf("a large answer: %v", err)
	}
	plain := strings.Replace(s.URL, "https", "http", 1)
	for _, to := range []string{
		"https://127.0.0.2/", "https://[::1]/", "http://169.254.169.254/latest/meta-data",
		plain + "/full", "file:///etc/passwd", "https://localhost/",
	} {
		if _, err := get(t, c, s.URL+"/?to="+to); !errors.Is(err, outgoing.ErrRedirect) {
			t.Errorf("sent to %s: %v", to, err)
		}
	}
	if _, err := get(t, c, s.URL+"/round"); !errors.Is(err, outgoing.ErrRedirect) {
		t.Errorf("sent round: %v", err)
	}
}
