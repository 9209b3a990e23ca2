package payments

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/access/signin"
	"market40/migrations/database"
	"market40/payments/unnest"
)

// run checks the open streams until ctx ends.
func (s *streams) run(ctx context.Context) {
	ticks := time.NewTicker(checkEvery)
	defer ticks.Stop()
	s.checked = time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
		began := time.Now()
		if err := s.check(ctx); err == nil {
			s.checked = began
			continue
		} else if ctx.Err() == nil && !database.IsUnreachable(err) {
			slog.WarnContext(ctx, "the open streams could not be checked", "error", err)
		}
		if time.Since(s.checked) > endAfter {
			s.endAll()
		}
	}
}

// check ends the streams with an ended right and wakes the channels that are behind, with a few
// queries for all streams.
func (s *streams) check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	s.mu.Lock()
	open := make([]*stream, 0, len(s.open))
	for st := range s.open {
		open = append(open, st)
	}
	s.mu.Unlock()
	if len(open) == 0 {
		return nil
	}
	if err := s.endWithRights(ctx, open); err != nil {
		return err
	}
	return s.wakeBehind(ctx)
}

var rightColumns = unnest.Columns[*stream]{
	unnest.NewColumn("tenancy", "uuid", func(st *stream) uuid.UUID { return st.right.tenancy }),
	unnest.NewColumn("kind", "text", func(st *stream) string { return string(st.right.caller.ScopeKind) }),
	unnest.NewColumn("scope", "uuid", func(st *stream) *uuid.UUID { return st.right.caller.ScopeID }),
}

// selectEnded selects the numbers of the streams of ended tenancies, or outside the caller's scope.
// Only a locality and dated scopes can lose a market; the others name what they see.
var selectEnded = `SELECT r.n FROM ` + rightColumns.FromNumbered("r", "n") + `
	LEFT JOIN tenancies t ON t.id = r.tenancy
	WHERE NOT coalesce(upper_inf(t.valid), false) OR r.kind IN ('locality', 'dated')
	AND t.market_id NOT IN (SELECT scope_markets(r.kind, r.scope))`

// endWithRights ends the streams of callers who lost the right to them.
func (s *streams) endWithRights(ctx context.Context, open []*stream) error {
	var callers []roles.Principal
	var called []*stream
	for _, st := range open {
		if !st.right.anyone {
			callers, called = append(callers, st.right.caller), append(called, st)
		}
	}
	last, err := signin.StillValid(ctx, s.p.db, s.p.now(), callers)
	if err != nil {
		return err
	}
	for i, st := range called {
		if !last[i] {
			st.end()
		}
	}
	rows, err := s.p.db.Pool.Query(ctx, selectEnded, rightColumns.Arguments(open)...)
	if err != nil {
		return fmt.Errorf("read the streams' tenancies: %w", err)
	}
	ended, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return fmt.Errorf("read the streams' tenancies: %w", err)
	}
	for _, n := range ended {
		open[n-1].end()
	}
	return nil
}

// wakeBehind wakes the channels with new payments or changed soundboxes.
func (s *streams) wakeBehind(ctx context.Context) error {
	s.mu.Lock()
	channels := make(map[uuid.UUID]*channel, len(s.channels))
	accounts := make([]uuid.UUID, 0, len(s.channels))
	for account, at := range s.channels {
		channels[account], accounts = at, append(accounts, account)
	}
	s.mu.Unlock()
	rows, err := s.p.db.Pool.Query(ctx, `SELECT id, version FROM ledger_accounts WHERE id = ANY ($1)`, accounts)
	if err != nil {
		return fmt.Errorf("read the streams' versions: %w", err)
	}
	versions := map[uuid.UUID]int64{}
	var id uuid.UUID
	var version int64
	if _, err := pgx.ForEachRow(rows, []any{&id, &version},
		func() error { versions[id] = version; return nil }); err != nil {
		return fmt.Errorf("read the streams' versions: %w", err)
	}
	speakers, err := s.p.speakers(ctx, accounts)
	if err != nil {
		return err
	}
	for account, at := range channels {
		at.mu.Lock()
		behind, changed := at.opened && versions[account] > at.upTo, at.opened && at.speaker != speakers[account]
		if changed {
			at.speaker = speakers[account]
		}
		at.mu.Unlock()
		if behind {
			notify(at.woken)
		}
		if changed {
			s.wake(at)
		}
	}
	return nil
}

// endAll ends every stream. Its phone shows that it is not connected, and reconnects.
func (s *streams) endAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for st := range s.open {
		st.end()
	}
}
