// Package feed wakes the readers of a stall's payments, on every replica, after a commit. A wake-up
// contains no payment: the reader queries the database for what is newer than its version.
package feed

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"market40/migrations/database"
	"market40/payments/ledger"
)

const (
	channelName = "payments"
	// maxNamed is how many accounts one notification names; with more it wakes all readers. The
	// payload of NOTIFY must be below 8,000 bytes.
	maxNamed = 200
	// reconnectAfter is how long a lost listener waits before it connects again.
	reconnectAfter = time.Second
	// heartbeat is how long the listener waits for a notification before it tests its connection, and
	// answerWithin how long an answer may take.
	heartbeat    = 10 * time.Second
	answerWithin = 2 * time.Second
)

// Feed wakes the readers of one process, and notifies the feeds of the others.
type Feed struct {
	db      *database.DB
	channel string
	mu      sync.Mutex
	waiting map[uuid.UUID]map[chan struct{}]bool
	pending map[uuid.UUID]bool // announced here, not yet to other processes
	news    chan struct{}
	beat    time.Duration
}

// New returns a feed over db; Run listens.
func New(db *database.DB) *Feed {
	return &Feed{
		db: db, channel: db.Channel(channelName), waiting: map[uuid.UUID]map[chan struct{}]bool{},
		pending: map[uuid.UUID]bool{}, news: make(chan struct{}, 1), beat: heartbeat,
	}
}

// Announce wakes the readers of the stalls of committed payments: in this process at once, in every
// other by one notification for all announcements since the last one. Call it after the commit.
// NOTIFY holds a lock of the whole server until its transaction is on disk, so inside of it no two
// workers could commit at once. If the process ends in between, the streams find the payments by
// their own polling.
func (f *Feed) Announce(transfers []ledger.Transfer) {
	named := map[uuid.UUID]bool{}
	for _, t := range transfers {
		for _, a := range []ledger.Account{t.Debit, t.Credit} {
			if a.Kind == ledger.Stall {
				named[a.ID()] = true
			}
		}
	}
	f.Wake(slices.Collect(maps.Keys(named))...)
}

// Wake wakes the readers of ledger accounts, like Announce.
func (f *Feed) Wake(accounts ...uuid.UUID) {
	if len(accounts) == 0 {
		return
	}
	f.mu.Lock()
	for _, id := range accounts {
		f.pending[id] = true
		for c := range f.waiting[id] {
			signal(c)
		}
	}
	f.mu.Unlock()
	signal(f.news)
}

// notifyOthers notifies the other processes of all announcements, without a timer.
func (f *Feed) notifyOthers(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.news:
		}
		f.mu.Lock()
		pending := f.pending
		f.pending = map[uuid.UUID]bool{}
		f.mu.Unlock()
		var list strings.Builder
		if len(pending) <= maxNamed {
			for id := range pending {
				list.WriteString(hex.EncodeToString(id[:]))
			}
		}
		if err := f.notify(ctx, list.String()); err != nil && ctx.Err() == nil {
			slog.WarnContext(ctx, "payments were not announced to other processes", "error", err)
		}
	}
}

// notify sends one notification. It gives up after answerWithin: the other processes' streams poll
// too.
func (f *Feed) notify(ctx context.Context, payload string) error {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	_, err := f.db.Pool.Exec(ctx, `SELECT pg_notify($1, $2)`, f.channel, payload)
	return err
}

// Wait registers for wake-ups of a ledger account. The channel holds one wake-up; cancel ends it.
func (f *Feed) Wait(account uuid.UUID) (woken <-chan struct{}, cancel func()) {
	c := make(chan struct{}, 1)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.waiting[account] == nil {
		f.waiting[account] = map[chan struct{}]bool{}
	}
	f.waiting[account][c] = true
	return c, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.waiting[account], c)
		if len(f.waiting[account]) == 0 {
			delete(f.waiting, account)
		}
	}
}

// Run notifies and listens until ctx ends. While the connection is lost no reader is woken; after a
// reconnect all readers are, so that they miss nothing. The log has one line for the loss, and one
// for the reconnect.
func (f *Feed) Run(ctx context.Context) {
	var running sync.WaitGroup
	running.Go(func() { f.notifyOthers(ctx) })
	defer running.Wait()
	var lost time.Time
	for ctx.Err() == nil {
		err := f.listen(ctx, func() {
			if !lost.IsZero() {
				slog.InfoContext(ctx, "the payment feed is connected to the database again", "after",
					time.Since(lost).Round(time.Second))
			}
			lost = time.Time{}
		})
		if err != nil && ctx.Err() == nil && lost.IsZero() {
			lost = time.Now()
			slog.WarnContext(ctx, "the payment feed lost its connection to the database", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(reconnectAfter):
		}
	}
}

// listen wakes readers until the connection is lost. It calls connected once it listens.
func (f *Feed) listen(ctx context.Context, connected func()) error {
	conn, err := pgx.ConnectConfig(ctx, f.db.Pool.Config().ConnConfig)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerWithin)
		defer cancel()
		_ = conn.Close(ctx)
	}()
	if err := f.execute(ctx, conn, "LISTEN "+pgx.Identifier{f.channel}.Sanitize()); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	connected()
	f.wakeAll()
	for {
		n, err := f.receive(ctx, conn)
		switch {
		case err != nil:
			return fmt.Errorf("wait: %w", err)
		case n != nil:
			f.wake(n.Payload)
		}
	}
}

// receive waits for one notification. After a heartbeat without any it tests the connection and
// returns nil.
func (f *Feed) receive(ctx context.Context, conn *pgx.Conn) (*pgconn.Notification, error) {
	waiting, cancel := context.WithTimeout(ctx, f.beat)
	defer cancel()
	n, err := conn.WaitForNotification(waiting)
	if err == nil || ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded) {
		return n, err
	}
	return nil, f.execute(ctx, conn, "SELECT 1")
}

func (f *Feed) execute(ctx context.Context, conn *pgx.Conn, sql string) error {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	_, err := conn.Exec(ctx, sql)
	return err
}

// wake wakes the readers of the accounts that a payload names; all readers when it names none.
func (f *Feed) wake(payload string) {
	const width = 2 * len(uuid.UUID{})
	if payload == "" {
		f.wakeAll()
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for ; len(payload) >= width; payload = payload[width:] {
		raw, err := hex.DecodeString(payload[:width])
		if err != nil {
			continue
		}
		for c := range f.waiting[uuid.UUID(raw)] {
			signal(c)
		}
	}
}

func (f *Feed) wakeAll() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, waiting := range f.waiting {
		for c := range waiting {
			signal(c)
		}
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
