package main

import (
	"context"
	"crypto/x509"
	"io"
	"net"
	"time"

	"market40/merchants/edge"
	"market40/payments/soundbox"
)

// Run is the whole program, for the tests that become it.
func Run(args []string, stdout, stderr io.Writer) int { return run(args, stdout, stderr) }

// Hide is what is done to text that is logged.
func Hide(text string) string { return hide(text) }

// LibpqURL is how PostgreSQL's own programs are told a database.
func LibpqURL(text string) (address, password string, err error) { return libpqURL(text) }

// RoutesOf mounts every route on a database, and closes it at once: nothing is asked of it.
func RoutesOf(ctx context.Context, url string, secret [32]byte) (*edge.Edge, error) {
	key := secretKey(secret)
	p, closeProgram, err := openProgram(ctx, &settings{DatabaseURL: url, MigrateURL: url, Secret: &key})
	if err != nil {
		return nil, err
	}
	defer closeProgram()
	return p.routes(true)
}

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

// SeedDemo fills a database with the demo province of some months as of a moment.
func SeedDemo(ctx context.Context, url string, secret [32]byte, months int, now time.Time) error {
	key := secretKey(secret)
	p, closeProgram, err := openProgram(ctx, &settings{DatabaseURL: url, MigrateURL: url, Secret: &key, DemoMonths: months, Now: func() time.Time { return now }})
	if err != nil {
		return err
	}
	defer closeProgram()
	if err := seedDemo(ctx, p); err != nil {
		return err
	}
	return reportDemo(ctx, p)
}

// Sentences are what a soundbox says of messages that wait.
func Sentences(waiting []soundbox.Message) [][]string { return sentences(waiting) }
