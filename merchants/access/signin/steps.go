package signin

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
)

// stepLasts is how long a person may take between two steps of signing in.
const stepLasts = 10 * time.Minute

// step is what the second step of a sign-in needs from the first. The browser stores it, sealed:
// strangers who begin many use no storage here.
type step struct {
	Until time.Time       `json:"until"`
	Of    json.RawMessage `json:"of"`
}

var errNoStep = errors.New("not a step of this server, or too late")

func stepPlace(kind string, id uuid.UUID) seal.Place {
	return seal.Place{Table: "finished_steps", Column: kind, ID: id}
}

// sealStep seals what the second step of a kind of sign-in needs.
func (p *People) sealStep(ctx context.Context, kind string, of any) (string, error) {
	raw, err := json.Marshal(of)
	if err != nil {
		return "", err
	}
	plain, err := json.Marshal(step{p.now().Add(stepLasts), raw})
	if err != nil {
		return "", err
	}
	id := uuid.Must(uuid.NewV7())
	sealed, err := p.keys.Seal(ctx, stepPlace(kind, id), plain)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(append(id[:], sealed...)), nil
}

// openStep opens what remember sealed (errNoStep otherwise), and returns the step's id, to be
// finished once.
func (p *People) openStep(ctx context.Context, kind, text string, of any) (id uuid.UUID, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) < len(id) {
		return id, errNoStep
	}
	id = uuid.UUID(raw[:len(id)])
	plain, err := p.keys.Open(ctx, stepPlace(kind, id), raw[len(id):])
	if err != nil {
		return id, errNoStep
	}
	var s step
	if err := json.Unmarshal(plain, &s); err != nil {
		return id, err
	}
	if !p.now().Before(s.Until) {
		return id, errNoStep
	}
	return id, json.Unmarshal(s.Of, of)
}

// finish queues the end of a step; the batch fails if the step ended before.
func (p *People) finish(batch *pgx.Batch, id uuid.UUID) {
	now := p.now()
	batch.Queue(`DELETE FROM finished_steps WHERE expires_at < $1`, now)
	batch.Queue(`INSERT INTO finished_steps (id, expires_at) VALUES ($1, $2)`, id, now.Add(stepLasts))
}

// sendOnce does what send does, for a batch that finishes a step. It returns refusal if the step
// ended before.
func (p *People) sendOnce(ctx context.Context, batch *pgx.Batch, refusal error) error {
	err := p.send(ctx, batch)
	var refused *pgconn.PgError
	if errors.As(err, &refused) && (refused.ConstraintName == "finished_steps_pkey" ||
		refused.ConstraintName == "passkey_credential_unique") {
		return refusal
	}
	return err
}
