package dbtest

import (
	"context"
	"net"
	"net/url"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Proxy is a way over TCP to a test's database that can stop forwarding. Its connections stay open
// then, as they do with a server that hangs, a firewall that drops packets, or a standby that took
// over silently.
type Proxy struct {
	URL string // of the database, through the proxy

	network, address string // of the server
	listener         net.Listener
	running          sync.WaitGroup

	mu      sync.Mutex
	changed *sync.Cond
	frozen  bool
	closed  bool
	links   map[*link]bool
}

// link is one connection with its way to the server.
type link struct {
	ends [2]net.Conn
	dead bool // it forwards nothing any more
}

// NewProxy opens a proxy to the database of a URL. It ends with the test.
func NewProxy(t testing.TB, database string) *Proxy {
	t.Helper()
	cfg, err := pgx.ParseConfig(database)
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{links: map[*link]bool{}}
	p.changed = sync.NewCond(&p.mu)
	p.network, p.address = pgconn.NetworkAddress(cfg.Host, cfg.Port)
	if p.listener, err = (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(cfg.User, cfg.Password), Host: p.listener.Addr().String(),
		Path:     "/" + cfg.Database,
		RawQuery: "sslmode=disable",
	}
	p.URL = u.String()
	p.running.Go(p.accept)
	t.Cleanup(p.close)
	return p
}

// Freeze stops forwarding on every connection, also on those to come, until Thaw.
func (p *Proxy) Freeze() { p.set(func() { p.frozen = true }) }

// Thaw forwards again, and first what has waited.
func (p *Proxy) Thaw() { p.set(func() { p.frozen = false }) }

// BlackHole forwards nothing any more on the connections that exist. New ones work.
func (p *Proxy) BlackHole() {
	p.set(func() {
		for l := range p.links {
			l.dead = true
		}
	})
}

func (p *Proxy) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
	p.changed.Broadcast()
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.running.Go(func() { p.serve(client) })
	}
}

func (p *Proxy) serve(client net.Conn) {
	if !p.wait(&link{}) {
		_ = client.Close()
		return
	}
	server, err := (&net.Dialer{}).DialContext(context.Background(), p.network, p.address)
	if err != nil {
		_ = client.Close()
		return
	}
	l := &link{ends: [2]net.Conn{client, server}}
	p.set(func() { p.links[l] = true })
	defer p.set(func() { delete(p.links, l) })
	var both sync.WaitGroup
	both.Go(func() { p.forward(l, client, server) })
	both.Go(func() { p.forward(l, server, client) })
	both.Wait()
}

// forward copies from one end to the other while it may. A black-holed end that closes is not
// reported to the other.
func (p *Proxy) forward(l *link, from, to net.Conn) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if !p.wait(l) {
			break
		}
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				break
			}
		}
		if err != nil {
			break
		}
	}
	_ = from.Close()
	_ = to.Close()
}

// wait returns once the link may forward, or false at the proxy's end.
func (p *Proxy) wait(l *link) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for (p.frozen || l.dead) && !p.closed {
		p.changed.Wait()
	}
	return !p.closed
}

func (p *Proxy) close() {
	_ = p.listener.Close()
	p.set(func() {
		p.closed = true
		for l := range p.links {
			_ = l.ends[0].Close()
			_ = l.ends[1].Close()
		}
	})
	p.running.Wait()
}
