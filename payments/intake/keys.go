package intake

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/payments/notices"
	"market40/payments/unnest"
)

// storeKeysAndLookUp stores the keys of new notices. In the same round trip it reads what the
// register says about all notices, and which transfers and purchases were reported before.
func (w *posting) storeKeysAndLookUp(ctx context.Context) error {
	fresh := w.splitRetried()
	batch := &pgx.Batch{}
	w.queueLimits(batch)
	var stored []uuid.UUID
	w.queueKeys(batch, fresh, &stored)
	all := append(slices.Clone(w.entries), fresh...)
	w.register = queueRegister(batch, all)
	w.queueReported(batch, all)
	w.queuePurchases(batch, all)
	if err := w.tx.Send(ctx, batch); err != nil {
		return fmt.Errorf("store notice keys and look up notices: %w", err)
	}
	return w.splitRepeats(ctx, fresh, stored)
}

// storeKeys stores only the keys, for a delivery that is left pending.
func (w *posting) storeKeys(ctx context.Context) error {
	fresh := w.splitRetried()
	batch := &pgx.Batch{}
	w.queueLimits(batch)
	var stored []uuid.UUID
	w.queueKeys(batch, fresh, &stored)
	if err := w.tx.Send(ctx, batch); err != nil {
		return fmt.Errorf("store notice keys: %w", err)
	}
	return w.splitRepeats(ctx, fresh, stored)
}

// splitRetried puts notices that are retried into w.entries and returns the others in the order of
// their keys, so that no two transactions deadlock on keys. It resets an earlier attempt.
func (w *posting) splitRetried() []*entry {
	var fresh []*entry
	for _, d := range w.deliveries {
		for _, e := range d.entries {
			if e.reset(); e.retried {
				w.entries = append(w.entries, e)
			} else {
				fresh = append(fresh, e)
			}
		}
	}
	slices.SortStableFunc(fresh, func(a, b *entry) int {
		return cmp.Or(bytes.Compare(a.connection.ID[:], b.connection.ID[:]),
			strings.Compare(a.notice.ExternalID, b.notice.ExternalID), bytes.Compare(a.part, b.part))
	})
	return fresh
}

var keyColumns = unnest.Columns[*entry]{
	unnest.NewColumn("connection_id", "uuid", func(e *entry) uuid.UUID { return e.connection.ID }),
	unnest.NewColumn("external_id", "text", func(e *entry) string { return e.notice.ExternalID }),
	unnest.NewColumn("part", "bytea", func(e *entry) []byte { return e.part }),
	unnest.NewColumn("id", "uuid", func(e *entry) uuid.UUID { return e.id }),
	unnest.NewColumn("digest", "bytea", func(e *entry) []byte { return e.digest }),
	unnest.NewColumn("identified", "boolean", (*entry).hasIdentity),
	unnest.NewColumn("plain", "bytea", func(e *entry) []byte { return e.plainDigest }),
}

// insertKeys stores (connection, external id, part) of each notice and returns the notices that are
// new. Keys of earlier programs have no part, or that of a coarser Identity. A notice with the
// content of such a key is not new. A key that has its content as its part was of an ignored notice,
// and does not count against a credit.
var insertKeys = `INSERT INTO notice_keys (connection_id, external_id, part, notice_id, digest)
	SELECT n.connection_id, n.external_id, n.part, n.id, n.digest FROM ` + keyColumns.From("n") + `
	WHERE NOT n.identified OR NOT EXISTS (SELECT FROM notice_keys k
		WHERE k.connection_id = n.connection_id AND k.external_id = n.external_id
		AND k.part NOT IN (n.part, substr(n.plain, 1, ` + keyColumns.Further(1) + `)) AND k.digest IN (n.plain, n.digest))
	ON CONFLICT DO NOTHING RETURNING notice_id`

