// Package payments takes what banks and wallets tell us, matches it to stalls and posts it to the ledger.
// A notice's way: http.go reads and verifies it, posters.go keeps it in a group, posting.go matches and
// posts that group in one database transaction, stream.go tells the stall. We never hold money.
package payments

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"

	"market40/merchants/edge"
	"market40/merchants/jobs"
	"market40/merchants/seal"
	"market40/migrations/database"
	"market40/payments/feed"
	"market40/payments/ledger"
)

// Payments is the way of notices into the ledger and what may be read of it.
type Payments struct {
	db          *database.DB // what people and programs ask for
	money       *database.DB // posting and what it depends on, over connections of its own
	keys        *seal.Keys
	now         func() time.Time
	clock       *clock
	stamps      stampClock
	book        ledger.Book
	feed        *feed.Feed
	connections *connections
	counts      *counts
	health      tallies
	pending     pendingCount
	hooks       http.Handler // the routes that banks call
	bodies      *edge.Budget // of webhooks
	streams     *streams

	Jobs *jobs.Runner // runs what is done by the clock; the program has one for all

	more                 []jobs.Job // of what else rests on the books
	lanes                *lanes
	stuck                *stuck
	staleLog             logLimit
	failures, pendingLog logLimit // webhooks and groups that could not be kept; notices left pending
	running              sync.WaitGroup
	stopping             chan struct{} // streams end
	stopped              chan struct{} // the posters are done
	cancel               context.CancelFunc
}

// New prepares the way in; Start opens it.
func New(db *database.DB, keys *seal.Keys, now func() time.Time) *Payments {
	p := &Payments{
		db: db, money: db.Money(), keys: keys, now: now, clock: &clock{now: now}, feed: feed.New(db.Money()), counts: newCounts(), Jobs: jobs.New(db),
		bodies: edge.NewWebhookBudget(),
		lanes:  newLanes(), stuck: newStuck(), stopping: make(chan struct{}), stopped: make(chan struct{}),
	}
	p.streams = newStreams(p)
	p.connections = &connections{Payments: p, kept: map[uuid.UUID]*connection{}}
	return p
}

// Start runs the posters, the listener and the jobs until Stop.
func (p *Payments) Start(ctx context.Context) {
	ctx, p.cancel = context.WithCancel(ctx)
	for lane := range posters {
		p.running.Go(func() { p.post(lane) })
	}
	p.running.Go(func() { p.feed.Run(ctx) })
	p.running.Go(func() { p.streams.run(ctx) })
	list := append([]jobs.Job{
		{Name: "retry-pending", Every: retryEvery, LockOn: p.money, Do: p.retryPending},
		{Name: "count-pending", Every: pendingEvery, Shared: true, Do: p.countPending},
		{Name: "clock", Every: clockEvery, Shared: true, Do: p.checkClock},
		{Name: "partitions", Every: partitionsEvery, LockOn: p.money, Do: p.makePartitions},
	}, p.more...)
	p.running.Go(func() { p.Jobs.Run(ctx, list...) })
	p.running.Go(func() { p.flushHealth(ctx) })
}

// Stop finishes the groups under way and waits for everything that Start began. Streams end first.
func (p *Payments) Stop() {
	close(p.stopping)
	p.streams.hangUp()
	p.lanes.close()
	p.cancel()
	p.running.Wait()
	close(p.stopped)
}

// particulars opens what is sealed of a notice; of an erased merchant's nothing is left.
func (p *Payments) particulars(ctx context.Context, id uuid.UUID, sealed []byte) (particulars, error) {
	var told particulars
	if len(sealed) == 0 {
		return told, nil
	}
	plain, err := p.keys.Open(ctx, particularsPlace(id), sealed)
	if err != nil {
		return told, err
	}
	return told, json.Unmarshal(plain, &told)
}
