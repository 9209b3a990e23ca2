package intake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/migrations/database"
	"market40/payments/clock"
	"market40/payments/ledger"
)

const (
	// moveAttempts is how often a group is tried whose payments are being moved by a case at the
	// same time.
	moveAttempts = 3
	// twiceWindow is how far apart two payments of one purchase are taken for one paid twice.
	twiceWindow = 10 * time.Minute
)

// plansOfPosting lets one transaction plan its statements once: they are the same ever again, and
// PostgreSQL would plan them anew for each group wherever the values at hand leave out a partition.
// All of them find a few rows by their keys; with a guess of many rows the planner would read a
// whole table of the register for each group, and with a plan of a month's first minutes, when its
// tables are empty, the whole month for each notice.
const plansOfPosting = `SELECT clock_timestamp(), set_config('plan_cache_mode', 'force_generic_plan', true),
	set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
	set_config('enable_seqscan', 'off', true),
	set_config('lock_timeout', $1, true), set_config('idle_in_transaction_session_timeout', $2, true)`

// postingIdle is how long a posting may hold its locks between two statements: a replica that is
// stopped loses them.
const postingIdle = 5 * time.Second

// posting is one group of deliveries on its way into the database, in one transaction.
type posting struct {
	intake     *Intake
	tx         *database.Batches
	now        time.Time
	deliveries []*delivery
	lockWait   time.Duration
	register   *register
	entries    []*entry // new notices only, after keys
	conflicts  []conflict
	transfers  []ledger.Transfer
	cases      []*openCase
	written    map[*delivery]bool
	told       tellings
	paidBefore map[uuid.UUID]bool // notices whose purchase another one paid before
	ahead      map[uuid.UUID]int  // by connection: notices of the last day that are dated ahead
	takenBack  []Transaction      // wholly, by voids
	batch      pgx.Batch
}

type conflict struct {
	*entry
	first  uuid.UUID  // the notice that stands
	market *uuid.UUID // of that notice
}

// keep keeps, matches and posts a group of deliveries: one set-based transaction, acknowledged
// after commit.
func (in *Intake) keep(ctx context.Context, group []*delivery, lockWait time.Duration) error {
	err := in.keepOnce(ctx, group, lockWait)
	for tried := 1; tried < moveAttempts && errors.Is(err, ledger.ErrAlreadyReversed); tried++ {
		err = in.keepOnce(ctx, group, lockWait)
	}
	return err
}

