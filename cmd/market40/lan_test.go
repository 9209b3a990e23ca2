package main_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"market40/frontend/apptest/program"
	"market40/migrations/database/dbtest"
)

// clientTrusting is a client that trusts one authority and no other.
func clientTrusting(t *testing.T, authority *x509.Certificate) *http.Client {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(authority)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// installAuthority fetches the authority as a phone does, from the page that the server prints.
func installAuthority(s *program.Server) *x509.Certificate {
	s.T.Helper()
	printed := strings.Join(s.Printed, "\n")
	page := regexp.MustCompile(`phones +first open (http://\S+) `).FindStringSubmatch(printed)
	mark := regexp.MustCompile(`authority +SHA-256 ([0-9A-F:]{95})`).FindStringSubmatch(printed)
	if page == nil || mark == nil {
		s.T.Fatalf("nothing is printed for phones: %s", printed)
	}
	fetch := func(path, kind string) []byte {
		res, err := http.Get(page[1] + path)
		must(s.T, err)
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		must(s.T, err)
		if res.StatusCode != 200 || !strings.HasPrefix(res.Header.Get("Content-Type"), kind) {
			s.T.Fatalf("%s answers %d %s", path, res.StatusCode, res.Header)
		}
		return body
	}
	if html := string(fetch("/", "text/html")); !strings.Contains(html, mark[1]) ||
		!strings.Contains(html, s.Address) || !strings.Contains(html, "/market40-ca.crt") {
		s.T.Errorf("the page says %s", html)
	}
	block, _ := pem.Decode(fetch("/market40-ca.crt", "application/x-x509-ca-cert"))
	if got := strings.ReplaceAll(fmt.Sprintf("% X", sha256.Sum256(block.Bytes)), " ", ":"); got != mark[1] {
		s.T.Errorf("the fingerprint is %s, printed was %s", got, mark[1])
	}
	if res, err := http.Get(page[1] + "/api/v1/me"); err == nil {
		defer res.Body.Close()
		if res.StatusCode != 404 {
			s.T.Errorf("over http the program answers %d", res.StatusCode)
		}
	}
	authority, err := x509.ParseCertificate(block.Bytes)
	must(s.T, err)
	return authority
}

func TestAPhoneSignsInOverTheLAN(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	env := []string{"DATABASE_URL=" + program.DemoURL(t), "SECRET_KEY=" + program.SecretKey(1), "DATA_DIR=" + dir}
	s := program.Serve(t, env, "--demo", "--lan")
	if !strings.HasPrefix(s.Address, "https://127.0.0.1:") {
		t.Fatalf("it listens on %s", s.Address)
	}
	if _, err := http.Get(s.Address + "/healthz"); err == nil {
		t.Error("who has not installed the authority gets in")
	}
	authority := installAuthority(s)
	client := clientTrusting(t, authority)
	found := regexp.MustCompile(`demo\.manager +(\S+)  (\S+)`).FindStringSubmatch(strings.Join(s.Printed, "\n"))
	body, err := json.Marshal(
		object{"login": "demo.manager", "password": found[1], "code": program.SecondFactor(t, found[2])},
	)
	must(t, err)
	req, err := http.NewRequestWithContext(t.Context(), "POST", s.Address+"/api/v1/sessions", bytes.NewReader(body))
	must(t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", s.Address)
	res, err := client.Do(req)
	must(t, err)
	defer res.Body.Close()
	if res.StatusCode != 201 || len(res.Cookies()) != 1 || !res.Cookies()[0].Secure || res.ProtoMajor != 2 {
		t.Fatalf("signing in: %s %d, cookies %v", res.Proto, res.StatusCode, res.Cookies())
	}
	if strict := res.Header.Get("Strict-Transport-Security"); strict != "" {
		t.Errorf("an address that may be another machine's tomorrow is bound to https: %s", strict)
	}
	req, err = http.NewRequestWithContext(t.Context(), "GET", s.Address+"/api/v1/me", nil)
	must(t, err)
	req.AddCookie(res.Cookies()[0])
	me, err := client.Do(req)
	must(t, err)
	defer me.Body.Close()
	if me.StatusCode != 200 {
		t.Errorf("the session answers %d", me.StatusCode)
	}
	leaf := res.TLS.PeerCertificates[0]
	if life := leaf.NotAfter.Sub(leaf.NotBefore); life > 32*24*time.Hour {
		t.Errorf("the server's certificate lasts %s", life)
	}
	old := &tls.Config{
		RootCAs: x509.NewCertPool(), InsecureSkipVerify: true, MinVersion: tls.VersionTLS10,
		MaxVersion: tls.VersionTLS11,
	}
	if conn, err := tls.Dial("tcp", strings.TrimPrefix(s.Address, "https://"), old); err == nil {
		conn.Close()
		t.Error("TLS 1.1 gets in")
	}
	s.Stop()

	s = program.Serve(t, env, "--lan") // another port, the same authority
	if again := installAuthority(s); !again.Equal(authority) {
		t.Error("phones have to install another authority after a start")
	}
	res, err = client.Get(s.Address + "/healthz")
	must(t, err)
	res.Body.Close()
	if next := res.TLS.PeerCertificates[0]; next.Equal(leaf) {
		t.Error("the server's certificate outlives a start")
	}
	vouchesForLocalNetworksOnly(t, filepath.Join(dir, "lan-ca.pem"))
}

// vouchesForLocalNetworksOnly plays who stole the authority's key.
func vouchesForLocalNetworksOnly(t *testing.T, path string) {
	t.Helper()
	info, err := os.Stat(path)
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the authority's key has mode %o", info.Mode().Perm())
	}
	pair, err := tls.LoadX509KeyPair(path, path)
	must(t, err)
	roots := x509.NewCertPool()
	roots.AddCert(pair.Leaf)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	for host, trusted := range map[string]bool{
		"192.168.1.9": true, "10.1.2.3": true, "cho.local": true, "8.8.8.8": false, "bank.example.vn": false,
		"2001:db8::1": false,
	} {
		leaf := &x509.Certificate{
			SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour),
			NotAfter: time.Now().Add(time.Hour),
		}
		if ip := net.ParseIP(host); ip != nil {
			leaf.IPAddresses = []net.IP{ip}
		} else {
			leaf.DNSNames = []string{host}
		}
		raw, err := x509.CreateCertificate(rand.Reader, leaf, pair.Leaf, key.Public(), pair.PrivateKey)
		must(t, err)
		forged, err := x509.ParseCertificate(raw)
		must(t, err)
		if _, err := forged.Verify(x509.VerifyOptions{Roots: roots, DNSName: host}); (err == nil) != trusted {
			t.Errorf("a certificate for %s: %v", host, err)
		}
	}
}

