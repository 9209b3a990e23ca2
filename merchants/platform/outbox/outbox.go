// Package outbox notifies people by phone of changes to their own data. A message is written in the
// transaction of the change, and sent after that committed, at least once.
package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"

	"market40/merchants/platform/jobs"
	"market40/merchants/platform/notify"
	"market40/merchants/platform/seal"
	"market40/migrations/database"
)

const (
	// flushWithin is how long one round of sending may take: a gateway may be slow.
	flushWithin = 10 * time.Minute
	lookEvery   = 5 * time.Second
	sendWithin  = 20 * time.Second // one attempt
	firstPause  = time.Minute      // after a first attempt that failed, doubled after each further one
	maxAttempts = 8                // the last about two hours after the first
	// staleAfter is the age at which a message that could not be sent would only confuse.
	staleAfter = 3 * 24 * time.Hour
)

// Message is a text for one person, sent once for its purpose and the row it is about.
type Message struct {
	Purpose string
	About   uuid.UUID
	Phone   string
	Text    string // Vietnamese
}

// Outbox stores messages and sends them.
type Outbox struct {
	db   *database.DB
	keys *seal.Keys
	now  func() time.Time

	sent, givenUp prometheus.Counter
}

// New stores messages in db, with phones sealed by keys.
func New(db *database.DB, keys *seal.Keys, now func() time.Time) *Outbox {
	count := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Namespace: "market40", Name: name, Help: help})
	}
	return &Outbox{
		db: db, keys: keys, now: now,
		sent:    count("outbox_sent_total", "Messages to phones that the gateway accepted."),
		givenUp: count("outbox_given_up_total", "Messages to phones that were given up."),
	}
}

// Collectors returns the metrics of messages, for /metrics.
func (o *Outbox) Collectors() []prometheus.Collector {
	return []prometheus.Collector{o.sent, o.givenUp}
}

func phonePlace(id uuid.UUID) seal.Place {
	return seal.Place{Table: "messages", Column: "phone", ID: id}
}

// Put queues a message in the caller's transaction. A second message for the same purpose and row
// changes nothing.
func (o *Outbox) Put(ctx context.Context, tx pgx.Tx, m Message) error {
	id := uuid.Must(uuid.NewV7())
	phone, err := o.keys.Seal(ctx, phonePlace(id), []byte(m.Phone))
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO messages (id, purpose, about, phone, text, state, created_at, next_at)
		VALUES ($1, $2, $3, $4, $5, 'queued', $6, $6) ON CONFLICT (purpose, about) DO NOTHING`, id, m.Purpose, m.About,
		phone, m.Text, o.now())
	if err != nil {
		return fmt.Errorf("queue message %s about %s: %w", m.Purpose, m.About, err)
	}
	return nil
}

// Job returns the job that sends the queued messages.
func (o *Outbox) Job(to notify.Sender) jobs.Job {
	return jobs.Job{
		Name: "messages", Every: lookEvery, Deadline: flushWithin,
		Do: func(ctx context.Context) error { return o.Flush(ctx, to) },
	}
}

// queued is a message that this process has taken to send.
type queued struct {
	id             uuid.UUID
	purpose        string
	phone          []byte
	text           string
	attempts       int
	created, after time.Time
}

// Flush tries each message that is due, once. A message is sent twice only if the process dies
// between the gateway's answer and the record of it.
func (o *Outbox) Flush(ctx context.Context, to notify.Sender) error {
	for {
		m, err := o.reserve(ctx)
		if m == nil || err != nil {
			return err
		}
		if err := o.recordResult(ctx, m, o.send(ctx, m, to)); err != nil {
			return err
		}
	}
}

// reserve reserves one message; no other process sends it until its next try.
func (o *Outbox) reserve(ctx context.Context) (*queued, error) {
	now := o.now()
	m := queued{}
	err := o.db.Pool.QueryRow(ctx, `UPDATE messages
		SET attempts = attempts + 1, next_at = $1 + make_interval(secs => $2 * power(2, least(attempts, 10)))
		WHERE id = (SELECT id FROM messages WHERE state = 'queued' AND next_at <= $1 ORDER BY next_at, id
		LIMIT 1 FOR UPDATE SKIP LOCKED)
		RETURNING id, purpose, phone, text, attempts, created_at, next_at`, now, firstPause.Seconds()).
		Scan(&m.id, &m.purpose, &m.phone, &m.text, &m.attempts, &m.created, &m.after)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("take a message: %w", err)
	}
	return &m, nil
}

// errStale is why a message that waited too long is given up.
var errStale = errors.New("the phone could not be reached for too long")

func (o *Outbox) send(ctx context.Context, m *queued, to notify.Sender) error {
	if o.now().Sub(m.created) > staleAfter {
		return errStale
	}
	phone, err := o.keys.Open(ctx, phonePlace(m.id), m.phone)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	return to.Send(ctx, string(phone), m.text)
}

// recordResult records the result of an attempt.
func (o *Outbox) recordResult(ctx context.Context, m *queued, failed error) error {
	ctx = context.WithoutCancel(ctx)
	var err error
	switch {
	case failed == nil:
		o.sent.Inc()
		_, err = o.db.Pool.Exec(ctx, `UPDATE messages SET state = 'sent', sent_at = $2 WHERE id = $1
			AND state = 'queued'`, m.id, o.now())
	case m.attempts >= maxAttempts || errors.Is(failed, errStale):
		o.givenUp.Inc()
		slog.WarnContext(ctx, "a message is given up", "message", m.id, "purpose", m.purpose, "attempts", m.attempts,
			"error", failed)
		_, err = o.db.Pool.Exec(ctx, `UPDATE messages SET state = 'failed' WHERE id = $1 AND state = 'queued'`, m.id)
	default:
		slog.WarnContext(ctx, "a message was not sent", "message", m.id, "purpose", m.purpose, "attempts", m.attempts,
			"again", m.after, "error", failed)
	}
	if err != nil {
		return fmt.Errorf("note what became of message %s: %w", m.id, err)
	}
	return nil
}
