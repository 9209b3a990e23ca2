package app

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"
)

// CertificateFiles is the operator's own certificate. It is read again when its file was changed,
// so that renewing one needs no restart.
type CertificateFiles struct {
	cert, key string

	mu      sync.Mutex
	changed time.Time // of what was read
	present *tls.Certificate
}

// certificate returns the one that the files hold. While they hold no whole one, the last one
// serves on.
func (f *CertificateFiles) certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	changed, err := f.lastChange()
	if err == nil && changed.Equal(f.changed) {
		return f.present, nil
	}
	if err == nil {
		f.changed = changed
		var pair tls.Certificate
		if pair, err = tls.LoadX509KeyPair(f.cert, f.key); err == nil {
			f.present = &pair
			return f.present, nil
		}
	}
	if f.present == nil {
		return nil, err
	}
	slog.Warn("the certificate cannot be read again: the last one stays in use", "error", err)
	return f.present, nil
}

// lastChange returns when either file was written last.
func (f *CertificateFiles) lastChange() (time.Time, error) {
	cert, err := os.Stat(f.cert)
	if err != nil {
		return time.Time{}, err
	}
	key, err := os.Stat(f.key)
	if err != nil {
		return time.Time{}, err
	}
	if key.ModTime().After(cert.ModTime()) {
		return key.ModTime(), nil
	}
	return cert.ModTime(), nil
}

// Trusted returns the authorities of the system and the certificate itself, which may be signed by
// none of them.
func (f *CertificateFiles) Trusted() (*x509.CertPool, error) {
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	text, err := os.ReadFile(f.cert)
	if err != nil {
		return nil, err
	}
	if !pool.AppendCertsFromPEM(text) {
		return nil, errors.New("the certificate cannot be read")
	}
	return pool, nil
}

// Leaf returns the certificate itself, without its chain.
func (f *CertificateFiles) Leaf() (*x509.Certificate, error) {
	pair, err := f.certificate(nil)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(pair.Certificate[0])
}

// KeyPath returns the file of the private key.
func (f *CertificateFiles) KeyPath() string { return f.key }

// readCertificate reads the operator's certificate, if one is set.
func (s *Settings) readCertificate(cert, key string) error {
	if cert == "" && key == "" {
		return nil
	}
	if cert == "" || key == "" {
		return errors.New("and TLS_KEY_FILE go together: set both or neither")
	}
	s.Certificate = &CertificateFiles{cert: cert, key: key}
	if _, err := s.Certificate.certificate(nil); err != nil {
		if strings.Contains(err.Error(), "private key") &&
			strings.Contains(err.Error(), "match") { // crypto/tls has no error value for it
			return errors.New("and TLS_KEY_FILE do not fit: the key is that of another certificate")
		}
		return fmt.Errorf("and TLS_KEY_FILE cannot be read: %w", err)
	}
	if !s.overHTTPS() {
		return errors.New("needs PUBLIC_URL: the https address of the certificate")
	}
	return nil
}
