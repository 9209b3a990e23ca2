package app_test

import (
	"crypto/x509"
	"net"
	"testing"
	"time"

	"market40/cmd/market40/app"
)

// TestAnAuthorityLastsAsLongAsItFits: phones install it again only when it ends, or when the
// machine has an address for which it may not vouch.
func TestAnAuthorityLastsAsLongAsItFits(t *testing.T) {
	t.Parallel()
	here, err := app.LANHosts(t.Context())
	must(t, err)
	if last := here[len(here)-1]; !last.IsLoopback() {
		t.Errorf("programs of this machine find none of %v", here)
	}
	dir, now := t.TempDir(), time.Now()
	home, office, public := []net.IP{{192, 168, 1, 5}}, []net.IP{{10, 0, 0, 7}}, []net.IP{{203, 0, 113, 9}}
	first, leaf, err := app.Authority(dir, home, now)
	must(t, err)
	for name, c := range map[string]struct {
		hosts []net.IP
		now   time.Time
	}{"another private network": {office, now}, "years later": {home, now.AddDate(4, 0, 0)}} {
		authority, other, err := app.Authority(dir, c.hosts, c.now)
		must(t, err)
		if !authority.Equal(first) || other.Equal(leaf) || other.VerifyHostname(c.hosts[0].String()) != nil {
			t.Errorf("%s: the same authority %v, names %v", name, authority.Equal(first), other.IPAddresses)
		}
	}
	second, leaf, err := app.Authority(dir, public, now)
	must(t, err)
	if second.Equal(first) {
		t.Error("an authority vouches for an address that it may not")
	}
	roots := x509.NewCertPool()
	roots.AddCert(second)
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: "203.0.113.9"}); err != nil {
		t.Error(err)
	}
	if third, _, err := app.Authority(dir, public, now.AddDate(5, 0, 0)); err != nil || third.Equal(second) {
		t.Errorf("an authority outlives its end: %v", err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
