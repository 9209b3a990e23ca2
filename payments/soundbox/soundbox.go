// Package soundbox announces payments to speakers at stalls, over MQTT. The database is the queue:
// a box reports the version up to which it has received payments and gets the later ones. Nothing
// waits in MQTT. messages.go defines the messages of both sides, receiver.go the box's side.
package soundbox

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"sync"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/prometheus/client_golang/prometheus"

	"market40/merchants/platform/seal"
	"market40/migrations/database"
	"market40/payments/feed"
)

// What one process and one box may take. README.md of cmd/market40 names them to who runs it.
const (
	// maxConns is how many boxes are connected to one process.
	maxConns = 2000
	// connsPerAddress is how many of them come from one address: a market's boxes may share one. Of
	// new boxes far fewer.
	connsPerAddress = 600
	// maxNewBoxes and newPerAddress are how many new boxes wait to be paired, in one process and of
	// one address.
	maxNewBoxes, newPerAddress = 100, 10
	// newLineLasts is how long a new box may wait on one connection.
	newLineLasts = 20 * time.Minute
	// maxPacket is the largest MQTT packet, in bytes.
	maxPacket = 4 << 10
	// packetsPerWindow is how many packets one box may send in a window.
	packetsPerWindow, packetsWindow = 100, 10 * time.Second
	// refusalsPerWindow is how many wrong passwords of one address are looked at in a window.
	refusalsPerWindow, refusalsWindow = 20, time.Minute
	// connectWithin is how long a connection may take to say who it is, TLS included.
	connectWithin = 10 * time.Second
	// keepAlive is how often a box that has nothing to say shows that it lives, in seconds; after
	// half as long again it is cut.
	keepAlive = 20
	// maxUnheard is how many messages a box is sent at most before their receipt.
	maxUnheard = 32
	// seenEvery is how often the times at which boxes were heard of are written.
	seenEvery = 10 * time.Second
	// lookEvery is how often a box's payments are looked for without a notification.
	lookEvery = 5 * time.Second
	// queryTimeout is how long the database may take for what a box says.
	queryTimeout = 5 * time.Second
)

// Soundboxes stores the boxes of stalls and sends payments to those connected to this process.
// Without Serve no box can connect, but owners can still list and revoke theirs.
type Soundboxes struct {
	db   *database.DB
	keys *seal.Keys
	feed *feed.Feed
	now  func() time.Time

	server   *mqtt.Server
	lines    *boxListener
	running  sync.WaitGroup
	stopping context.CancelFunc
}

// New returns the boxes of stalls; feed wakes it for their payments.
func New(db *database.DB, keys *seal.Keys, f *feed.Feed, now func() time.Time) *Soundboxes {
	return &Soundboxes{db: db, keys: keys, feed: f, now: now}
}

// Serve accepts boxes on a listener until Stop, over TLS if that is configured.
func (s *Soundboxes) Serve(ctx context.Context, listener net.Listener, over *tls.Config) error {
	ctx, s.stopping = context.WithCancel(ctx)
	s.lines = newBoxListener(ctx, listener)
	listener = s.lines
	if over != nil {
		listener = tls.NewListener(listener, over)
	}
	// Its log quotes packets, and so keys and passwords.
	s.server = mqtt.New(&mqtt.Options{
		Logger: slog.New(slog.DiscardHandler), SysTopicResendInterval: 60,
		Capabilities: capabilities(),
	})
	if err := s.server.AddHook(&hook{boxes: s}, nil); err != nil {
		return err
	}
	if err := s.server.AddListener(listeners.NewNet("boxes", listener)); err != nil {
		return err
	}
	s.running.Go(func() { s.writeSeen(ctx) })
	return s.server.Serve()
}

// Collectors returns the metrics of the boxes, for /metrics.
func (s *Soundboxes) Collectors() []prometheus.Collector {
	return []prometheus.Collector{prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: "market40",
		Name:      "connected_soundboxes",
		Help:      "Connections of soundboxes to this process, new boxes left out.",
	}, func() float64 {
		if s.lines == nil { // nothing listens for boxes
			return 0
		}
		return float64(s.lines.connected())
	})}
}

// capabilities returns what boxes may use of MQTT 3.1.1 and 5: no sessions, retained messages,
// wildcards or shared subscriptions.
func capabilities() *mqtt.Capabilities {
	c := mqtt.NewDefaultServerCapabilities()
	c.MaximumClients = maxConns
	c.MaximumMessageExpiryInterval = int64(ExpiresAfter / time.Second)
	c.MaximumClientWritesPending = 2 * maxUnheard
	c.MaximumSessionExpiryInterval = 0
	c.MaximumPacketSize = maxPacket
	c.ReceiveMaximum, c.MaximumInflight = 16, 16
	c.TopicAliasMaximum = 0
	c.SharedSubAvailable, c.RetainAvailable, c.WildcardSubAvailable, c.SubIDAvailable = 0, 0, 0, 0
	c.MinimumProtocolVersion = 4
	c.MaximumQos = 1
	return c
}

// Stop accepts no new connection, disconnects the boxes, and waits for messages being sent.
func (s *Soundboxes) Stop() {
	if s.server == nil {
		return
	}
	s.lines.closeAll()
	_ = s.server.Close()
	s.stopping()
	s.running.Wait()
}
