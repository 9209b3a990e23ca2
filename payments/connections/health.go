package connections

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/migrations/database"
	"market40/payments/banks"
)

const (
	// flushEvery is how often the counters of connections are written, whatever the number of calls.
	flushEvery = 2 * time.Second
	// flushWithin is how long one write may take.
	flushWithin = 5 * time.Second
	// hoursStored is how long the counters of an hour are stored.
	hoursStored = 48 * time.Hour
)

// ConnectionHealth is the recent activity of a connection.
type ConnectionHealth struct {
	LastReceivedAt *time.Time `json:"last_received_at" doc:"the last call that was accepted, tests included"`
	LastRefusedAt  *time.Time `json:"last_refused_at" doc:"the last call that was refused; null: none"`
	LastRefusal    *string    `json:"last_refusal" enum:"bad_signature,stale,unreadable" doc:"why the last call was refused"`
	Received24h    int64      `json:"received_24h" doc:"calls accepted, repeats included; counted by whole hours"`
	Refused24h     int64      `json:"refused_24h" doc:"calls refused; counted by whole hours"`
	Unmatched24h   int64      `json:"unmatched_24h" doc:"notices of the last 24 hours that wait for a case"`
}

// hourCount is the calls of one hour.
type hourCount struct{ received, refused int64 }

// tally is the calls of a connection since the last write.
type tally struct {
	hours                     map[time.Time]hourCount
	lastReceived, lastRefused *time.Time
	refusal                   *string
}

// tallies counts calls in memory, so that a flood of refused calls costs one row an hour.
type tallies struct {
	writing sync.Mutex // a reader of the health waits for the present write
	mu      sync.Mutex
	byID    map[uuid.UUID]*tally
}

func (t *tallies) at(id uuid.UUID) *tally {
	if t.byID == nil {
		t.byID = map[uuid.UUID]*tally{}
	}
	if t.byID[id] == nil {
		t.byID[id] = &tally{hours: map[time.Time]hourCount{}}
	}
	return t.byID[id]
}

// received counts a call that was accepted.
func (t *tallies) received(id uuid.UUID, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.at(id)
	hour := at.UTC().Truncate(time.Hour)
	n := c.hours[hour]
	n.received++
	c.hours[hour], c.lastReceived = n, &at
}

// refused counts a call that was refused.
func (t *tallies) refused(id uuid.UUID, at time.Time, why banks.Refusal) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c, reason := t.at(id), string(why)
	hour := at.UTC().Truncate(time.Hour)
	n := c.hours[hour]
	n.refused++
	c.hours[hour], c.lastRefused, c.refusal = n, &at, &reason
}

// takeAll empties the tallies and returns them.
func (t *tallies) takeAll() map[uuid.UUID]*tally {
	t.mu.Lock()
	defer t.mu.Unlock()
	drained := t.byID
	t.byID = nil
	return drained
}

// putBack adds tallies that could not be written to the present ones.
func (t *tallies) putBack(drained map[uuid.UUID]*tally) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for id, old := range drained {
		c := t.at(id)
		for hour, n := range old.hours {
			c.hours[hour] = hourCount{c.hours[hour].received + n.received, c.hours[hour].refused + n.refused}
		}
		if c.lastReceived == nil {
			c.lastReceived = old.lastReceived
		}
		if c.lastRefused == nil {
			c.lastRefused, c.refusal = old.lastRefused, old.refusal
		}
	}
}

// FlushHealth writes the tallies until the program stops.
func (cs *Connections) FlushHealth(ctx context.Context) {
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-time.After(flushEvery):
		}
		if err := cs.writeHealth(context.WithoutCancel(ctx)); err != nil && !database.IsUnreachable(err) {
			slog.WarnContext(ctx, "the counters of connections were not written", "error", err)
		}
	}
}

// writeHealth writes the tallies. After a failure it puts them back.
func (cs *Connections) writeHealth(ctx context.Context) error {
	cs.health.writing.Lock()
	defer cs.health.writing.Unlock()
	drained := cs.health.takeAll()
	if len(drained) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, flushWithin)
	defer cancel()
	batch := &pgx.Batch{}
	for id, c := range drained {
		for hour, n := range c.hours {
			batch.Queue(`INSERT INTO connection_hours AS h (connection_id, hour, received, refused)
				VALUES ($1, $2, $3, $4)
				ON CONFLICT (connection_id, hour) DO UPDATE SET received = h.received + excluded.received,
				refused = h.refused + excluded.refused`,
				id, hour, n.received, n.refused)
		}
		batch.Queue(`INSERT INTO connection_health AS h (connection_id, last_received_at, last_refused_at, last_refusal)
			VALUES ($1, $2, $3, $4)
			ON CONFLICT (connection_id) DO UPDATE SET last_received_at = greatest(h.last_received_at,
			excluded.last_received_at),
			last_refusal = CASE WHEN excluded.last_refused_at >= coalesce(h.last_refused_at,
			'-infinity') THEN excluded.last_refusal ELSE h.last_refusal END,
			last_refused_at = greatest(h.last_refused_at, excluded.last_refused_at)`,
			id, c.lastReceived, c.lastRefused, c.refusal)
		batch.Queue(
			`DELETE FROM connection_hours WHERE connection_id = $1 AND hour < $2`,
			id,
			cs.now().Add(-hoursStored),
		)
	}
	if err := cs.db.SendBatch(ctx, batch); err != nil {
		cs.health.putBack(drained)
		return fmt.Errorf("write health of %d connections: %w", len(drained), err)
	}
	return nil
}

// connectionHealth reads a connection's health, with the tallies of this process.
func (cs *Connections) connectionHealth(ctx context.Context, id uuid.UUID) (h ConnectionHealth, err error) {
	if err := cs.writeHealth(ctx); err != nil {
		return h, err
	}
	since := cs.now().Add(-24 * time.Hour)
	err = cs.db.Pool.QueryRow(ctx, `SELECT h.last_received_at, h.last_refused_at, h.last_refusal, coalesce(n.received,
		0), coalesce(n.refused, 0),
			(SELECT count(*) FROM notices w WHERE w.id >= id_floor($2) AND w.connection_id = $1
			AND w.state = 'unmatched')
		FROM bank_connections c LEFT JOIN connection_health h ON h.connection_id = c.id
		CROSS JOIN (SELECT sum(received)::bigint AS received, sum(refused)::bigint AS refused FROM connection_hours
		WHERE connection_id = $1 AND hour > $2) n
		WHERE c.id = $1`, id, since).
		Scan(&h.LastReceivedAt, &h.LastRefusedAt, &h.LastRefusal, &h.Received24h, &h.Refused24h, &h.Unmatched24h)
	if err != nil {
		return h, fmt.Errorf("read health of connection %s: %w", id, err)
	}
	return h, nil
}

// CountReceived counts a call that was accepted.
func (cs *Connections) CountReceived(id uuid.UUID, at time.Time) { cs.health.received(id, at) }

// CountRefused counts a call that was refused.
func (cs *Connections) CountRefused(id uuid.UUID, at time.Time, why banks.Refusal) {
	cs.health.refused(id, at, why)
}
