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

// boxListener are the connections of a listener, counted by address.
type boxListener struct {
	net.Listener
	ctx     context.Context
	mu      sync.Mutex
	all     map[*boxConn]bool
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

// newBoxListener accepts connections from a listener.
func newBoxListener(ctx context.Context, listener net.Listener) *boxListener {
	return &boxListener{
		Listener: listener, ctx: ctx, open: map[string]int{}, waiting: map[string]int{},
		refused: map[string]*window{}, all: map[*boxConn]bool{},
	}
}

// boxConn is one connection. Its box is known after CONNECT.
type boxConn struct {
	net.Conn
	listener *boxListener
	ctx      context.Context // ends with it
	cancel   context.CancelFunc
	address  string
	once     sync.Once
	packets  window

	client  *mqtt.Client // what the broker knows it as; nil until it says who it is
	id      uuid.UUID    // its own, stored as soundboxes.line_id
	box     *member      // nil: a new box
	isNew   bool
	name    uuid.UUID   // of the box
	active  atomic.Bool // it said something since that was last written
	greeted chan Greeting
}

// Accept waits for a connection; one that is too many is closed at once.
func (l *boxListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if made := l.addConn(conn); made != nil {
			return made, nil
		}
		_ = conn.Close()
	}
}

// addConn counts a connection and returns its boxConn, or nil if there are too many.
func (l *boxListener) addConn(conn net.Conn) *boxConn {
	address := addressOf(conn)
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.all) >= maxConns || l.open[address] >= connsPerAddress ||
		conn.SetDeadline(time.Now().Add(connectWithin)) != nil {
		return nil
	}
	made := &boxConn{Conn: conn, listener: l, address: address, id: uuid.New(), greeted: make(chan Greeting, 1)}
	made.ctx, made.cancel = context.WithCancel(l.ctx)
	l.all[made] = true
	l.open[address]++
	return made
}

// closeAll ends the listener and every connection, also those before CONNECT.
func (l *boxListener) closeAll() {
	_ = l.Listener.Close() // the broker closes it once more
	l.mu.Lock()
	open := slices.Collect(maps.Keys(l.all))
	l.mu.Unlock()
	for _, conn := range open {
		_ = conn.Close()
	}
}

func addressOf(conn net.Conn) string {
	host, _, err := net.SplitHostPort(conn.RemoteAddr().String())
	if err != nil {
		return conn.RemoteAddr().String()
	}
	return host
}

// boxConnOf returns the boxConn below a connection, with or without TLS.
func boxConnOf(conn net.Conn) *boxConn {
	if outer, is := conn.(*tls.Conn); is {
		conn = outer.NetConn()
	}
	l, _ := conn.(*boxConn)
	return l
}

// Close ends the connection and frees its slots.
func (l *boxConn) Close() error {
	l.once.Do(func() {
		l.cancel()
		l.listener.mu.Lock()
		defer l.listener.mu.Unlock()
		delete(l.listener.all, l)
		decrease(l.listener.open, l.address)
		if l.isNew {
			l.listener.new--
			decrease(l.listener.waiting, l.address)
		}
	})
	return l.Conn.Close()
}

func decrease(counts map[string]int, key string) {
	if counts[key]--; counts[key] <= 0 {
		delete(counts, key)
	}
}

// reserveNew reserves a place for a new box to wait, and reports whether there was one.
func (l *boxConn) reserveNew() bool {
	l.listener.mu.Lock()
	defer l.listener.mu.Unlock()
	if l.listener.new >= maxNewBoxes || l.listener.waiting[l.address] >= newPerAddress || l.ctx.Err() != nil {
		return false
	}
	l.isNew = true
	l.listener.new++
	l.listener.waiting[l.address]++
	return true
}

// mayTry reports whether an address may try another password.
func (l *boxConn) mayTry(now time.Time) bool {
	l.listener.mu.Lock()
	defer l.listener.mu.Unlock()
	w := l.listener.refused[l.address]
	return w == nil || now.Sub(w.began) >= refusalsWindow || w.count < refusalsPerWindow
}

// refuse counts a wrong password of an address. What is counted is forgotten all at once, when it
// is much.
func (l *boxConn) refuse(now time.Time) {
	l.listener.mu.Lock()
	defer l.listener.mu.Unlock()
	if len(l.listener.refused) > maxConns {
		clear(l.listener.refused)
	}
	w := l.listener.refused[l.address]
	if w == nil {
		w = &window{}
		l.listener.refused[l.address] = w
	}
	w.past(now, refusalsPerWindow, refusalsWindow)
}

// connected returns how many connections there are besides those of new boxes.
func (l *boxListener) connected() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.all) - l.new
}

// takeSeen returns the ids of the connections that sent something since the last call.
func (l *boxListener) takeSeen() (ids []uuid.UUID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for conn := range l.all {
		if conn.active.Swap(false) {
			ids = append(ids, conn.id)
		}
	}
	return ids
}