// TestTheOperatorsOwnCertificate serves it, and takes up a renewed one without a start.
func TestTheOperatorsOwnCertificate(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	cert, key := filepath.Join(folder, "tls.crt"), filepath.Join(folder, "tls.key")
	renew := func(number int64) *x509.Certificate {
		private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		must(t, err)
		template := &x509.Certificate{
			SerialNumber: big.NewInt(number), DNSNames: []string{"cho.example.vn"},
			IPAddresses: []net.IP{{127, 0, 0, 1}},
			NotBefore:   time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		}
		raw, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
		must(t, err)
		text, err := x509.MarshalPKCS8PrivateKey(private)
		must(t, err)
		must(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: text}), 0o600))
		must(t, os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}), 0o600))
		must(t, os.Chtimes(cert, time.Time{}, time.Now().Add(time.Duration(number)*time.Second)))
		made, err := x509.ParseCertificate(raw)
		must(t, err)
		return made
	}
	env := []string{
		"DATABASE_URL=" + dbtest.URL(t), "SECRET_KEY=" + program.SecretKey(1), "TLS_CERT_FILE=" + cert,
		"TLS_KEY_FILE=" + key,
	}
	if a := program.Want(
		t,
		2,
		env,
		"serve",
	); !strings.Contains(
		a.Err,
		"TLS_CERT_FILE and TLS_KEY_FILE cannot be read",
	) {
		t.Errorf("missing files are answered by %q", a.Err)
	}
	first := renew(1)
	if a := program.Want(t, 2, env, "serve"); !strings.Contains(a.Err, "needs PUBLIC_URL") {
		t.Errorf("without PUBLIC_URL it is answered by %q", a.Err)
	}
	program.Want(t, 2, env[:3], "serve")
	env = append(env, "PUBLIC_URL=https://cho.example.vn")
	program.Want(t, 2, env, "serve", "--lan")
	s := program.Serve(t, env)
	served := func(trusted *x509.Certificate) *http.Response {
		res, err := clientTrusting(t, trusted).Get(s.Address + "/api/v1/me")
		must(t, err)
		res.Body.Close()
		return res
	}
	if strict := served(first).Header.Get("Strict-Transport-Security"); strict != "max-age=31536000" {
		t.Errorf("browsers receive %q", strict)
	}
	second := renew(2)
	served(second)
	program.Want(t, 0, append(env, "LISTEN_ADDR="+strings.TrimPrefix(s.Address, "https://")), "ready")
	must(t, os.WriteFile(cert, []byte("half"), 0o600))
	served(second)
}
