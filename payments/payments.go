// Package payments is what may be read of a stall's payments: lists, days, shifts, the stream, and
// who looked.
package payments

import (
	"context"
	"sync"
	"time"

	"market40/migrations/database"
	"market40/payments/feed"
)

// Payments is what a stall, and whoever may, reads of its payments.
type Payments struct {
	db      *database.DB
	now     func() time.Time
	feed    *feed.Feed
	streams *streams

	running  sync.WaitGroup
	stopping chan struct{} // streams end
	cancel   context.CancelFunc
}

// New reads payments; feed wakes the streams of those who wait for them.
func New(db *database.DB, feed *feed.Feed, now func() time.Time) *Payments {
	p := &Payments{db: db, now: now, feed: feed, stopping: make(chan struct{})}
	p.streams = newStreams(p)
	return p
}

// Start looks after the open streams until Stop.
func (p *Payments) Start(ctx context.Context) {
	ctx, p.cancel = context.WithCancel(ctx)
	p.running.Go(func() { p.streams.run(ctx) })
}

// Stop ends the streams. It comes before that of the intake, which wakes them.
func (p *Payments) Stop() {
	close(p.stopping)
	p.streams.hangUp()
	p.cancel()
	p.running.Wait()
}
