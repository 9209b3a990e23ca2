// Package payments takes what banks and wallets tell us, matches it to stalls and posts it to the ledger.
// A notice's way: http.go reads and verifies it, posters.go keeps it in a group, posting.go matches and
// posts that group in one database transaction, stream.go tells the stall. We never hold money.
package payments

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"market40/merchants/seal"
	"market40/migrations/database"
	"market40/payments/feed"
	"market40/payments/ledger"
)

const (
	// retryEvery is how often pending notices are tried again.
	retryEvery = 5 * time.Second
	// partitionsEvery is how often the partitions of the coming two months are looked after.
	partitionsEvery = 6 * time.Hour
)

// Payments is the way of notices into the ledger and what may be read of it.
type Payments struct {
	db          *database.DB // what people and programs ask for
	money       *database.DB // posting and what it depends on, over connections of its own
	keys        *seal.Keys
	now         func() time.Time
	book        ledger.Book
	feed        *feed.Feed
	connections *connections
	counts      *counts

	jobs     []job // of what else rests on the books
	lanes    *lanes
	running  sync.WaitGroup
	stopping chan struct{} // streams end
	stopped  chan struct{} // the posters are done
	cancel   context.CancelFunc
}

// job is done at once and then at intervals, by one of several replicas.
type job struct {
	name  string
	pause time.Duration
	do    func(context.Context) error
}

// New prepares the way in; Start opens it.
func New(db *database.DB, keys *seal.Keys, now func() time.Time) *Payments {
	p := &Payments{
		db: db, money: db.Money(), keys: keys, now: now, feed: feed.New(db.Money()), counts: newCounts(),
		lanes: newLanes(), stopping: make(chan struct{}), stopped: make(chan struct{}),
	}
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
	p.running.Go(func() { p.every(ctx, p.money, job{"retry-pending", retryEvery, p.retryPending}) })
	p.running.Go(func() { p.every(ctx, p.money, job{"partitions", partitionsEvery, p.makePartitions}) })
	for _, j := range p.jobs {
		p.running.Go(func() { p.every(ctx, p.db, j) })
	}
}

// Stop finishes the groups under way and waits for everything that Start began. Streams end first.
func (p *Payments) Stop() {
	close(p.stopping)
	p.lanes.close()
	p.cancel()
	p.running.Wait()
	close(p.stopped)
}

// every runs a job at once and then at intervals; of several replicas one does it at a time. The job's lock is held on a
// connection of db.
func (p *Payments) every(ctx context.Context, db *database.DB, j job) {
	for ctx.Err() == nil {
		if err := p.alone(ctx, db, j); err != nil && ctx.Err() == nil {
			slog.WarnContext(ctx, "a job failed", "job", j.name, "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(j.pause):
		}
	}
}

// alone runs a job under an advisory lock, or not at all when another replica holds it.
func (p *Payments) alone(ctx context.Context, db *database.DB, j job) error {
	conn, err := db.Pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	var mine bool
	id := db.LockID("job:" + j.name)
	if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, id).Scan(&mine); err != nil || !mine {
		return err
	}
	defer func() { _, _ = conn.Exec(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, id) }()
	return j.do(ctx)
}

func (p *Payments) makePartitions(ctx context.Context) error {
	_, err := p.money.Pool.Exec(ctx, `SELECT make_partitions(now() + interval '2 months')`)
	return err
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
