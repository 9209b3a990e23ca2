// Package intake is the way of notices of banks and wallets into the ledger. A notice's way: webhooks.go reads and verifies it,
// workers.go gathers it into a group, posting.go stores, matches and posts that group in one database transaction. We never hold money.
package intake

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"

	"market40/merchants/edge"
	"market40/merchants/jobs"
	"market40/merchants/seal"
	"market40/migrations/database"
	"market40/payments/connections"
	"market40/payments/feed"
	"market40/payments/ledger"
)

// Intake is the way of notices into the ledger: it receives, verifies, stores, matches and posts them.
type Intake struct {
	db          *database.DB // what people and programs ask for
	money       *database.DB // posting and what it depends on, over connections of its own
	keys        *seal.Keys
	now         func() time.Time
	clock       *clock
	stamps      stampClock
	book        ledger.Book
	feed        *feed.Feed
	connections *connections.Connections
	counts      *counts
	pending     pendingCount
	hooks       http.Handler // the routes that banks call
	bodies      *edge.Budget // of webhooks

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
		db: db, money: db.Money(), keys: keys, now: now, clock: &clock{now: now}, feed: feed.New(db.Money()), connections: senders, counts: newCounts(), Jobs: jobs.New(db),
		bodies: edge.NewWebhookBudget(),
		lanes:  newLanes(), stuck: newStuck(), stopped: make(chan struct{}),
	}
}

// Start runs the workers, the listener and the jobs until Stop; more are jobs of what else rests on the books.
func (p *Intake) Start(ctx context.Context, more ...jobs.Job) {
	ctx, p.cancel = context.WithCancel(ctx)
	for lane := range workers {
		p.running.Go(func() { p.post(lane) })
	}
	p.running.Go(func() { p.feed.Run(ctx) })
	list := append([]jobs.Job{
		{Name: "retry-pending", Every: retryEvery, LockOn: p.money, Do: p.retryPending},
		{Name: "count-pending", Every: pendingEvery, Shared: true, Do: p.countPending},
		{Name: "clock", Every: clockEvery, Shared: true, Do: p.checkClock},
		{Name: "partitions", Every: partitionsEvery, LockOn: p.money, Do: p.makePartitions},
	}, more...)
	p.running.Go(func() { p.Jobs.Run(ctx, list...) })
	p.running.Go(func() { p.connections.FlushHealth(ctx) })
}

// Stop finishes the groups under way and waits for everything that Start began.
func (p *Intake) Stop() {
	p.lanes.close()
	p.cancel()
	p.running.Wait()
	close(p.stopped)
}

// Feed wakes who waits for a ledger account.
func (p *Intake) Feed() *feed.Feed { return p.feed }

// NewID returns a UUIDv7 of the time, or of the database's where this process's clock is not to be believed.
func (p *Intake) NewID() uuid.UUID { return p.clock.newID() }
