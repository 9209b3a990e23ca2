package app

import (
	"context"
	"crypto/x509"
	"io"
	"log/slog"
	"net"
	"time"
)

// Hide is what is done to text that is logged.
func Hide(text string) string { return hideSecrets(text) }

// NewLog is the log that LogTo makes the process's.
func NewLog(w io.Writer, s *Settings) *slog.Logger { return newLog(w, s) }

// LANHosts are the addresses that a server on every address of the machine has.
func LANHosts(ctx context.Context) ([]net.IP, error) { return lanHosts(ctx, net.IPv4zero) }

// Authority is the authority and the server's certificate of a directory at a time.
func Authority(dir string, hosts []net.IP, now time.Time) (authority, leaf *x509.Certificate, err error) {
	a, err := openAuthority(dir, hosts, nil, func() time.Time { return now })
	if err != nil {
		return nil, nil, err
	}
	return a.cert, a.leaf.Leaf, nil
}
