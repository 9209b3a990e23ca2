package app

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/pem"
	"fmt"
	"html/template"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// lanListenAddr is where `serve --lan` listens without LISTEN_ADDR: every address of the machine.
const lanListenAddr = ":8443"

//go:embed lan.html
var lanPage string

// lan is a server for the phones of a local network. It serves https with its own certificate
// authority. Over http it serves only the page from which a phone installs that authority.
type lan struct {
	authority *authority
	address   string // of the program: https://host:port
	start     string // of the page: http://host:port
	page      *http.Server
	listener  net.Listener
}

// openLAN makes the certificates for the addresses that the program listens on, and listens for the
// page on the next port.
func (s *Settings) openLAN(ctx context.Context, program net.Listener) (*lan, error) {
	at, _ := program.Addr().(*net.TCPAddr) // net.Listen("tcp") gives no other
	hosts, err := lanHosts(ctx, at.IP)
	if err != nil {
		return nil, err
	}
	names := []string{"localhost"}
	if machine, err := os.Hostname(); err == nil && !strings.Contains(machine, ".") {
		names = append(names, machine+".local") // as mDNS announces it
	}
	if u, err := url.Parse(s.PublicURL); err == nil && strings.HasSuffix(u.Hostname(), ".local") {
		names = append(names, u.Hostname())
	}
	a, err := openAuthority(s.DataDir, hosts, names, time.Now)
	if err != nil {
		return nil, err
	}
	beside := *at
	if beside.Port++; strings.HasSuffix(s.ListenAddr, ":0") {
		beside.Port = 0
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", beside.String())
	if err != nil {
		return nil, fmt.Errorf("listening for phones that install the authority: %w", err)
	}
	seen, _ := listener.Addr().(*net.TCPAddr)
	address := func(scheme string, port int) string {
		return scheme + net.JoinHostPort(hosts[0].String(), strconv.Itoa(port))
	}
	l := &lan{
		authority: a, listener: listener, address: address("https://", at.Port),
		start: address("http://", seen.Port),
	}
	l.page, err = l.newPage()
	return l, err
}

// lanHosts returns the addresses at which the network reaches a listener, the likeliest first.
// Loopback is one of them.
func lanHosts(ctx context.Context, listen net.IP) ([]net.IP, error) {
	if len(listen) > 0 && !listen.IsUnspecified() {
		return []net.IP{shortIP(listen)}, nil
	}
	var hosts []net.IP
	add := func(ip net.IP) {
		if ip = shortIP(ip); len(ip) == net.IPv4len && (ip.IsGlobalUnicast() || ip.IsLoopback()) &&
			!slices.ContainsFunc(hosts, ip.Equal) {
			hosts = append(hosts, ip)
		}
	}
	// No packet is sent: the kernel only says by which address one would leave.
	if way, err := new(net.Dialer).DialContext(ctx, "udp4", "192.0.2.1:9"); err == nil {
		if from, ok := way.LocalAddr().(*net.UDPAddr); ok {
			add(from.IP)
		}
		_ = way.Close()
	}
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil, fmt.Errorf("looking for this machine's addresses: %w", err)
	}
	for _, loopback := range []bool{false, true} {
		for _, address := range all {
			if network, ok := address.(*net.IPNet); ok && network.IP.IsLoopback() == loopback {
				add(network.IP)
			}
		}
	}
	if len(hosts) == 0 {
		return nil, fmt.Errorf("this machine has no address: set LISTEN_ADDR")
	}
	return hosts, nil
}

// shortIP returns an IPv4 address in four bytes.
func shortIP(ip net.IP) net.IP {
	if four := ip.To4(); four != nil {
		return four
	}
	return ip
}

// printStart prints where a phone begins.
func (l *lan) printStart(out io.Writer) {
	fmt.Fprintf(out, "phones     first open %s and install this server's authority, then %s/\n", l.start, l.address)
	fmt.Fprintf(out, "authority  SHA-256 %s\n", l.authority.fingerprint())
}

// newPage returns a server of the page and the certificate, and of nothing else.
func (l *lan) newPage() (*http.Server, error) {
	page, err := template.New("lan").Parse(lanPage)
	if err != nil {
		return nil, fmt.Errorf("reading the page of the authority: %w", err)
	}
	var text bytes.Buffer
	err = page.Execute(&text, struct{ Address, Fingerprint string }{l.address, l.authority.fingerprint()})
	if err != nil {
		return nil, fmt.Errorf("writing the page of the authority: %w", err)
	}
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: l.authority.cert.Raw})
	show := func(kind string, body []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.Header().Set("X-Content-Type-Options", "nosniff")
			w.Header().Set("Cache-Control", "no-store")
			w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; frame-ancestors 'none'")
			_, _ = w.Write(body) // the caller may have gone
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", show("text/html; charset=utf-8", text.Bytes()))
	mux.HandleFunc("GET /market40-ca.crt", show("application/x-x509-ca-cert", cert))
	mux.HandleFunc("GET /style.css", show("text/css; charset=utf-8", docsStyle))
	return NewServer(mux), nil
}
