package jobs

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"market40/migrations/database"
)

// leaderEvery is how often a replica that does not lead tries to.
const leaderEvery = 2 * time.Second

// Leader chooses one of all replicas: the one that holds the lock of a name. Another replica
// follows within seconds when it stops, hangs or loses the database.
type Leader struct {
	db    *database.DB
	name  string
	leads atomic.Bool
}

// NewLeader prepares the choice; Run takes part in it.
func NewLeader(db *database.DB, name string) *Leader { return &Leader{db: db, name: name} }

// Run leads, or waits to lead, until ctx ends. While this replica leads, one connection holds the
// lock.
func (l *Leader) Run(ctx context.Context) {
	for ctx.Err() == nil {
		err := RunExclusive(ctx, l.db, l.name, func(ctx context.Context) error {
			l.leads.Store(true)
			defer l.leads.Store(false)
			<-ctx.Done()
			return ctx.Err()
		})
		if ctx.Err() == nil && !errors.Is(err, ErrElsewhere) {
			slog.DebugContext(ctx, "this replica does not lead any more", "lock", l.name, "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(leaderEvery):
		}
	}
}

// Leads reports whether this replica leads now.
func (l *Leader) Leads() bool { return l.leads.Load() }

// Only returns a collector that collects nothing while this replica does not lead. What all replicas
// would count alike is exported once, so that its sum is right.
func (l *Leader) Only(of ...prometheus.Collector) prometheus.Collector { return &led{l, of} }

// led is a collector of the leader.
type led struct {
	leader *Leader
	of     []prometheus.Collector
}

// Describe sends the descriptions of all that Collect may send.
func (d *led) Describe(to chan<- *prometheus.Desc) {
	for _, c := range d.of {
		c.Describe(to)
	}
}

// Collect sends the metrics, if this replica leads.
func (d *led) Collect(to chan<- prometheus.Metric) {
	for _, c := range d.of {
		if !d.leader.Leads() {
			return
		}
		c.Collect(to)
	}
}
