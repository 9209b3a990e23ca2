package ledger

import (
	"encoding/binary"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/payments/unnest"
)

const (
	// duplicateWindow is the age of the payments that a transfer is compared with. A transfer that
	// occurred earlier is compared with all payments since it occurred.
	duplicateWindow = 45 * 24 * time.Hour
	// clockSlack is how much earlier than the bank's time of a payment its id may be.
	clockSlack = 48 * time.Hour
)

// ErrAlreadyReversed is a transfer that reverses a payment which another transaction has reversed
// meanwhile.
var ErrAlreadyReversed = errors.New("the payment has been reversed already")

// original is a payment that a transfer of this group reverses.
type original struct {
	occurredAt time.Time
	reversed   bool
}

// comparable reports whether another connection may have reported t too: t brings money from a bank
// account, and its reference alone identifies the transfer.
func (t *Transfer) comparable() bool { return t.Strong && t.Debit.Kind == Bank }

// duplicates reports whether both are one transfer of a bank: equal strong references and equal
// amounts. An unregistered account may be any account: it may be registered before the transfer is
// reported again.
func (t *Transfer) duplicates(o *Transfer) (same, otherAccount bool) {
	sameAccount := t.Debit.Owner == o.Debit.Owner || t.Debit.Owner == uuid.Nil || o.Debit.Owner == uuid.Nil
	return t.Reference == o.Reference && t.Amount.Dong() == o.Amount.Dong(), !sameAccount
}

// addDuplicate records that a payment has posted a transfer. A payment from the same account wins
// over one from another. One from another account does not count for a Distinct transfer.
func (l *Locked) addDuplicate(t *Transfer, d Duplicate) {
	if known, found := l.duplicates[t.ID]; d.OtherAccount && (t.Distinct || found && !known.OtherAccount) {
		return
	}
	l.duplicates[t.ID] = d
}

// queueReferenceLocks locks the strong references, so that transactions which post one reference
// run one after the other. Account locks are not enough: one bank account has a ledger account in
// each market that uses it.
func queueReferenceLocks(batch *pgx.Batch, transfers []Transfer) {
	var references []string
	for i := range transfers {
		if transfers[i].comparable() {
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

// comparedTransfer is a transfer that is compared with payments.
type comparedTransfer struct {
	*Transfer
	index int       // in the group
	since uuid.UUID // the first id of a payment to compare with
}

var comparedColumns = unnest.Columns[comparedTransfer]{
	unnest.NewColumn(
		"index",
		"int",
		func(c comparedTransfer) int32 { return int32(c.index) },
	), //nolint:gosec // of a group
	unnest.NewColumn("reference", "text", func(c comparedTransfer) string { return c.Reference }),
	unnest.NewColumn("amount", "bigint", func(c comparedTransfer) int64 { return c.Amount.Dong() }),
	unnest.NewColumn("account", "uuid", func(c comparedTransfer) *uuid.UUID { return c.Debit.ownerOf(Bank) }),
	unnest.NewColumn("since", "uuid", func(c comparedTransfer) uuid.UUID { return c.since }),
}

var selectDuplicates = `SELECT t.index, p.id, p.other_account FROM ` + comparedColumns.From("t") + `
	CROSS JOIN LATERAL (SELECT p.id, coalesce(b.account_id <> t.account, false) AS other_account
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
		ORDER BY other_account LIMIT 1) p`

// queueDuplicates looks for payments of the same transfers: equal strong reference and amount, the
// same bank account first, whatever posted them. A payment with a reopened case does not count,
// because its money waits at the bank account. One that the bank took back does: that transfer is
// over. The result is only reliable under the locks.
func (l *Locked) queueDuplicates(batch *pgx.Batch, now time.Time) {
	var compared []comparedTransfer
	for i := range l.transfers {
		t := &l.transfers[i]
		if !t.comparable() {
			continue
		}
		earliest := now.Add(-duplicateWindow)
		if occurred := t.OccurredAt.Add(-clockSlack); occurred.Before(earliest) {
			earliest = occurred
		}
		compared = append(compared, comparedTransfer{t, i, idFloor(earliest)})
	}
	if len(compared) == 0 {
		return
	}
	batch.Queue(selectDuplicates, comparedColumns.Arguments(compared)...).Query(func(rows pgx.Rows) error {
		var index int32
		var d Duplicate
		_, err := pgx.ForEachRow(rows, []any{&index, &d.Payment, &d.OtherAccount}, func() error {
			l.addDuplicate(&l.transfers[index], d)
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

// settle returns the transfers to post, without the duplicates of payments and of each other. It
// gives each reversal the time of what it reverses.
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
		if t.comparable() {
			for i := range post {
				if same, otherAccount := post[i].duplicates(&t); same && post[i].comparable() {
					l.addDuplicate(&t, Duplicate{post[i].ID, otherAccount})
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

// idFloor returns the smallest UUIDv7 of a moment (RFC 9562, section 5.7), like the SQL function
// id_floor.
func idFloor(at time.Time) (id uuid.UUID) {
	binary.BigEndian.PutUint64(id[:], uint64(max(at.UnixMilli(), 0))<<16)
	return id
}
