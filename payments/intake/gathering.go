package intake

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/payments/notices"
	"market40/payments/unnest"
)

// accountsGathered is how many unknown accounts of one connection have an open case each. Notices
// for further accounts share one more case, so that a feed of foreign accounts does not hide the
// cases of others.
const accountsGathered = 100

// gathered are the notices of a group that wait in one case.
type gathered struct {
	id    uuid.UUID // of the gathering
	first *entry
	count int
}

var gatheredColumns = unnest.Columns[*gathered]{
	unnest.NewColumn(
		"id",
		"uuid",
		func(g *gathered) uuid.UUID { return caseID(notices.UnknownAccount, g.first.id, nil) },
	),
	unnest.NewColumn("gathering", "uuid", func(g *gathered) uuid.UUID { return g.id }),
	unnest.NewColumn("connection_id", "uuid", func(g *gathered) uuid.UUID { return g.first.connection.ID }),
	unnest.NewColumn("notice_id", "uuid", func(g *gathered) uuid.UUID { return g.first.id }),
	unnest.NewColumn("delivery_id", "uuid", func(g *gathered) uuid.UUID { return g.first.delivery.id }),
	unnest.NewColumn("notices", "int", func(g *gathered) int { return g.count }),
}

var insertGathered = `INSERT INTO cases (` + gatheredColumns.Names() + `, kind, state, opened_at)
	SELECT g.*, ` + gatheredColumns.Further(1) + `, 'open', ` + gatheredColumns.Further(2) + `
	FROM ` + gatheredColumns.From("g") + `
	ON CONFLICT (gathering) WHERE gathering IS NOT NULL AND state = 'open' DO UPDATE
	SET notices = cases.notices + excluded.notices`

// gatherUnknown counts notices for unknown accounts in the open case of their account, or opens one.
// It runs before the ledger's locks, because a decision about a case also locks the case first.
func (w *posting) gatherUnknown(ctx context.Context) error {
	groups, err := w.groupUnknown(ctx)
	if err != nil || len(groups) == 0 {
		return err
	}
	rows := slices.SortedFunc(maps.Values(groups), func(a, b *gathered) int {
		return bytes.Compare(a.id[:], b.id[:])
	})
	batch := &pgx.Batch{}
	batch.Queue(insertGathered, gatheredColumns.Arguments(rows, notices.UnknownAccount, w.time)...)
	if err := w.tx.Send(ctx, batch); err != nil {
		return fmt.Errorf("gather notices for unknown accounts: %w", err)
	}
	return nil
}

// groupUnknown groups the notices for unknown accounts by connection and account.
func (w *posting) groupUnknown(ctx context.Context) (map[uuid.UUID]*gathered, error) {
	var unknown []*entry
	open := map[uuid.UUID]map[uuid.UUID]bool{} // by connection: the gatherings of its open cases
	for _, e := range w.entries {
		if e.decision.Case == notices.UnknownAccount {
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
		return nil, fmt.Errorf("find open cases of unknown accounts: %w", err)
	}
	var connection, gathering uuid.UUID
	if _, err = pgx.ForEachRow(rows, []any{&connection, &gathering},
		func() error { open[connection][gathering] = true; return nil }); err != nil {
		return nil, fmt.Errorf("find open cases of unknown accounts: %w", err)
	}
	groups := map[uuid.UUID]*gathered{}
	for _, e := range unknown {
		gathering := caseID(notices.UnknownAccount, e.connection.ID, e.accountIndex)
		if known := open[e.connection.ID]; !known[gathering] && len(known) >= accountsGathered {
			gathering = caseID(notices.UnknownAccount, e.connection.ID, nil)
		}
		open[e.connection.ID][gathering], e.gathering = true, &gathering
		if groups[gathering] == nil {
			groups[gathering] = &gathered{id: gathering, first: e}
		}
		groups[gathering].count++
	}
	return groups, nil
}
