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

	"market40/frontend/apptest/program"
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

// TestBoxRequiresServerCertificate: over TLS, by the certificate of the pages; from a stranger it
// takes nothing.
func TestBoxRequiresServerCertificate(t *testing.T) {
	t.Parallel()
	s := program.OpenShop(t)
	env := []string{"DATABASE_URL=" + s.Database(), "SECRET_KEY=" + program.SecretKey(1)}
	owner := createOwnerKey(s, env)
	cert, key := selfSigned(t)
	secure := program.Serve(t, append(env, "TLS_CERT_FILE="+cert, "TLS_KEY_FILE="+key, "PUBLIC_URL=https://127.0.0.1",
		"MQTT_LISTEN_ADDR=:0"))
	address := strings.Replace(program.MQTTAddress(secure), "[::]", "127.0.0.1", 1)
	if !strings.HasPrefix(address, "mqtts://") {
		t.Fatalf("boxes connect to %s", address)
	}
	wary := program.NewBox(t).Start(address)
	if why := wary.WaitFor("line lost"); !strings.Contains(why, "certificate") {
		t.Errorf("without --ca the box says %s", why)
	}
	b := program.NewBox(t).Start(address, "--ca", cert)
	pairBox(s, owner, b)
	s.Pay(s.Code, 45000)
	b.WaitSpoken("chime received 4 tens five_after_tens thousand dong")
}
