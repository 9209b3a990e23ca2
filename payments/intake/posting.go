package intake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/migrations/database"
	"market40/payments/clock"
	"market40/payments/duplicates"
	"market40/payments/feed"
	"market40/payments/ledger"
	"market40/payments/notices"
	"market40/payments/unnest"
	"market40/payments/voids"
)

const (
	// postAttempts is how often a group is tried while a case moves its payments at the same time.
	postAttempts = 3
	// purchaseWindow is the longest time between two payments that may be one purchase paid twice.
	purchaseWindow = 10 * time.Minute
)

// postingSettings sets the plans and limits of one transaction. The statements are the same for each
// group, so they are planned once; otherwise PostgreSQL plans them again for each group, to leave out
// partitions. All statements find a few rows by their keys. A plan for many rows would read a whole
// table of the register for each group. A plan made in a month's first minutes, with empty tables,
// would read the whole month for each notice.
const postingSettings = `SELECT clock_timestamp(), set_config('plan_cache_mode', 'force_generic_plan', true),
	set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
	set_config('enable_seqscan', 'off', true),
	set_config('lock_timeout', $1, true), set_config('idle_in_transaction_session_timeout', $2, true)`

// postingIdle is how long a posting may hold its locks between two statements. A stopped replica
// loses them.
const postingIdle = 5 * time.Second

// postings stores, matches and posts groups of deliveries.
type postings struct {
	db     *database.DB
	now    func() time.Time
	clock  *clock.Clock
	sealer *notices.Sealer
	book   ledger.Book
	feed   *feed.Feed
}

// posting is one group of deliveries in one transaction.
type posting struct {
	*postings
	tx         *database.Batches
	time       time.Time
	deliveries []*delivery
	lockWait   time.Duration
	register   *register
	entries    []*entry // after the keys: only new notices
	conflicts  []conflict
	transfers  []ledger.Transfer
	cases      []*openCase
	reported   duplicates.Reports
	paidBefore map[uuid.UUID]bool  // notices of a purchase that another notice paid before
	datedAhead map[uuid.UUID]int   // by connection: notices of the last day that are dated ahead
	reversed   []voids.Transaction // reversed as a whole, by voids
	batch      pgx.Batch
}

// conflict is a notice with other content than the first one of its key.
type conflict struct {
	*entry
	first  uuid.UUID  // the first notice
	market *uuid.UUID // of the first notice
}

// post stores, matches and posts a group of deliveries in one transaction, with statements for the
// whole group. Deliveries are acknowledged after the commit.
func (p *postings) post(ctx context.Context, group []*delivery, lockWait time.Duration) error {
	err := p.postOnce(ctx, group, lockWait)
	for tried := 1; tried < postAttempts && errors.Is(err, ledger.ErrAlreadyReversed); tried++ {
		err = p.postOnce(ctx, group, lockWait)
	}
	return err
}

func (p *postings) postOnce(ctx context.Context, group []*delivery, lockWait time.Duration) error {
	var posted []ledger.Transfer
	err := p.db.InBatches(ctx, func(ctx context.Context, tx *database.Batches) (*pgx.Batch, error) {
		w := &posting{postings: p, tx: tx, time: p.clock.Time(), deliveries: group, lockWait: lockWait}
		for _, do := range []func(context.Context) error{w.storeKeysAndLookUp, w.match, w.lockAndPost} {
			if err := do(ctx); err != nil {
				return nil, err
			}
		}
		w.queueDeliveries()
		w.queueNotices()
		w.queueConflicts()
		w.queueCases()
		posted = w.transfers
		return &w.batch, nil
	})
	if err != nil {
		return fmt.Errorf("post %d deliveries: %w", len(group), err)
	}
	p.feed.Announce(posted)
	return nil
}

// queueLimits sets the transaction's plans and limits. It refuses ids that are too far ahead of the
// database's clock: their partitions do not exist yet.
func (w *posting) queueLimits(batch *pgx.Batch) {
	before := w.now()
	batch.Queue(postingSettings, inMilliseconds(w.lockWait), inMilliseconds(postingIdle)).
		QueryRow(func(row pgx.Row) error {
			var database time.Time
			if err := row.Scan(&database, nil, nil, nil, nil, nil, nil); err != nil {
				return err
			}
			for _, d := range w.deliveries {
				if !d.retried() && clock.IDTime(d.id).After(database.Add(clock.TrustedOffset)) {
					w.clock.Observe(before, database, w.now())
					return clock.ErrAhead
				}
			}
			return nil
		})
}

// retried reports whether a delivery is stored already and only its notices are retried.
func (d *delivery) retried() bool { return len(d.entries) > 0 && d.entries[0].retried }

func inMilliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// match decides for every new notice where its money goes.
func (w *posting) match(ctx context.Context) error {
	if err := w.findVoids(ctx); err != nil {
		return err
	}
	for _, e := range w.entries {
		if e.decision = w.register.decide(e); e.voided { // it waits with the case of its void
			e.decision = decision{State: notices.Ignored, Why: notices.WhyReversed, Receiver: e.decision.Receiver}
		}
	}
	if err := w.countDatedAhead(ctx); err != nil {
		return err
	}
	if err := w.gatherUnknown(ctx); err != nil {
		return err
	}
	w.markReported()
	w.markPaidTwice()
	return nil
}

var purchaseColumns = unnest.Columns[*entry]{
	unnest.NewColumn("id", "uuid", func(e *entry) uuid.UUID { return e.id }),
	unnest.NewColumn("repeat", "bytea", func(e *entry) []byte { return e.repeatIndex }),
	unnest.NewColumn(
		"earliest",
		"timestamptz",
		func(e *entry) time.Time { return e.notice.OccurredAt.Add(-purchaseWindow) },
	),
	unnest.NewColumn(
		"latest",
		"timestamptz",
		func(e *entry) time.Time { return e.notice.OccurredAt.Add(purchaseWindow) },
	),
}

var selectPaidBefore = `SELECT a.id FROM ` + purchaseColumns.From("a") + `
	CROSS JOIN LATERAL (SELECT 1 FROM notices o WHERE o.repeat_index = a.repeat
	AND o.occurred_at BETWEEN a.earliest AND a.latest
		AND o.state <> 'ignored' AND o.id <> a.id LIMIT 1) o`

// queuePurchases looks for other payments of the same purchases within purchaseWindow.
func (w *posting) queuePurchases(batch *pgx.Batch, entries []*entry) {
	w.paidBefore = map[uuid.UUID]bool{}
	var purchases []*entry
	for _, e := range entries {
		if e.repeatIndex != nil {
			purchases = append(purchases, e)
		}
	}
	if len(purchases) == 0 {
		return
	}
	batch.Queue(selectPaidBefore, purchaseColumns.Arguments(purchases)...).Query(func(rows pgx.Rows) error {
		var id uuid.UUID
		_, err := pgx.ForEachRow(rows, []any{&id}, func() error {
			w.paidBefore[id] = true
			return nil
		})
		return err
	})
}

// markPaidTwice marks payments of a purchase that another payment has paid already, in the tables or
// earlier in this group.
func (w *posting) markPaidTwice() {
	var before []*entry
	for _, e := range w.entries {
		if e.repeatIndex == nil || e.decision.State == notices.Ignored || e.intended != nil {
			continue
		}
		e.paidTwice = w.paidBefore[e.id]
		for _, other := range before {
			apart := e.notice.OccurredAt.Sub(other.notice.OccurredAt).Abs()
			e.paidTwice = e.paidTwice || (bytes.Equal(other.repeatIndex, e.repeatIndex) && apart <= purchaseWindow)
		}
		before = append(before, e)
	}
}

// sides returns the ledger accounts that a decision moves money between; moves is false where it
// moves none.
func (d *decision) sides() (debit, credit ledger.Account, moves bool) {
	switch {
	case d.Reverses != nil:
		return d.Reverses.Credit, d.Reverses.Debit, true
	case d.To != nil:
		return ledger.BankAccount(d.To.Market, d.Receiver.Account), ledger.StallAccount(d.To.Market, d.To.Tenancy), true
	case d.Suspense != uuid.Nil:
		debit = ledger.BankAccount(d.Suspense, d.Receiver.Account)
		return debit, ledger.MarketAccount(ledger.Suspense, d.Suspense), true
	}
	return debit, credit, false
}

// lockAndPost locks the accounts of the transfers. It posts those that no other connection and no
// person has posted already.
func (w *posting) lockAndPost(ctx context.Context) error {
	var transfers []ledger.Transfer
	for _, e := range w.entries {
		debit, credit, moves := e.decision.sides()
		if !moves {
			continue
		}
		t := ledger.Transfer{
			ID: e.id, Debit: debit, Credit: credit, Amount: e.notice.Amount, OccurredAt: e.notice.OccurredAt,
			Reference: e.notice.Reference, Strong: e.notice.StrongReference, MemoCode: e.code(),
		}
		if e.decision.Reverses != nil {
			t.Reverses = &e.decision.Reverses.ID
		}
		transfers = append(transfers, t)
	}
	if len(transfers) == 0 {
		return nil
	}
	batch := &pgx.Batch{}
	locked := w.book.Lock(batch, transfers, w.time)
	if err := w.tx.Send(ctx, batch); err != nil {
		return fmt.Errorf("lock ledger accounts: %w", err)
	}
	posted, duplicates, err := locked.Post(&w.batch, w.time)
	if err != nil {
		return err
	}
	w.transfers = posted
	for _, e := range w.entries {
		switch first, repeated := duplicates[e.id]; {
		case repeated && first.OtherAccount:
			e.leaveAsReported()
		case repeated:
			e.decision = decision{State: notices.Ignored, Why: notices.DuplicateOf + first.Payment.String()}
		default:
			continue
		}
		e.paidTwice = false
	}
	return nil
}
