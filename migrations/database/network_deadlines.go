package database

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// How long a server that says nothing is waited for. The server's own limits do not help when it
// hangs, or when a firewall or a proxy drops what is sent.
const (
	// connectTimeout is how long a new connection may take until it can be used.
	connectTimeout = 5 * time.Second
	// pingTimeout is how long an idle connection may take to answer before another one is opened.
	pingTimeout = 2 * time.Second
	// answerGrace is how much longer than statementTimeout an answer is waited for.
	answerGrace = 5 * time.Second
	// unackedTimeout is how long the kernel waits for the other side to acknowledge what was sent.
	unackedTimeout = 10 * time.Second

	keepAliveIdle     = 10 * time.Second
	keepAliveInterval = 5 * time.Second
	keepAliveProbes   = 3
)

// ErrSilent reports a server that did not answer within its statement limit and answerGrace.
// Its connection is closed; whether the statement was done is not known.
var ErrSilent error = silence{}

// silence is the error of a server that hangs.
type silence struct{}

func (silence) Error() string { return "the database does not answer" }

// Away reports that the database cannot be reached, to code that answers requests.
func (silence) Away() bool { return true }

// boundWaits limits every wait for the server. A statement without a limit is waited for without
// one.
func boundWaits(cfg *pgxpool.Config, statement time.Duration) {
	cfg.PingTimeout = pingTimeout
	if cfg.ConnConfig.ConnectTimeout == 0 || cfg.ConnConfig.ConnectTimeout > connectTimeout {
		cfg.ConnConfig.ConnectTimeout = connectTimeout
	}
	dialer := &net.Dialer{
		Timeout: connectTimeout,
		KeepAliveConfig: net.KeepAliveConfig{
			Enable: true, Idle: keepAliveIdle, Interval: keepAliveInterval,
			Count: keepAliveProbes,
		},
		ControlContext: limitUnacked,
	}
	cfg.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dialer.DialContext(ctx, network, address)
		if err != nil || statement == 0 {
			return conn, err
		}
		return &boundedConn{Conn: conn, limit: statement + answerGrace}, nil
	}
}

// boundedConn ends a read or write that takes longer than limit. A deadline that its user sets
// comes first.
type boundedConn struct {
	net.Conn
	limit time.Duration

	mu  sync.Mutex
	set bool // the user has set a deadline
}

// Read reads, or returns ErrSilent after limit.
func (c *boundedConn) Read(b []byte) (int, error) {
	if err := c.extend(c.Conn.SetReadDeadline); err != nil {
		return 0, err
	}
	n, err := c.Conn.Read(b)
	return n, c.silent(err)
}

// Write writes, or returns ErrSilent after limit.
func (c *boundedConn) Write(b []byte) (int, error) {
	if err := c.extend(c.Conn.SetWriteDeadline); err != nil {
		return 0, err
	}
	n, err := c.Conn.Write(b)
	return n, c.silent(err)
}

// extend sets the limit of the next read or write unless the user has set one.
func (c *boundedConn) extend(setDeadline func(time.Time) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.set {
		return nil
	}
	return setDeadline(time.Now().Add(c.limit))
}

// silent turns our own timeout into ErrSilent, which is no net.Error: pgx then closes the
// connection.
func (c *boundedConn) silent(err error) error {
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.set {
		return err
	}
	return fmt.Errorf("%w within %s", ErrSilent, c.limit)
}

// SetDeadline sets the user's deadline; the zero time removes it.
func (c *boundedConn) SetDeadline(t time.Time) error { return c.setUser(t, c.Conn.SetDeadline) }

// SetReadDeadline sets the user's deadline for reads; the zero time removes it.
func (c *boundedConn) SetReadDeadline(t time.Time) error { return c.setUser(t, c.Conn.SetReadDeadline) }

// SetWriteDeadline sets the user's deadline for writes; the zero time removes it.
func (c *boundedConn) SetWriteDeadline(t time.Time) error {
	return c.setUser(t, c.Conn.SetWriteDeadline)
}

func (c *boundedConn) setUser(t time.Time, setDeadline func(time.Time) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.set = !t.IsZero()
	return setDeadline(t)
}
