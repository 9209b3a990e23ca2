// Package steps stores what the second step of a sign-in needs from the first: sealed, in the
// browser. Each step ends once.
package steps

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"market40/merchants/platform/seal"
	"market40/migrations/database"
)

// lasts is how long a person may take between two steps of signing in.
const lasts = 10 * time.Minute

// Steps seals and opens steps of one kind. Strangers who begin many use no storage here.
type Steps struct {
	kind string
	db   *database.DB
	keys *seal.Keys
	now  func() time.Time
}

// New returns the steps of a kind of sign-in.
func New(kind string, db *database.DB, keys *seal.Keys, now func() time.Time) *Steps {
	return &Steps{kind, db, keys, now}
}

// step is what is sealed.
type step struct {
	Until time.Time       `json:"until"`
	Of    json.RawMessage `json:"of"`
}

var errUnknown = errors.New("not a step of this server, or too late")

func (s *Steps) place(id uuid.UUID) seal.Place {
	return seal.Place{Table: "finished_steps", Column: s.kind, ID: id}
}

// Seal returns what the second step needs as text for the browser.
func (s *Steps) Seal(ctx context.Context, of any) (string, error) {
	raw, err := json.Marshal(of)
	if err != nil {
		return "", err
	}
	plain, err := json.Marshal(step{s.now().Add(lasts), raw})
	if err != nil {
		return "", err
	}
	id := uuid.Must(uuid.NewV7())
	sealed, err := s.keys.Seal(ctx, s.place(id), plain)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(append(id[:], sealed...)), nil
}

// Open reads a text of Seal into of, and returns the step's id for Finish. It refuses a text of
// another server or kind, and one that comes too late.
func (s *Steps) Open(ctx context.Context, text string, of any) (id uuid.UUID, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) < len(id) {
		return id, errUnknown
	}
	id = uuid.UUID(raw[:len(id)])
	plain, err := s.keys.Open(ctx, s.place(id), raw[len(id):])
	if err != nil {
		return id, errUnknown
	}
	var opened step
	if err := json.Unmarshal(plain, &opened); err != nil {
		return id, err
	}
	if !s.now().Before(opened.Until) {
		return id, errUnknown
	}
	return id, json.Unmarshal(opened.Of, of)
}

// ErrFinished refuses a step that ended before.
var ErrFinished = errors.New("this step ended before")

// Finish ends a step in one transaction with a batch (ErrFinished: it ended before). Other errors
// are the batch's.
func (s *Steps) Finish(ctx context.Context, id uuid.UUID, batch *pgx.Batch) error {
	now := s.now()
	batch.Queue(`DELETE FROM finished_steps WHERE expires_at < $1`, now)
	batch.Queue(`INSERT INTO finished_steps (id, expires_at) VALUES ($1, $2)`, id, now.Add(lasts))
	err := s.db.SendBatch(ctx, batch)
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.ConstraintName == "finished_steps_pkey" {
		return ErrFinished
	}
	return err
}
