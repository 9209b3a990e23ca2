// Package intake is the way of notices of banks and wallets into the ledger. A notice's way:
// webhooks.go reads and verifies it, workers.go gathers it into a group, posting.go stores, matches
// and posts that group in one database transaction. We never hold money.
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
	"market40/payments/ledger"
	"market40/payments/notices"
)

// Intake is the way of notices into the ledger: it receives, verifies, stores, matches and posts
// them.
type Intake struct {
	db          *database.DB // what people and programs ask for
	money       *database.DB // posting and what it depends on, over connections of its own
	keys        *seal.Keys
	now         func() time.Time
	clock       *clock.Clock
	stamps      clock.Stamps
	sealer      *notices.Sealer
	book        ledger.Book
	feed        *feed.Feed
	connections *connections.Connections
	counts      *counts
	pending     pendingCount
	hooks       http.Handler // the routes that banks call
	bodies      *web.Budget  // of webhooks

	Jobs *jobs.Runner // runs what is done by the clock; the program has one for all

	lanes                *lanes
	stuck                *stuck
	staleLog             logLimit
	failures, pendingLog logLimit // webhooks and groups that could not be kept; notices left pending
	running              sync.WaitGroup
	stopped              chan struct{} // the workers are done
	cancel               context.CancelFunc
}

// New prepares the way in; Start opens it.
func New(db *database.DB, keys *seal.Keys, senders *connections.Connections, now func() time.Time) *Intake {
	return &Intake{
		db: db, money: db.Money(), keys: keys, now: now, clock: clock.New(now), sealer: notices.NewSealer(keys),
		feed: feed.New(db.Money()), connections: senders, counts: newCounts(), Jobs: jobs.New(db),
		bodies: web.NewWebhookBudget(),
		lanes:  newLanes(), stuck: newStuck(), stopped: make(chan struct{}),
	}
}

// Start runs the workers, the listener and the jobs until Stop; more are jobs of what else rests on
// the books.
func (in *Intake) Start(ctx context.Context, more ...jobs.Job) {
	ctx, in.cancel = context.WithCancel(ctx)
	for lane := range workers {
		in.running.Go(func() { in.post(lane) })
	}
	in.running.Go(func() { in.feed.Run(ctx) })
	list := append([]jobs.Job{
		{Name: "retry-pending", Every: retryEvery, LockOn: in.money, Do: in.retryPending},
		{
			Name: "count-pending", Every: pendingEvery, Shared: true,
			Do: func(ctx context.Context) error { return in.pending.count(ctx, in.money.Pool) },
		},
		{Name: "clock", Every: clockEvery, Shared: true, Do: func(ctx context.Context) error {
			return in.clock.Check(
				ctx, in.money.Pool)
		}},
		{
			Name: "partitions", Every: partitionsEvery, LockOn: in.money,
			Do: func(ctx context.Context) error { return database.MakePartitions(ctx, in.money.Pool) },
		},
	}, more...)
	in.running.Go(func() { in.Jobs.Run(ctx, list...) })
	in.running.Go(func() { in.connections.FlushHealth(ctx) })
}

// Stop finishes the groups under way and waits for everything that Start began.
func (in *Intake) Stop() {
	in.lanes.close()
	in.cancel()
	in.running.Wait()
	close(in.stopped)
}

// Feed wakes who waits for a ledger account.
func (in *Intake) Feed() *feed.Feed { return in.feed }

// NewID returns a UUIDv7 of the time, or of the database's where this process's clock is not to be
// believed.
func (in *Intake) NewID() uuid.UUID { return in.clock.NewID() }

// partitionsEvery is how often the partitions of the coming months are looked after.
const partitionsEvery = 6 * time.Hour

// clockEvery is how often this process holds its clock against the database's.
const clockEvery = 5 * time.Second

// ClockOff returns how far this process's clock is ahead of the database's; 0: near enough, or not
// known.
func (in *Intake) ClockOff() time.Duration { return in.clock.Off() }

// StampsOff returns how far this process's clock is ahead of the stamps of signed notices; 0: near
// enough, or not known.
func (in *Intake) StampsOff() time.Duration { return in.stamps.Off(in.now()) }
