// Package intake brings the notices of banks and wallets into the ledger. webhooks.go reads and
// verifies a notice, workers.go puts it into a group, and posting.go stores, matches and posts that
// group in one database transaction. We never hold money.
package intake

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"

	"market40/merchants/platform/jobs"
	"market40/merchants/platform/seal"
	"market40/merchants/platform/web"
	"market40/migrations/database"
	"market40/payments/clock"
	"market40/payments/connections"
	"market40/payments/feed"
	"market40/payments/notices"
	"market40/payments/received"
)

// Intake receives, verifies, stores, matches and posts notices.
type Intake struct {
	money       *database.DB // for posting and what it depends on, with connections of its own
	now         func() time.Time
	clock       *clock.Clock
	stamps      *clock.Stamps
	sealer      *notices.Sealer
	feed        *feed.Feed
	connections *connections.Connections
	entries     *entries
	postings    *postings
	retries     *retries
	workers     *workers
	webhooks    *webhooks
	counts      *counts
	pending     pendingCount
	received    *received.Lists
	routes      http.Handler // the routes that banks call

	Jobs *jobs.Runner // runs the scheduled jobs of the whole program

	running sync.WaitGroup
	cancel  context.CancelFunc
}

// New prepares the intake; Start opens it.
func New(db *database.DB, keys *seal.Keys, senders *connections.Connections, now func() time.Time) *Intake {
	in := &Intake{
		money: db.Money(), now: now, clock: clock.New(now), stamps: &clock.Stamps{},
		sealer: notices.NewSealer(keys), connections: senders, counts: newCounts(), Jobs: jobs.New(db),
	}
	logs := &logLimits{}
	in.received = received.New(db, in.sealer)
	in.feed = feed.New(in.money)
	in.entries = &entries{keys: keys, sealer: in.sealer, connections: senders, now: now}
	in.postings = &postings{db: in.money, now: now, clock: in.clock, sealer: in.sealer, feed: in.feed}
	in.retries = &retries{entries: in.entries, postings: in.postings, log: &logs.pending}
	in.workers = newWorkers(in.postings, logs, in.counts.groups)
	in.webhooks = &webhooks{
		entries: in.entries, workers: in.workers, clock: in.clock, stamps: in.stamps, counts: in.counts,
		bodies: web.NewWebhookBudget(), logs: logs,
	}
	return in
}

// Start runs the workers, the listener and the scheduled jobs until Stop. more are further jobs that
// depend on the books.
func (in *Intake) Start(ctx context.Context, more ...jobs.Job) {
	ctx, in.cancel = context.WithCancel(ctx)
	in.workers.start()
	in.running.Go(func() { in.feed.Run(ctx) })
	list := append([]jobs.Job{
		{Name: "retry-pending", Every: retryEvery, LockOn: in.money, Do: in.retries.run},
		{
			Name: "count-pending", Every: pendingEvery, Shared: true,
			Do: func(ctx context.Context) error { return in.pending.count(ctx, in.money.Pool) },
		},
		{
			Name: "clock", Every: clockEvery, Shared: true,
			Do: func(ctx context.Context) error { return in.clock.Check(ctx, in.money.Pool) },
		},
		{
			Name: "partitions", Every: partitionsEvery, LockOn: in.money,
			Do: func(ctx context.Context) error { return database.MakePartitions(ctx, in.money.Pool) },
		},
	}, more...)
	in.running.Go(func() { in.Jobs.Run(ctx, list...) })
	in.running.Go(func() { in.connections.FlushHealth(ctx) })
}

// Stop finishes the groups in progress and waits for everything that Start began.
func (in *Intake) Stop() {
	in.workers.close()
	in.cancel()
	in.workers.running.Wait()
	in.running.Wait()
	close(in.workers.stopped)
}

// Feed returns the feed that wakes readers of a ledger account.
func (in *Intake) Feed() *feed.Feed { return in.feed }

// NewID returns a UUIDv7 of the current time. It uses the database's time where this process's clock
// is too far off.
func (in *Intake) NewID() uuid.UUID { return in.clock.NewID() }

// partitionsEvery is how often the partitions of the coming months are created.
const partitionsEvery = 6 * time.Hour

// clockEvery is how often this process's clock is compared with the database's.
const clockEvery = 5 * time.Second

// ClockOff returns how far this process's clock is ahead of the database's; 0: near enough, or
// unknown.
func (in *Intake) ClockOff() time.Duration { return in.clock.Off() }

// StampsOff returns how far this process's clock is ahead of the stamps of signed notices; 0: near
// enough, or unknown.
func (in *Intake) StampsOff() time.Duration { return in.stamps.Off(in.now()) }
