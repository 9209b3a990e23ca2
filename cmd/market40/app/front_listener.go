package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
)

// Front is the listener of the server: plain http on loopback or for a proxy, https with the
// operator's certificate, or https for the local network.
type Front struct {
	listener net.Listener
	Address  string      // scheme://host:port
	TLS      *tls.Config // nil: plain http
	lan      *lan        // nil: no phones of a local network
}

// OpenFront listens. Without PUBLIC_URL a server for the local network has its address there.
func (s *Settings) OpenFront(ctx context.Context) (*Front, error) {
	if s.LAN && s.Certificate != nil {
		return nil, WrongUse(errors.New("--lan has a certificate of its own: leave out TLS_CERT_FILE"))
	}
	if s.LAN && s.listenDefault {
		s.ListenAddr = lanListenAddr
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.ListenAddr)
	if err != nil {
		return nil, cannotListen("LISTEN_ADDR", s.ListenAddr, err)
	}
	f := &Front{listener: listener, Address: "http://" + listener.Addr().String()}
	switch {
	case s.LAN:
		if f.lan, err = s.openLAN(ctx, listener); err != nil {
			f.Close()
			return nil, err
		}
		f.Address, f.TLS = f.lan.address, tlsConfig(f.lan.authority.certificate)
		if s.PublicURL == "" {
			s.PublicURL = f.Address
		}
	case s.Certificate != nil:
		f.Address, f.TLS = "https://"+listener.Addr().String(), tlsConfig(s.Certificate.certificate)
	}
	return f, nil
}

// cannotListen says why the address of a setting cannot be listened on, and what to do.
func cannotListen(setting, address string, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s %s is in use by another program: stop that, or set another port", setting, address)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf(
			"%s %s: ports below 1024 need root or CAP_NET_BIND_SERVICE: set another port",
			setting,
			address,
		)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("%s %s is no address of this machine", setting, address)
	}
	return fmt.Errorf("listening on %s: %w", setting, err)
}

// tlsConfig serves both kinds of certificate: by TLS 1.2 with forward secrecy, or 1.3.
func tlsConfig(certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: certificate}
}

// Serve serves requests in the background. The channel receives the error that ends it,
// http.ErrServerClosed after a shut-down.
func (f *Front) Serve(server *http.Server) <-chan error {
	failed := make(chan error, 2)
	go func() { failed <- f.answer(server) }()
	if f.lan != nil {
		go func() { failed <- f.lan.page.Serve(f.lan.listener) }()
	}
	return failed
}

func (f *Front) answer(server *http.Server) error {
	if f.TLS == nil {
		return server.Serve(f.listener)
	}
	server.TLSConfig = f.TLS
	return server.ServeTLS(f.listener, "", "")
}

// PrintAddress prints where it listens, as the last line of a start.
func (f *Front) PrintAddress(out io.Writer) {
	if f.lan != nil {
		f.lan.printStart(out)
	}
	fmt.Fprintf(out, "listening on %s\n", f.Address)
}

// Close ends what listens.
func (f *Front) Close() {
	_ = f.listener.Close() // the server may have done so
	if f.lan != nil {
		_ = f.lan.page.Close() // its requests are short and may be cut off
		_ = f.lan.listener.Close()
	}
}
