package soundbox

import (
	"context"
	"crypto/tls"
	"maps"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	mqtt "github.com/mochi-mqtt/server/v2"
)

// lines are the connections of a listener, counted by address.
type lines struct {
	net.Listener
	ctx     context.Context
	mu      sync.Mutex
	all     map[*line]bool
	open    map[string]int // by address
	waiting map[string]int // those of them that are new boxes
	new     int
	refused map[string]*window
}

// window counts what happens in a time.
type window struct {
	began time.Time
	count int
}

// past counts one more, and says whether it is past a limit.
func (w *window) past(now time.Time, limit int, length time.Duration) bool {
	if now.Sub(w.began) >= length {
		w.began, w.count = now, 0
	}
	w.count++
	return w.count > limit
}

// openLines accepts connections from a listener.
func openLines(ctx context.Context, listener net.Listener) *lines {
	return &lines{
		Listener: listener, ctx: ctx, open: map[string]int{}, waiting: map[string]int{},
		refused: map[string]*window{}, all: map[*line]bool{},
	}
}

// line is one connection. What it is of is known once it has said who it is.
type line struct {
	net.Conn
	lines   *lines
	ctx     context.Context // ends with it
	cancel  context.CancelFunc
	address string
	once    sync.Once
	packets window

	client  *mqtt.Client // what the broker knows it as; nil until it says who it is
	id      uuid.UUID    // its own, stored as soundboxes.line_id
	box     *member      // nil: a new box
	isNew   bool
	name    uuid.UUID   // of the box
	seen    atomic.Bool // it said something since that was last written
	greeted chan Greeting
}

// Accept waits for a connection; one that is too many is closed at once.
func (l *lines) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if made := l.take(conn); made != nil {
			return made, nil
		}
		_ = conn.Close()
	}
}

// take counts a connection and returns its line, or nil if there are too many.
func (l *lines) take(conn net.Conn) *line {
	address := addressOf(conn)
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.all) >= maxLines || l.open[address] >= linesPerAddress ||
		conn.SetDeadline(time.Now().Add(connectWithin)) != nil {
		return nil
	}
	made := &line{Conn: conn, lines: l, address: address, id: uuid.New(), greeted: make(chan Greeting, 1)}
	made.ctx, made.cancel = context.WithCancel(l.ctx)
	l.all[made] = true
	l.open[address]++
	return made
}

// closeAll ends the listener and every line, those too that have not said who they are.
func (l *lines) closeAll() {
	_ = l.Listener.Close() // the broker closes it once more
	l.mu.Lock()
	open := slices.Collect(maps.Keys(l.all))
	l.mu.Unlock()
	for _, line := range open {
		_ = line.Close()
	}
}

func addressOf(conn net.Conn) string {
	host, _, err := net.SplitHostPort(conn.RemoteAddr().String())
	if err != nil {
		return conn.RemoteAddr().String()
	}
	return host
}

// lineOf returns the line below a connection, with or without TLS.
func lineOf(conn net.Conn) *line {
	if outer, is := conn.(*tls.Conn); is {
		conn = outer.NetConn()
	}
	l, _ := conn.(*line)
	return l
}

// Close ends the line and gives its places back.
func (l *line) Close() error {
	l.once.Do(func() {
		l.cancel()
		l.lines.mu.Lock()
		defer l.lines.mu.Unlock()
		delete(l.lines.all, l)
		down(l.lines.open, l.address)
		if l.isNew {
			l.lines.new--
			down(l.lines.waiting, l.address)
		}
	})
	return l.Conn.Close()
}

func down(counts map[string]int, key string) {
	if counts[key]--; counts[key] <= 0 {
		delete(counts, key)
	}
}

// takeNew reserves a place for a new box to wait, and reports whether there was one.
func (l *line) takeNew() bool {
	l.lines.mu.Lock()
	defer l.lines.mu.Unlock()
	if l.lines.new >= newLines || l.lines.waiting[l.address] >= newPerAddress || l.ctx.Err() != nil {
		return false
	}
	l.isNew = true
	l.lines.new++
	l.lines.waiting[l.address]++
	return true
}

// mayTry reports whether an address may try another password.
func (l *line) mayTry(now time.Time) bool {
	l.lines.mu.Lock()
	defer l.lines.mu.Unlock()
	w := l.lines.refused[l.address]
	return w == nil || now.Sub(w.began) >= refusalsWindow || w.count < refusalsPerWindow
}

// refuse counts a wrong password of an address. What is counted is forgotten all at once, when it
// is much.
func (l *line) refuse(now time.Time) {
	l.lines.mu.Lock()
	defer l.lines.mu.Unlock()
	if len(l.lines.refused) > maxLines {
		clear(l.lines.refused)
	}
	w := l.lines.refused[l.address]
	if w == nil {
		w = &window{}
		l.lines.refused[l.address] = w
	}
	w.past(now, refusalsPerWindow, refusalsWindow)
}

// seen returns the lines that sent something since the last call.
func (l *lines) seen() (ids []uuid.UUID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range l.all {
		if line.seen.Swap(false) {
			ids = append(ids, line.id)
		}
	}
	return ids
}
