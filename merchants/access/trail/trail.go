// Package trail writes the audit trail: who changed what, and who read what of a merchant. Each
// minute is sealed by a chain of hashes, so that a line which is changed or removed later is found.
package trail

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/google/uuid"

	"market40/merchants/platform/seal"
	"market40/migrations/database"
)

// recordWithin is the time limit for adding to the trail. After it, adding fails, so that nothing
// is added late to a sealed minute.
const recordWithin = 20 * time.Second

// Event is one line of the audit trail as it is written: who requests what, from where.
type Event struct {
	ID        uuid.UUID  `json:"id"`
	At        time.Time  `json:"at"`
	ActorID   *uuid.UUID `json:"actor_id" doc:"the API key or the user; null: not signed in"`
	SessionID *uuid.UUID `json:"session_id"`
	Address   string     `json:"address" doc:"address and port"`
	Method    string     `json:"method"`
	Route     string     `json:"route"`
	Object    string     `json:"object" doc:"the path of the request"`
}

// Trail is the audit trail. Its rows are added and never changed. Each closed minute is sealed
// together with the seal of the minute before, so that a changed, added or removed row is detected.
type Trail struct {
	db   *database.DB
	now  func() time.Time
	pads string
}

// NewTrail stores the trail in db and keys its digests with keys; without keys it can only be read
// and verified.
func NewTrail(db *database.DB, keys *seal.Keys, now func() time.Time) *Trail {
	t := &Trail{db: db, now: now}
	if keys != nil {
		t.pads = paddedKeys(keys.Index("audit", "digest"))
	}
	return t
}

// paddedKeys returns the two padded keys of HMAC-SHA-256 (RFC 2104, section 2) that the triggers of the
// database use. The key is derived from the index key for this purpose only. The database knows
// what it digests; readers of the trail and of backups do not.
func paddedKeys(key []byte) string {
	const block = 64
	padded := make([]byte, 2*block)
	copy(padded, key)
	copy(padded[block:], key)
	for i := range block {
		padded[i] ^= 0x36
		padded[block+i] ^= 0x5c
	}
	return hex.EncodeToString(padded)
}

// insertEvent adds a line; its status is null while the request runs.
const insertEvent = `INSERT INTO audit_events (id, at, actor_id, session_id, address, method, route, object, status)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`

func (e *Event) values(status *int) []any {
	return []any{e.ID, e.At, e.ActorID, e.SessionID, e.Address, e.Method, e.Route, e.Object, status}
}

// Begin writes a request's line before it runs, and returns the context to run it with. A change in
// that context is added to the line in the change's own transaction. On an error the request must
// not run.
func (t *Trail) Begin(ctx context.Context, e Event) (context.Context, uuid.UUID, error) {
	e.ID, e.At = uuid.Must(uuid.NewV7()), t.now()
	within, cancel := context.WithTimeout(ctx, recordWithin)
	defer cancel()
	if _, err := t.db.Pool.Exec(within, insertEvent, e.values(nil)...); err != nil {
		return ctx, e.ID, fmt.Errorf("record %s %s: %w", e.Method, e.Route, err)
	}
	ctx = database.Marked(ctx, database.Mark{Event: e.ID.String(), Key: t.pads})
	return context.WithValue(ctx, readerKey{}, &reader{trail: t, event: e, begun: true}), e.ID, nil
}

// End writes the result of a request that Begin recorded. If it cannot be written, because the
// server dies, the line's outcome stays unknown.
func (t *Trail) End(ctx context.Context, line uuid.UUID, status int) error {
	ctx, cancel := context.WithTimeout(ctx, recordWithin)
	defer cancel()
	// The answer does not wait for the disk: a result lost in a crash leaves the line, which says no less
	// than if it had never been written. (The setting holds for this statement's
	// transaction.)
	_, err := t.db.Pool.Exec(ctx, `INSERT INTO audit_results (event_id, at, status) SELECT $1, $2, $3
		FROM set_config('synchronous_commit', 'off', true)`, line, t.now(), status)
	if err != nil {
		return fmt.Errorf("record the result of %s: %w", line, err)
	}
	return nil
}

// Refused writes the line of a reading that was refused or failed: it showed nothing.
func (t *Trail) Refused(ctx context.Context, e Event, status int) error {
	ctx, cancel := context.WithTimeout(ctx, recordWithin)
	defer cancel()
	e.ID, e.At = uuid.Must(uuid.NewV7()), t.now()
	if _, err := t.db.Pool.Exec(ctx, insertEvent, e.values(&status)...); err != nil {
		return fmt.Errorf("record %s %s: %w", e.Method, e.Route, err)
	}
	return nil
}
