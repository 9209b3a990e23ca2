package feed_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"market40/migrations/database"
	"market40/migrations/database/dbtest"
	"market40/payments/feed"
	"market40/payments/ledger"
)

// patience is how long a wake-up may take on a busy machine; silence is how long none may come.
const (
	patience = time.Minute
	silence  = 300 * time.Millisecond
)

// transfer returns a payment of a stall, and the stall's account.
func transfer() (ledger.Transfer, uuid.UUID) {
	market := uuid.New()
	stall := ledger.StallAccount(market, uuid.New())
	return ledger.Transfer{Debit: ledger.BankAccount(market, uuid.Nil), Credit: stall}, stall.ID()
}

func wantWake(t *testing.T, woken <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-woken:
	case <-time.After(patience):
		t.Fatalf("%s was not woken", what)
	}
}

func wantSilence(t *testing.T, woken <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-woken:
		t.Errorf("%s was woken", what)
	case <-time.After(silence):
	}
}

// listening starts the feed of one more process and waits until it listens.
func listening(t *testing.T, db *database.DB) *feed.Feed {
	t.Helper()
	f := feed.New(db)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	woken, leave := f.Wait(uuid.New())
	go func() { defer close(done); f.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	wantWake(t, woken, "a reader of a new listener") // it may have missed something
	leave()
	return f
}

// TestWakesInThisProcess announces without a listener.
func TestWakesInThisProcess(t *testing.T) {
	t.Parallel()
	f := feed.New(dbtest.New(t))
	paid, account := transfer()
	woken, leave := f.Wait(account)
	other, _ := f.Wait(uuid.New())
	f.Announce([]ledger.Transfer{paid})
	wantWake(t, woken, "the reader of the account")
	wantSilence(t, other, "the reader of another account")
	f.Announce([]ledger.Transfer{paid})
	f.Announce([]ledger.Transfer{paid})
	wantWake(t, woken, "the reader of the account")
	wantSilence(t, woken, "a reader that was woken already")
	leave()
	f.Announce([]ledger.Transfer{paid})
	wantSilence(t, woken, "a reader that left")
}

// TestWakesOtherProcesses announces in one process for readers of another.
func TestWakesOtherProcesses(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	here, there := listening(t, db), listening(t, db)
	paid, account := transfer()
	woken, _ := there.Wait(account)
	other, _ := there.Wait(uuid.New())
	here.Announce([]ledger.Transfer{paid})
	wantWake(t, woken, "the reader of the account")
	wantSilence(t, other, "the reader of another account")

	// more accounts than one notification names: everybody is woken
	many := make([]uuid.UUID, 201)
	for i := range many {
		many[i] = uuid.New()
	}
	here.Wake(many...)
	wantWake(t, other, "the reader of another account")
}

// TestLostConnection ends the listeners' connections: what was announced meanwhile is not missed.
func TestLostConnection(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	f := listening(t, db)
	woken, _ := f.Wait(uuid.New())
	tag, err := db.Pool.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = current_database() AND query ILIKE 'listen %'`)
	if err != nil || tag.RowsAffected() == 0 {
		t.Fatalf("%d listeners were ended: %v", tag.RowsAffected(), err)
	}
	wantWake(t, woken, "a reader after the connection was lost")
}
