package intake

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"market40/payments/notices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// takeKeysAndRegister takes the keys of all new notices and reads what the register says of them
// and what was told before, in one round trip.
func (w *posting) takeKeysAndRegister(ctx context.Context) error {
	fresh := w.sortFresh()
	batch := &pgx.Batch{}
	w.queueLimits(batch)
	var taken []uuid.UUID
	w.queueKeys(batch, fresh, &taken)
	all := append(slices.Clone(w.entries), fresh...)
	w.register = queueRegister(batch, all)
	w.queueTold(batch, all)
	w.queueTwice(batch, all)
	if err := w.tx.Send(ctx, batch); err != nil {
		return fmt.Errorf("take notice keys, read the register and what was told: %w", err)
	}
	return w.sortKnown(ctx, fresh, taken)
}

// takeKeys takes the keys alone: for a delivery that is left pending.
func (w *posting) takeKeys(ctx context.Context) error {
	fresh := w.sortFresh()
	batch := &pgx.Batch{}
	w.queueLimits(batch)
	var taken []uuid.UUID
	w.queueKeys(batch, fresh, &taken)
	if err := w.tx.Send(ctx, batch); err != nil {
		return fmt.Errorf("take notice keys: %w", err)
	}
	return w.sortKnown(ctx, fresh, taken)
}

// sortFresh forgets an earlier attempt, puts notices that are tried again into entries, and gives
// the others in the order of their keys: two transactions that want the same keys never wait for
// each other in a ring.
func (w *posting) sortFresh() []*entry {
	var fresh []*entry
	for _, d := range w.deliveries {
		for _, e := range d.entries {
			e.decision, e.twice, e.original, e.stands, e.gathering = decision{}, false, nil, uuid.Nil, nil
			e.voided, e.spent, e.would = false, false, nil
			if e.retried {
				w.entries = append(w.entries, e)
			} else {
				fresh = append(fresh, e)
			}
		}
	}
	slices.SortStableFunc(fresh, func(a, b *entry) int {
		if c := bytes.Compare(a.connection.ID[:], b.connection.ID[:]); c != 0 {
			return c
		}
		if c := strings.Compare(a.notice.ExternalID, b.notice.ExternalID); c != 0 {
			return c
		}
		return bytes.Compare(a.part, b.part)
	})
	return fresh
}

// queueKeys takes (connection, external id, part) for each notice; taken are the notices that are
// new. Keys of earlier programs have no part, or that of a coarser Identity: a notice of the same
// content has been kept under such a key. One whose part is its content was ignored, and takes
// nothing from a credit.
func (w *posting) queueKeys(batch *pgx.Batch, fresh []*entry, taken *[]uuid.UUID) {
	if len(fresh) == 0 {
		return
	}
	var connections, ids []uuid.UUID
	var externals []string
	var digests, plains, parts [][]byte
	var identified []bool
	for _, e := range fresh {
		connections, ids = append(connections, e.connection.ID), append(ids, e.id)
		externals, digests = append(externals, e.notice.ExternalID), append(digests, e.digest)
		plains, parts, identified = append(plains, e.plainDigest), append(parts, e.part),
			append(identified, e.identified())
	}
	batch.Queue(`INSERT INTO notice_keys (connection_id, external_id, part, notice_id, digest)
		SELECT n.connection, n.external, n.part, n.id, n.digest
		FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::uuid[], $5::bytea[], $6::boolean[], $7::bytea[])
			AS n (connection, external, part, id, digest, identified, plain)
		WHERE NOT n.identified OR NOT EXISTS (SELECT FROM notice_keys k
			WHERE k.connection_id = n.connection AND k.external_id = n.external
			AND k.part NOT IN (n.part, substr(n.plain, 1, $8)) AND k.digest IN (n.plain, n.digest))
		ON CONFLICT DO NOTHING RETURNING notice_id`,
		connections, externals, parts, ids, digests, identified, plains, notices.PartLength).Query(
		func(rows pgx.Rows) (err error) {
			*taken, err = pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
			return err
		})
}

// identified reports whether the notice's key has a part that came with its provider's Identity.
func (e *entry) identified() bool {
	return e.notice.Identity != "" && e.notice.Ignore == ""
}

// sortKnown sorts out what is known: the same content is a retry and does nothing, other content is
// a conflict.
func (w *posting) sortKnown(ctx context.Context, fresh []*entry, taken []uuid.UUID) error {
	mine := make(map[uuid.UUID]bool, len(taken))
	for _, id := range taken {
		mine[id] = true
	}
	var known []*entry
	var connections []uuid.UUID
	var externals []string
	var parts, digests, plains [][]byte
	for _, e := range fresh {
		if mine[e.id] {
			w.entries = append(w.entries, e)
			continue
		}
		known = append(known, e)
		connections, externals = append(connections, e.connection.ID), append(externals, e.notice.ExternalID)
		parts, digests, plains = append(parts, e.part), append(digests, e.digest), append(plains, e.plainDigest)
	}
	if len(known) == 0 {
		return nil
	}
	rows, err := w.tx.Query(ctx, `SELECT w.n, k.notice_id, k.digest, n.market_id, coalesce(n.told_at, n.occurred_at),
		coalesce(n.why, ''), coalesce(n.reference, '')
		FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::bytea[], $5::bytea[]) WITH ORDINALITY AS w (connection,
		external, part, digest, plain, n)
		CROSS JOIN LATERAL (SELECT k.notice_id, k.digest FROM notice_keys k
			WHERE k.connection_id = w.connection AND k.external_id = w.external
			AND (k.part = w.part OR k.part <> substr(w.plain, 1, $6) AND k.digest IN (w.plain, w.digest))
			ORDER BY k.part = w.part DESC LIMIT 1) k
		LEFT JOIN LATERAL (SELECT n.market_id, n.told_at, n.occurred_at, n.why, n.reference FROM notices n
		WHERE n.id = k.notice_id) n ON true`,
		connections, externals, parts, digests, plains, notices.PartLength)
	if err != nil {
		return fmt.Errorf("read notice keys: %w", err)
	}
	var n int
	var first uuid.UUID
	var digest []byte
	var why, reference string
	var market *uuid.UUID
	var occurred *time.Time // nil: the first one came in this group
	_, err = pgx.ForEachRow(rows, []any{&n, &first, &digest, &market, &occurred, &why, &reference}, func() error {
		e := known[n-1]
		e.stands = first
		again := e.notice
		if e.toldAt != nil {
			again.OccurredAt = *e.toldAt // the digest is of what the bank wrote
		}
		at := again.OccurredAt
		if occurred != nil {
			at = *occurred
		}
		// the same void, told with another time
		done := again.Reverses != "" && why == WhyTakenBack && reference == again.Reference
		if !done && !w.intake.sealer.SameContent(again, digest, at) {
			w.conflicts = append(w.conflicts, conflict{e, first, market})
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read notice keys: %w", err)
	}
	return nil
}
