package intake

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/payments/connections"
	"market40/payments/notices"
)

const (
	// maxAhead is how far ahead of its receipt the date of a notice may be.
	maxAhead = time.Hour
	// maxAheadCases is how many cases a day are opened for one connection that dates notices ahead.
	// With more of them the clock of the feed is wrong, which the operator must fix.
	maxAheadCases = 10
)

// dateByReceipt dates a notice by its receipt when the bank's date is too far ahead, and stores the
// bank's date beside it. The digest is computed before, so that a repeat has the same one.
func (e *entry) dateByReceipt(receivedAt time.Time) {
	if e.notice.OccurredAt.After(receivedAt.Add(maxAhead)) {
		written := e.notice.OccurredAt
		e.bankTime, e.notice.OccurredAt = &written, receivedAt.In(written.Location())
	}
}

// countDatedAhead counts the notices of the last day that are dated ahead, for each connection of
// this group that sends such.
func (w *posting) countDatedAhead(ctx context.Context) error {
	w.datedAhead = map[uuid.UUID]int{}
	var senders []uuid.UUID
	for _, e := range w.entries {
		if _, listed := w.datedAhead[e.connection.ID]; e.bankTime != nil && !listed {
			w.datedAhead[e.connection.ID], senders = 0, append(senders, e.connection.ID)
		}
	}
	if len(senders) == 0 {
		return nil
	}
	rows, err := w.tx.Query(ctx, `SELECT connection_id, count(*) FROM notices WHERE connection_id = ANY ($1)
		AND told_at IS NOT NULL AND id >= id_floor($2) GROUP BY connection_id`,
		senders, w.time.Add(-connections.AheadWindow))
	if err != nil {
		return fmt.Errorf("count notices dated ahead: %w", err)
	}
	var connection uuid.UUID
	var n int
	_, err = pgx.ForEachRow(rows, []any{&connection, &n}, func() error {
		w.datedAhead[connection] = n
		return nil
	})
	if err != nil {
		return fmt.Errorf("count notices dated ahead: %w", err)
	}
	for _, id := range senders {
		if w.datedAhead[id] >= maxAheadCases {
			slog.WarnContext(ctx, "a bank connection dates its notices ahead of our clock", "connection", id,
				"notices_24h", w.datedAhead[id])
		}
	}
	return nil
}

// opensFutureDated reports whether a notice that is dated ahead opens a case, and counts it.
func (w *posting) opensFutureDated(e *entry) bool {
	if e.bankTime == nil || e.decision.State != notices.Posted && e.decision.State != notices.Unmatched {
		return false
	}
	w.datedAhead[e.connection.ID]++
	return w.datedAhead[e.connection.ID] <= maxAheadCases
}
