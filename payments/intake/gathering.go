package intake

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// accountsGathered is how many unknown accounts of one connection have an open case each. What
// comes for further ones shares one more case: a feed of somebody else's accounts must not bury the
// cases of others.
const accountsGathered = 100

// gathered are the notices of a group that wait in one case.
type gathered struct {
	first *entry
	count int
}

// gatherUnknown counts the notices for unknown accounts in the open case of their account, and
// opens one where there is none. It runs before the ledger's locks, because who decides about a
// case locks the case first too.
func (w *posting) gatherUnknown(ctx context.Context) error {
	groups, err := w.groupUnknown(ctx)
	if err != nil || len(groups) == 0 {
		return err
	}
	var ids, gatherings, connections, notices, deliveries []uuid.UUID
	var counts []int
	for _, gathering := range slices.SortedFunc(maps.Keys(groups), func(a, b uuid.UUID) int {
		return bytes.Compare(a[:],
			b[:])
	}) {
		g := groups[gathering]
		ids, gatherings = append(ids, caseID(unknownAccount, g.first.id, nil)), append(gatherings, gathering)
		connections, notices = append(connections, g.first.connection.ID), append(notices, g.first.id)
		deliveries, counts = append(deliveries, g.first.delivery.id), append(counts, g.count)
	}
	batch := &pgx.Batch{}
	batch.Queue(`INSERT INTO cases (id, kind, state, connection_id, notice_id, delivery_id, opened_at, gathering,
		notices)
		SELECT g.id, $1, 'open', g.connection, g.notice, g.delivery, $2, g.gathering, g.n
		FROM unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], $8::int[]) AS g (id, gathering,
		connection, notice, delivery, n)
		ON CONFLICT (gathering) WHERE gathering IS NOT NULL AND state = 'open' DO UPDATE
		SET notices = cases.notices + excluded.notices`,
		unknownAccount, w.now, ids, gatherings, connections, notices, deliveries, counts)
	if err := w.tx.Send(ctx, batch); err != nil {
		return fmt.Errorf("gather notices for unknown accounts: %w", err)
	}
	return nil
}

// groupUnknown groups the notices for unknown accounts by connection and account.
func (w *posting) groupUnknown(ctx context.Context) (map[uuid.UUID]*gathered, error) {
	var unknown []*entry
	open := map[uuid.UUID]map[uuid.UUID]bool{} // by connection: what its open cases gather
	for _, e := range w.entries {
		if e.decision.Case == unknownAccount {
			unknown, open[e.connection.ID] = append(unknown, e), map[uuid.UUID]bool{}
		}
	}
	if len(unknown) == 0 {
		return nil, nil
	}
	rows, err := w.tx.Query(ctx, `SELECT connection_id, gathering FROM cases WHERE connection_id = ANY ($1)
		AND gathering IS NOT NULL AND state = 'open'`,
		slices.Collect(maps.Keys(open)))
	if err != nil {
		return nil, fmt.Errorf("find what cases gather: %w", err)
	}
	var connection, gathering uuid.UUID
	if _, err = pgx.ForEachRow(rows, []any{&connection, &gathering},
		func() error { open[connection][gathering] = true; return nil }); err != nil {
		return nil, fmt.Errorf("find what cases gather: %w", err)
	}
	groups := map[uuid.UUID]*gathered{}
	for _, e := range unknown {
		gathering := caseID(unknownAccount, e.connection.ID, e.accountIndex)
		if known := open[e.connection.ID]; !known[gathering] && len(known) >= accountsGathered {
			gathering = caseID(unknownAccount, e.connection.ID, nil)
		}
		open[e.connection.ID][gathering], e.gathering = true, &gathering
		if groups[gathering] == nil {
			groups[gathering] = &gathered{first: e}
		}
		groups[gathering].count++
	}
	return groups, nil
}
