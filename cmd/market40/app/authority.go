package app

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

const (
	authorityLife = 5 * 365 * 24 * time.Hour
	// phones refuse certificates of more than 825 days, and a copied key is useful only briefly
	leafLife    = 30 * 24 * time.Hour
	renewBefore = 10 * 24 * time.Hour // of the end, for both
	clockSkew   = time.Hour           // a phone's clock may be behind
)

// authority is the small certificate authority of one machine on its local network. It may vouch
// only for addresses of such networks and .local names (RFC 5280, 4.2.1.10). So a phone that
// installs it does not expose its traffic with other hosts.
type authority struct {
	cert  *x509.Certificate
	key   *ecdsa.PrivateKey
	now   func() time.Time
	names []string
	hosts []net.IP

	mu   sync.Mutex
	leaf *tls.Certificate
}

// privateNetworks are those of RFC 1918 and RFC 6598, and loopback.
var privateNetworks = []string{
	"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8",
	"::1/128",
}

// openAuthority returns the authority of a data directory. It is made on first use, and again when
// it expires or when this machine has an address for which it may not vouch. Its key is in
// lan-ca.pem (0600), and the certificate for phones in lan-ca.crt.
func openAuthority(dir string, hosts []net.IP, names []string, now func() time.Time) (*authority, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("making the data directory: %w", err)
	}
	path := filepath.Join(dir, "lan-ca.pem")
	a, err := readAuthority(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !a.serves(hosts, now()) {
		if a, err = newAuthority(hosts, now()); err == nil {
			err = a.write(path)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("opening the certificate authority %s: %w", path, err)
	}
	a.hosts, a.names, a.now = hosts, names, now
	if err := os.WriteFile(authorityFile(dir), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw}),
		0o644); err != nil { //nolint:gosec // it is public
		return nil, fmt.Errorf("writing the authority's certificate: %w", err)
	}
	_, err = a.certificate(nil)
	return a, err
}

// authorityFile returns the path of the authority's certificate, for programs on this machine:
// SSL_CERT_FILE.
func authorityFile(dir string) string { return filepath.Join(dir, "lan-ca.crt") }

func newAuthority(hosts []net.IP, now time.Time) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	machine, err := os.Hostname()
	if err != nil {
		return nil, err
	}
	var networks []*net.IPNet
	for _, text := range privateNetworks {
		_, network, err := net.ParseCIDR(text)
		if err != nil {
			return nil, err
		}
		networks = append(networks, network)
	}
	for _, ip := range hosts {
		if !inNetworks(networks, ip) { // a network of public addresses: these, and no other
			networks = append(networks, &net.IPNet{IP: ip, Mask: net.CIDRMask(len(ip)*8, len(ip)*8)})
		}
	}
	template := &x509.Certificate{
		Subject:   pkix.Name{CommonName: "market40 LAN " + machine + " " + now.UTC().Format(time.DateOnly)},
		NotBefore: now.Add(-clockSkew), NotAfter: now.Add(authorityLife),
		BasicConstraintsValid: true, IsCA: true, MaxPathLen: 0, MaxPathLenZero: true,
		KeyUsage: x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		PermittedDNSDomainsCritical: true, PermittedDNSDomains: []string{"localhost", "local"},
		PermittedIPRanges: networks,
	}
	cert, err := signCertificate(template, template, key, key)
	return &authority{cert: cert, key: key}, err
}

// signCertificate makes a certificate with a random serial number.
func signCertificate(template, parent *x509.Certificate, of, by *ecdsa.PrivateKey) (*x509.Certificate, error) {
	number, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	template.SerialNumber = number
	raw, err := x509.CreateCertificate(rand.Reader, template, parent, of.Public(), by)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(raw)
}

func readAuthority(path string) (*authority, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(text, text)
	if err != nil {
		return nil, err
	}
	key, ours := pair.PrivateKey.(*ecdsa.PrivateKey)
	if !ours {
		return nil, errors.New("its key is not one that this program made")
	}
	return &authority{cert: pair.Leaf, key: key}, nil
}

// write stores the key and the certificate in one file, which appears whole or not at all.
func (a *authority) write(path string) error {
	key, err := x509.MarshalPKCS8PrivateKey(a.key)
	if err != nil {
		return err
	}
	text := append(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}),
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})...)
	f, err := os.CreateTemp(filepath.Dir(path), ".lan-ca.*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func (a *authority) serves(hosts []net.IP, now time.Time) bool {
	for _, ip := range hosts {
		if !inNetworks(a.cert.PermittedIPRanges, ip) {
			return false
		}
	}
	return now.Add(renewBefore).Before(a.cert.NotAfter)
}

// inNetworks reports whether an address lies in one of the networks.
func inNetworks(networks []*net.IPNet, ip net.IP) bool {
	for _, n := range networks {
		if n.Contains(ip) {
			return true
		}
	}
	return false
}

// certificate returns the server's own, made at start and again before it ends.
func (a *authority) certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	if a.leaf != nil && now.Add(renewBefore).Before(a.leaf.Leaf.NotAfter) {
		return a.leaf, nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making the server's key: %w", err)
	}
	cert, err := signCertificate(&x509.Certificate{
		Subject:   pkix.Name{CommonName: "market40"},
		NotBefore: now.Add(-clockSkew), NotAfter: now.Add(leafLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true, IPAddresses: a.hosts, DNSNames: a.names,
	}, a.cert, key, a.key)
	if err != nil {
		return nil, fmt.Errorf("making the server's certificate: %w", err)
	}
	a.leaf = &tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key, Leaf: cert}
	return a.leaf, nil
}

// fingerprint returns what people compare: SHA-256 of the authority's certificate.
func (a *authority) fingerprint() string {
	sum := sha256.Sum256(a.cert.Raw)
	return strings.ToUpper(strings.ReplaceAll(fmt.Sprintf("% x", sum), " ", ":"))
}