func (in *Intake) keepOnce(ctx context.Context, group []*delivery, lockWait time.Duration) error {
	var posted []ledger.Transfer
	err := in.money.InBatches(ctx, func(ctx context.Context, tx *database.Batches) (*pgx.Batch, error) {
		w := &posting{
			intake: in, tx: tx, now: in.clock.Time(), deliveries: group, lockWait: lockWait,
			written: map[*delivery]bool{},
		}
		for _, step := range []func(context.Context) error{w.takeKeysAndRegister, w.match, w.lockAndPost} {
			if err := step(ctx); err != nil {
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
		return fmt.Errorf("keep %d deliveries: %w", len(group), err)
	}
	in.feed.Announce(posted)
	return nil
}

// queueLimits sets the transaction's plans and limits, and refuses ids that are too far ahead of
// the database's clock: they would lie in partitions that nobody has made yet.
func (w *posting) queueLimits(batch *pgx.Batch) {
	before := w.intake.now()
	batch.Queue(plansOfPosting, milliseconds(w.lockWait), milliseconds(postingIdle)).QueryRow(func(row pgx.Row) error {
		var database time.Time
		if err := row.Scan(&database, nil, nil, nil, nil, nil, nil); err != nil {
			return err
		}
		for _, d := range w.deliveries {
			if !d.retried() && clock.IDTime(d.id).After(database.Add(clock.TrustedOffset)) {
				w.intake.clock.Observe(before, database, w.intake.now())
				return clock.ErrAhead
			}
		}
		return nil
	})
}

// retried reports whether a delivery stands already and only its notices are tried again.
func (d *delivery) retried() bool { return len(d.entries) > 0 && d.entries[0].retried }

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// match decides for every new notice where its money goes.
func (w *posting) match(ctx context.Context) error {
	if err := w.findVoids(ctx); err != nil {
		return err
	}
	for _, e := range w.entries {
		if e.decision = w.register.decide(e); e.voided { // it waits with the case of its void
			e.decision = decision{State: Ignored, Why: WhyTakenBack, Receiver: e.decision.Receiver}
		}
	}
	if err := w.countAhead(ctx); err != nil {
		return err
	}
	if err := w.gatherUnknown(ctx); err != nil {
		return err
	}
	w.findTold()
	w.findTwice()
	return nil
}

// accountColumns selects a ledger account so that scanAccount reads it.
func accountColumns(alias string) string {
	return strings.ReplaceAll(
		`a.kind, a.market_id, coalesce(a.account_id, a.tenancy_id, '00000000-0000-0000-0000-000000000000')`, "a.",
		alias+".")
}

func scanAccount(a *ledger.Account) []any { return []any{&a.Kind, &a.Market, &a.Owner} }

// queueTwice looks for other payments of the same purchases in the last minutes.
func (w *posting) queueTwice(batch *pgx.Batch, entries []*entry) {
	w.paidBefore = map[uuid.UUID]bool{}
	var indexes [][]byte
	var from, to []time.Time
	var ids []uuid.UUID
	for _, e := range entries {
		if e.repeatIndex != nil {
			ids, indexes = append(ids, e.id), append(indexes, e.repeatIndex)
			from, to = append(from, e.notice.OccurredAt.Add(-twiceWindow)),
				append(to, e.notice.OccurredAt.Add(twiceWindow))
		}
	}
	if len(ids) == 0 {
		return
	}
	batch.Queue(`SELECT a.id FROM unnest($1::bytea[], $2::timestamptz[], $3::timestamptz[], $4::uuid[]) AS a (repeat,
		earliest, latest, id)
		CROSS JOIN LATERAL (SELECT 1 FROM notices o WHERE o.repeat_index = a.repeat
		AND o.occurred_at BETWEEN a.earliest AND a.latest
			AND o.state <> 'ignored' AND o.id <> a.id LIMIT 1) o`, indexes, from, to, ids).Query(
		func(rows pgx.Rows) error {
			var id uuid.UUID
			_, err := pgx.ForEachRow(rows, []any{&id}, func() error {
				w.paidBefore[id] = true
				return nil
			})
			return err
		})
}

// findTwice marks payments whose purchase another payment of the last minutes has paid already, in
// the tables or earlier in this group.
func (w *posting) findTwice() {
	var before []*entry
	for _, e := range w.entries {
		if e.repeatIndex == nil || e.decision.State == Ignored || e.would != nil {
			continue
		}
		e.twice = w.paidBefore[e.id]
		for _, other := range before {
			apart := e.notice.OccurredAt.Sub(other.notice.OccurredAt).Abs()
			e.twice = e.twice || (bytes.Equal(other.repeatIndex, e.repeatIndex) && apart <= twiceWindow)
		}
		before = append(before, e)
	}
}

// sides are the ledger accounts that a decision moves money between.
func (d *decision) sides() (debit, credit ledger.Account, moves bool) {
	switch {
	case d.Takes != nil:
		return d.Takes.Credit, d.Takes.Debit, true
	case d.To != nil:
		return ledger.BankAccount(d.To.Market, d.Receiver.Account), ledger.StallAccount(d.To.Market, d.To.Tenancy), true
	case d.Suspense != uuid.Nil:
		return ledger.BankAccount(
				d.Suspense,
				d.Receiver.Account,
			), ledger.MarketAccount(
				ledger.Suspense,
				d.Suspense,
			), true
	}
	return debit, credit, false
}

// lockAndPost locks what the transfers touch and posts those that no other connection and no person
// has posted already.
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
		if e.decision.Takes != nil {
			t.Reverses = &e.decision.Takes.ID
		}
		transfers = append(transfers, t)
	}
	if len(transfers) == 0 {
		return nil
	}
	batch := &pgx.Batch{}
	locked := w.intake.book.Lock(batch, transfers, w.now)
	if err := w.tx.Send(ctx, batch); err != nil {
		return fmt.Errorf("lock ledger accounts: %w", err)
	}
	posted, duplicates, err := locked.Post(&w.batch, w.now)
	if err != nil {
		return err
	}
	w.transfers = posted
	for _, e := range w.entries {
		switch first, repeated := duplicates[e.id]; {
		case repeated && first.OtherAccount:
			e.leaveAsTold()
		case repeated:
			e.decision = decision{State: Ignored, Why: duplicateOf + first.Payment.String()}
		default:
			continue
		}
		e.twice = false
	}
	return nil
}

// code is the one code found in the memo, or empty.
func (e *entry) code() string {
	if len(e.codes) == 1 {
		return e.codes[0]
	}
	return ""
}
