// Package feed wakes whoever waits for a stall's payments, on every replica, for what has been
// committed. A wake-up carries no payment: the reader asks the database for what is newer than the
// version it saw.
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
	// maxNamed is how many accounts one notification names; beyond that it wakes everybody. A
	// payload of NOTIFY stays below 8,000 bytes.
	maxNamed = 200
	// reconnectAfter is how long a lost listener waits before it connects again.
	reconnectAfter = time.Second
	// heartbeat is how long the listener hears nothing until it asks whether its connection still
	// leads anywhere, and answerWithin how long an answer may take.
	heartbeat    = 10 * time.Second
	answerWithin = 2 * time.Second
)

// Feed is the wake-up of one process.
type Feed struct {
	db      *database.DB
	channel string
	mu      sync.Mutex
	waiting map[uuid.UUID]map[chan struct{}]bool
	untold  map[uuid.UUID]bool // announced here, not yet to other processes
	news    chan struct{}
	beat    time.Duration
}

// New is a feed over db; Run listens.
func New(db *database.DB) *Feed {
	return &Feed{
		db: db, channel: db.Channel(channelName), waiting: map[uuid.UUID]map[chan struct{}]bool{},
		untold: map[uuid.UUID]bool{}, news: make(chan struct{}, 1), beat: heartbeat,
	}
}

// Announce wakes those who wait for the stalls of committed payments: in this process at once, in
// every other by one notification for all that was announced meanwhile. It is called after the
// commit and outside of it, because NOTIFY holds a lock of the whole server until its transaction
// is on disk: inside, two posters could not commit at the same time. Should the process die in
// between, the streams find the payments by looking for themselves.
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

// Wake wakes those who wait for some ledger accounts, as Announce does.
func (f *Feed) Wake(accounts ...uuid.UUID) {
	if len(accounts) == 0 {
		return
	}
	f.mu.Lock()
	for _, id := range accounts {
		f.untold[id] = true
		for c := range f.waiting[id] {
			signal(c)
		}
	}
	f.mu.Unlock()
	signal(f.news)
}

// tell notifies the other processes of whatever was announced, without a timer.
func (f *Feed) tell(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.news:
		}
		f.mu.Lock()
		untold := f.untold
		f.untold = map[uuid.UUID]bool{}
		f.mu.Unlock()
		var list strings.Builder
		if len(untold) <= maxNamed {
			for id := range untold {
				list.WriteString(hex.EncodeToString(id[:]))
			}
		}
		if err := f.notify(ctx, list.String()); err != nil && ctx.Err() == nil {
			slog.WarnContext(ctx, "payments were not announced to other processes", "error", err)
		}
	}
}

// notify tells the other processes, or gives up soon: their streams look for themselves.
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

// Run tells and listens until ctx ends. While the connection is lost nobody is woken; after it is
// back everybody is, so that nothing said in between is missed.
func (f *Feed) Run(ctx context.Context) {
	var telling sync.WaitGroup
	telling.Go(func() { f.tell(ctx) })
	defer telling.Wait()
	for ctx.Err() == nil {
		if err := f.listen(ctx); err != nil && ctx.Err() == nil {
			slog.WarnContext(ctx, "the payment feed lost its connection", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(reconnectAfter):
		}
	}
}

func (f *Feed) listen(ctx context.Context) error {
	conn, err := pgx.ConnectConfig(ctx, f.db.Pool.Config().ConnConfig)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerWithin)
		defer cancel()
		_ = conn.Close(ctx)
	}()
	if err := f.ask(ctx, conn, "LISTEN "+pgx.Identifier{f.channel}.Sanitize()); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	f.wakeAll()
	for {
		n, err := f.hear(ctx, conn)
		switch {
		case err != nil:
			return fmt.Errorf("wait: %w", err)
		case n != nil:
			f.wake(n.Payload)
		}
	}
}

// hear waits for one notification. After a heartbeat without any it asks for an answer, and returns
// nil with it.
func (f *Feed) hear(ctx context.Context, conn *pgx.Conn) (*pgconn.Notification, error) {
	waiting, cancel := context.WithTimeout(ctx, f.beat)
	defer cancel()
	n, err := conn.WaitForNotification(waiting)
	if err == nil || ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded) {
		return n, err
	}
	return nil, f.ask(ctx, conn, "SELECT 1")
}

func (f *Feed) ask(ctx context.Context, conn *pgx.Conn, sql string) error {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	_, err := conn.Exec(ctx, sql)
	return err
}

// wake wakes the accounts that a payload names, all when it names none.
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
