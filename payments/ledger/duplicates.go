package ledger

import (
	"encoding/binary"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

const (
	// duplicateWindow is how far back the payments lie that a transfer may repeat. A transfer that
	// occurred earlier is compared with all payments since it occurred.
	duplicateWindow = 45 * 24 * time.Hour
	// clockSlack is how far a payment's id may lie before the time at which a bank says it
	// occurred.
	clockSlack = 48 * time.Hour
)

// ErrAlreadyReversed is a transfer that reverses a payment which another transaction has reversed in the
// meantime.
var ErrAlreadyReversed = errors.New("the payment has been reversed already")

// original is a payment that a transfer of this group reverses.
type original struct {
	occurredAt time.Time
	reversed   bool
}

// mayRepeat reports whether another connection may have told of t too: it brings money from a bank
// account, and its reference alone names the transfer.
func (t *Transfer) mayRepeat() bool { return t.Strong && t.Debit.Kind == Bank }

// repeats reports whether both transfers are one transfer of a bank: a reference that names one for
// ever, and the amount. An account that nobody has registered may be any: it can be registered
// before the transfer is told again.
func (t *Transfer) repeats(o *Transfer) (is, elsewhere bool) {
	sameAccount := t.Debit.Owner == o.Debit.Owner || t.Debit.Owner == uuid.Nil || o.Debit.Owner == uuid.Nil
	return t.Reference == o.Reference && t.Amount.Dong() == o.Amount.Dong(), !sameAccount
}

// repeat notes that a transfer repeats a payment. What came to the same account decides before what
// came to another.
func (l *Locked) repeat(t *Transfer, of uuid.UUID, elsewhere bool) {
	if known, found := l.duplicates[t.ID]; elsewhere && (t.Distinct || found && !known.OtherAccount) {
		return
	}
	l.duplicates[t.ID] = Duplicate{of, elsewhere}
}

// queueReferenceLocks makes transactions that post one strong reference wait for each other,
// whichever ledger accounts they touch: one bank account has a ledger account in each market where
// it is used.
func queueReferenceLocks(batch *pgx.Batch, transfers []Transfer) {
	var references []string
	for i := range transfers {
		if transfers[i].mayRepeat() {
			references = append(references, transfers[i].Reference)
		}
	}
	if len(references) > 0 {
		batch.Queue(`SELECT pg_advisory_xact_lock(key) FROM (
				SELECT DISTINCT hashtextextended(current_schema() || '.transfer.' || reference, 0) AS key
				FROM unnest($1::text[]) AS t (reference) ORDER BY key) k`,
			references)
	}
}

// queueDuplicates looks for payments of the same transfers: those with the same strong reference
// and amount, of the same bank account first, whatever posted them. A payment whose case was opened
// again, so that its money waits at the bank account, does not count; one that the bank took back
// does, because the transfer is over. Reliable only under the locks.
func (l *Locked) queueDuplicates(batch *pgx.Batch, now time.Time) {
	var places []int32
	var references []string
	var amounts []int64
	var owners []*uuid.UUID
	var since []uuid.UUID
	for i := range l.transfers {
		t := &l.transfers[i]
		if !t.mayRepeat() {
			continue
		}
		var owner *uuid.UUID
		if t.Debit.Owner != uuid.Nil {
			owner = &t.Debit.Owner
		}
		earliest := now.Add(-duplicateWindow)
		if occurred := t.OccurredAt.Add(-clockSlack); occurred.Before(earliest) {
			earliest = occurred
		}
		places, references, amounts = append(places, int32(i)), append(references, t.Reference),
			append(amounts, t.Amount.Dong()) //nolint:gosec // a group's place
		owners, since = append(owners, owner), append(since, idFloor(earliest))
	}
	if len(places) == 0 {
		return
	}
	batch.Queue(`SELECT t.place, p.id, p.elsewhere
		FROM unnest($1::int[], $2::text[], $3::bigint[], $4::uuid[], $5::uuid[]) AS t (place, reference, amount,
		account, since)
		CROSS JOIN LATERAL (SELECT p.id, coalesce(b.account_id <> t.account, false) AS elsewhere
			FROM payments p JOIN ledger_accounts b ON b.id = p.debit_account AND b.kind = 'bank'
			WHERE p.strong AND p.reference = t.reference AND p.amount = t.amount AND p.id >= t.since
			AND NOT EXISTS (
				WITH RECURSIVE later AS (
					SELECT r.id, r.credit_account, r.case_id FROM payments r WHERE r.reverses = p.id
					UNION ALL
					SELECT r.id, r.credit_account, r.case_id FROM later JOIN payments r ON r.reverses = later.id)
				SELECT FROM later JOIN case_steps s ON s.case_id = later.case_id AND s.payment_id = later.id
				AND s.step = 'reverse'
				WHERE later.credit_account = p.debit_account AND NOT EXISTS (SELECT FROM payments r
				WHERE r.reverses = later.id))
			ORDER BY elsewhere LIMIT 1) p`, places, references, amounts, owners, since).
		Query(func(rows pgx.Rows) error {
			var place int32
			var id uuid.UUID
			var elsewhere bool
			_, err := pgx.ForEachRow(rows, []any{&place, &id, &elsewhere}, func() error {
				l.repeat(&l.transfers[place], id, elsewhere)
				return nil
			})
			return err
		})
}

// queueOriginals reads the payments that the transfers reverse.
func (l *Locked) queueOriginals(batch *pgx.Batch) {
	var ids []uuid.UUID
	for _, t := range l.transfers {
		if t.Reverses != nil {
			ids = append(ids, *t.Reverses)
		}
	}
	if len(ids) == 0 {
		return
	}
	batch.Queue(`SELECT p.id, p.occurred_at, EXISTS (SELECT FROM payments r WHERE r.reverses = p.id)
		FROM unnest($1::uuid[]) AS w (id) CROSS JOIN LATERAL (SELECT * FROM payments p WHERE p.id = w.id) p`, ids).
		Query(func(rows pgx.Rows) error {
			var id uuid.UUID
			var o original
			_, err := pgx.ForEachRow(rows, []any{&id, &o.occurredAt, &o.reversed}, func() error {
				l.originals[id] = o
				return nil
			})
			return err
		})
}

// settle divides the transfers into those to post and duplicates of payments, and dates each
// reversal on the time of what it reverses.
func (l *Locked) settle() (post []Transfer, err error) {
	reversed := map[uuid.UUID]bool{}
	for _, t := range l.transfers {
		if t.Reverses != nil {
			first, found := l.originals[*t.Reverses]
			if !found || first.reversed || reversed[*t.Reverses] {
				return nil, ErrAlreadyReversed
			}
			reversed[*t.Reverses], t.OccurredAt = true, first.occurredAt
		}
		if t.mayRepeat() {
			for i := range post {
				if is, elsewhere := post[i].repeats(&t); is && post[i].mayRepeat() {
					l.repeat(&t, post[i].ID, elsewhere)
				}
			}
			if _, repeated := l.duplicates[t.ID]; repeated {
				continue
			}
		}
		post = append(post, t)
	}
	return post, nil
}

// idFloor is the smallest UUIDv7 of a moment (RFC 9562, section 5.7), as the SQL function id_floor
// gives it.
func idFloor(at time.Time) (id uuid.UUID) {
	binary.BigEndian.PutUint64(id[:], uint64(max(at.UnixMilli(), 0))<<16)
	return id
}
