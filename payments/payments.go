// Package payments reads a stall's payments: lists, days, shifts, and the live stream. Readings are
// recorded in the access log.
package payments

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"market40/migrations/database"
	"market40/payments/feed"
)

// Payments reads the payments of stalls for callers who may read them.
type Payments struct {
	db      *database.DB
	now     func() time.Time
	feed    *feed.Feed
	streams *streams

	running  sync.WaitGroup
	stopping chan struct{} // streams end
	cancel   context.CancelFunc
}

// New returns the payments of a database; feed wakes their streams.
func New(db *database.DB, feed *feed.Feed, now func() time.Time) *Payments {
	p := &Payments{db: db, now: now, feed: feed, stopping: make(chan struct{})}
	p.streams = newStreams(p)
	return p
}

// Start supervises the open streams until Stop.
func (p *Payments) Start(ctx context.Context) {
	ctx, p.cancel = context.WithCancel(ctx)
	p.running.Go(func() { p.streams.run(ctx) })
}

// Collectors returns the metrics of the streams, for /metrics.
func (p *Payments) Collectors() []prometheus.Collector {
	return []prometheus.Collector{prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: "market40", Name: "open_streams", Help: "Live streams that this process serves.",
	}, func() float64 { return float64(p.streams.count()) })}
}

// Stop ends the streams. Call it before the intake's Stop, which wakes them.
func (p *Payments) Stop() {
	close(p.stopping)
	p.streams.hangUp()
	p.cancel()
	p.running.Wait()
}
