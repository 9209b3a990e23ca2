package outgoing

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
)

// ClientOf is Client with a resolver of names and the authority of a test's server.
func ClientOf(a Allow, names *net.Resolver, authority *x509.CertPool) *http.Client {
	c := newClient(a, names)
	c.Transport.(*guarded).next.TLSClientConfig = &tls.Config{RootCAs: authority}
	return c
}
