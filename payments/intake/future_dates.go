package intake

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/payments/connections"
)

const (
	// maxAhead is how far ahead of its receipt a notice may be dated and still be believed.
	maxAhead = time.Hour
	// maxAheadCases is how many cases a day are opened for one connection whose notices are dated
	// ahead. Beyond it the clock of the feed is wrong, which is the operator's matter and no
	// case's.
	maxAheadCases = 10
)

// dateByReceipt dates a notice by its receipt when its bank dates it too far ahead, and remembers
// the bank's own date. The digest is made before: a repeat is known by what the bank wrote.
func (e *entry) dateByReceipt(received time.Time) {
	if e.notice.OccurredAt.After(received.Add(maxAhead)) {
		told := e.notice.OccurredAt
		e.toldAt, e.notice.OccurredAt = &told, received.In(told.Location())
	}
}

// countAhead counts, for each connection of this group that dates notices ahead, those of the last
// day.
func (w *posting) countAhead(ctx context.Context) error {
	w.ahead = map[uuid.UUID]int{}
	var senders []uuid.UUID
	for _, e := range w.entries {
		if _, listed := w.ahead[e.connection.ID]; e.toldAt != nil && !listed {
			w.ahead[e.connection.ID], senders = 0, append(senders, e.connection.ID)
		}
	}
	if len(senders) == 0 {
		return nil
	}
	rows, err := w.tx.Query(ctx, `SELECT connection_id, count(*) FROM notices WHERE connection_id = ANY ($1)
		AND told_at IS NOT NULL AND id >= id_floor($2) GROUP BY connection_id`,
		senders, w.now.Add(-connections.AheadWindow))
	if err != nil {
		return fmt.Errorf("count notices dated ahead: %w", err)
	}
	var connection uuid.UUID
	var n int
	_, err = pgx.ForEachRow(rows, []any{&connection, &n}, func() error {
		w.ahead[connection] = n
		return nil
	})
	if err != nil {
		return fmt.Errorf("count notices dated ahead: %w", err)
	}
	for _, id := range senders {
		if w.ahead[id] >= maxAheadCases {
			slog.WarnContext(ctx, "a bank connection dates its notices ahead of our clock", "connection", id,
				"notices_24h", w.ahead[id])
		}
	}
	return nil
}

// opensAhead reports whether a notice that is dated ahead opens a case, and counts it.
func (w *posting) opensAhead(e *entry) bool {
	if e.toldAt == nil || e.decision.State != Posted && e.decision.State != Unmatched {
		return false
	}
	w.ahead[e.connection.ID]++
	return w.ahead[e.connection.ID] <= maxAheadCases
}
