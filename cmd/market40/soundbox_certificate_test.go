package main_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// selfSigned writes a certificate for this machine, which vouches for itself.
func selfSigned(t *testing.T) (cert, key string) {
	t.Helper()
	folder := t.TempDir()
	cert, key = filepath.Join(folder, "tls.crt"), filepath.Join(folder, "tls.key")
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	as := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	raw, err := x509.CreateCertificate(rand.Reader, as, as, private.Public(), private)
	must(t, err)
	must(t, os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}), 0o600))
	raw, err = x509.MarshalPKCS8PrivateKey(private)
	must(t, err)
	must(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}), 0o600))
	return cert, key
}

// TestABoxWantsTheServersCertificate: over TLS, by the certificate of the pages; from a stranger it
// takes nothing.
func TestABoxWantsTheServersCertificate(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	env := []string{"DATABASE_URL=" + s.database(), "SECRET_KEY=" + someSecret(1)}
	owner := s.owner(env)
	cert, key := selfSigned(t)
	secure := serve(t, append(env, "TLS_CERT_FILE="+cert, "TLS_KEY_FILE="+key, "PUBLIC_URL=https://127.0.0.1",
		"MQTT_LISTEN_ADDR=:0"))
	address := strings.Replace(mqttOf(secure), "[::]", "127.0.0.1", 1)
	if !strings.HasPrefix(address, "mqtts://") {
		t.Fatalf("boxes connect to %s", address)
	}
	wary := newBox(t).start(address)
	if why := wary.prints("line lost"); !strings.Contains(why, "certificate") {
		t.Errorf("without --ca the box says %s", why)
	}
	b := newBox(t).start(address, "--ca", cert)
	s.pair(owner, b)
	s.pay(s.code, 45000)
	b.hears("chime received 4 tens five_after_tens thousand dong")
}