// queueKeys stores the keys of notices; stored receives the ids of the new ones.
func (w *posting) queueKeys(batch *pgx.Batch, fresh []*entry, stored *[]uuid.UUID) {
	if len(fresh) == 0 {
		return
	}
	batch.Queue(insertKeys, keyColumns.Arguments(fresh, notices.PartLength)...).Query(func(rows pgx.Rows) (err error) {
		*stored, err = pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
		return err
	})
}

// hasIdentity reports whether the part of the notice's key comes from its provider's Identity.
func (e *entry) hasIdentity() bool { return e.notice.Identity != "" && e.notice.Ignore == "" }

var knownColumns = unnest.Columns[*entry]{
	unnest.NewColumn("connection_id", "uuid", func(e *entry) uuid.UUID { return e.connection.ID }),
	unnest.NewColumn("external_id", "text", func(e *entry) string { return e.notice.ExternalID }),
	unnest.NewColumn("part", "bytea", func(e *entry) []byte { return e.part }),
	unnest.NewColumn("digest", "bytea", func(e *entry) []byte { return e.digest }),
	unnest.NewColumn("plain", "bytea", func(e *entry) []byte { return e.plainDigest }),
}

// selectFirst reads the first notice of each known key; its time is NULL where the first notice is
// in this group.
var selectFirst = `SELECT w.n, k.notice_id, k.digest, n.market_id, coalesce(n.told_at, n.occurred_at),
	coalesce(n.why, ''), coalesce(n.reference, '')
	FROM ` + knownColumns.FromNumbered("w", "n") + `
	CROSS JOIN LATERAL (SELECT k.notice_id, k.digest FROM notice_keys k
		WHERE k.connection_id = w.connection_id AND k.external_id = w.external_id
		AND (k.part = w.part OR k.part <> substr(w.plain, 1, ` + knownColumns.Further(1) + `)
			AND k.digest IN (w.plain, w.digest))
		ORDER BY k.part = w.part DESC LIMIT 1) k
	LEFT JOIN LATERAL (SELECT n.market_id, n.told_at, n.occurred_at, n.why, n.reference FROM notices n
	WHERE n.id = k.notice_id) n ON true`

// splitRepeats puts the new notices into w.entries and compares the others with the first notice of
// their key. Equal content is a repeat and changes nothing; other content is a conflict.
func (w *posting) splitRepeats(ctx context.Context, fresh []*entry, stored []uuid.UUID) error {
	isNew := make(map[uuid.UUID]bool, len(stored))
	for _, id := range stored {
		isNew[id] = true
	}
	var known []*entry
	for _, e := range fresh {
		if isNew[e.id] {
			w.entries = append(w.entries, e)
		} else {
			known = append(known, e)
		}
	}
	if len(known) == 0 {
		return nil
	}
	rows, err := w.tx.Query(ctx, selectFirst, knownColumns.Arguments(known, notices.PartLength)...)
	if err != nil {
		return fmt.Errorf("read notice keys: %w", err)
	}
	var n int
	var first firstNotice
	_, err = pgx.ForEachRow(rows, []any{
		&n, &first.id, &first.digest, &first.market, &first.time, &first.why, &first.reference,
	}, func() error {
		e := known[n-1]
		if e.firstID = first.id; w.differs(e, &first) {
			w.conflicts = append(w.conflicts, conflict{e, first.id, first.market})
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read notice keys: %w", err)
	}
	return nil
}

// firstNotice is the first notice of a key.
type firstNotice struct {
	id             uuid.UUID
	digest         []byte
	market         *uuid.UUID
	time           *time.Time // as the bank wrote it; nil: the notice is in this group
	why, reference string
}

// differs reports whether a notice has other content than the first notice of its key.
func (w *posting) differs(e *entry, first *firstNotice) bool {
	again := e.notice
	if e.bankTime != nil {
		again.OccurredAt = *e.bankTime // the digest is of what the bank wrote
	}
	at := again.OccurredAt
	if first.time != nil {
		at = *first.time
	}
	// the same void, reported with another time
	done := again.Reverses != "" && first.why == notices.WhyReversed && first.reference == again.Reference
	return !done && !w.sealer.SameContent(again, first.digest, at)
}
