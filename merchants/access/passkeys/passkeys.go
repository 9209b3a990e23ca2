// Package passkeys signs people in with a device of theirs (W3C Web Authentication Level 3).
package passkeys

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"market40/merchants/access/roles"
	"market40/merchants/access/signin"
	"market40/merchants/access/steps"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/seal"
	"market40/migrations/database"
)

// maxPasskeys is how many passkeys a user may have.
const maxPasskeys = 20

// Passkeys adds, lists and removes passkeys, and signs in with them.
type Passkeys struct {
	db     *database.DB
	keys   *seal.Keys
	now    func() time.Time
	people *signin.People
	steps  *steps.Steps
}

// New returns the passkeys of people.
func New(db *database.DB, keys *seal.Keys, now func() time.Time, people *signin.People) *Passkeys {
	return &Passkeys{db, keys, now, people, steps.New("passkey ceremony", db, keys, now)}
}

// Passkey is a device that a user signs in with.
type Passkey struct {
	ID        uuid.UUID  `json:"id"`
	Name      string     `json:"name"`
	CreatedAt time.Time  `json:"created_at"`
	UsedAt    *time.Time `json:"used_at"`
}

// Ceremony is one use of a device that began: the request for the browser, and the state that it
// sends back with the device's answer.
type Ceremony struct {
	Ceremony string `json:"ceremony" doc:"send it back as it is, within five minutes"`
	Options  any    `json:"options" doc:"for navigator.credentials.create or get: publicKey"`
}

// DeviceAnswer is the answer of a device.
type DeviceAnswer struct {
	Ceremony string          `json:"ceremony" maxLength:"8000"`
	Response json.RawMessage `json:"response" doc:"PublicKeyCredential.toJSON()"`
}

func refused() error {
	return problem.New(
		problem.Unauthorized,
		"passkey_refused",
		"Khóa truy cập không đúng hoặc đã hết hạn, hãy thử lại.",
		"The passkey is not valid or has expired: try again.",
	)
}

// party describes this server to devices, by the origin of its pages.
func party(origin string) (*webauthn.WebAuthn, error) {
	at, err := url.Parse(origin)
	if err != nil {
		return nil, fmt.Errorf("origin of passkeys: %w", err)
	}
	return webauthn.New(&webauthn.Config{
		RPID: at.Hostname(), RPDisplayName: "Chợ 4.0", RPOrigins: []string{origin},
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired,
		},
		AttestationPreference: protocol.PreferNoAttestation,
	})
}

// keyHolder is a user in the form that the library requires.
type keyHolder struct {
	id          uuid.UUID
	login, name string
	credentials []webauthn.Credential
	passkeys    []uuid.UUID // ids of the credentials, in their order
}

// WebAuthnID returns the user's handle on its devices.
func (h *keyHolder) WebAuthnID() []byte { return h.id[:] }

// WebAuthnName returns the name that the device shows.
func (h *keyHolder) WebAuthnName() string { return h.login }

// WebAuthnDisplayName returns the name that the device shows.
func (h *keyHolder) WebAuthnDisplayName() string { return h.name }

// WebAuthnCredentials returns the user's passkeys.
func (h *keyHolder) WebAuthnCredentials() []webauthn.Credential { return h.credentials }

func sealPlace(id uuid.UUID) seal.Place {
	return seal.Place{Table: "passkeys", Column: "record", ID: id}
}

// holder returns a user who may sign in, with its passkeys.
func (p *Passkeys) holder(ctx context.Context, id uuid.UUID) (*keyHolder, error) {
	h := &keyHolder{id: id}
	err := p.db.Pool.QueryRow(ctx, `SELECT login, full_name FROM users WHERE id = $1 AND disabled_at IS NULL
		AND coalesce(signed_in_at, created_at) > $2`,
		id, p.now().Add(-signin.UnusedFor)).Scan(&h.login, &h.name)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, refused()
	}
	if err != nil {
		return nil, fmt.Errorf("find user %s: %w", id, err)
	}
	rows, err := p.db.Pool.Query(ctx, `SELECT id, record FROM passkeys WHERE user_id = $1 ORDER BY id`, id)
	if err != nil {
		return nil, fmt.Errorf("passkeys of %s: %w", id, err)
	}
	var key uuid.UUID
	var sealed []byte
	_, err = pgx.ForEachRow(rows, []any{&key, &sealed}, func() error {
		plain, err := p.keys.Open(ctx, sealPlace(key), sealed)
		if err != nil {
			return err
		}
		var c webauthn.Credential
		if err := json.Unmarshal(plain, &c); err != nil {
			return err
		}
		h.credentials, h.passkeys = append(h.credentials, c), append(h.passkeys, key)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("passkeys of %s: %w", id, err)
	}
	return h, nil
}

// begin returns a ceremony for the browser. This server's clock limits it, not the library's.
func (p *Passkeys) begin(ctx context.Context, s *webauthn.SessionData, options any) (*Ceremony, error) {
	s.Expires = time.Time{}
	text, err := p.steps.Seal(ctx, s)
	return &Ceremony{text, options}, err
}

// BeginAdding begins to add a device of the caller, who has recently confirmed its identity.
func (p *Passkeys) BeginAdding(ctx context.Context, who roles.Principal, origin string) (*Ceremony, error) {
	if err := who.RequireFreshProof(p.now()); err != nil {
		return nil, err
	}
	rp, err := party(origin)
	if err != nil {
		return nil, err
	}
	h, err := p.holder(ctx, who.ActorID)
	if err != nil {
		return nil, err
	}
	if len(h.passkeys) >= maxPasskeys {
		return nil, problem.New(problem.Conflict, "too_many_passkeys", "Bạn đã có 20 khóa truy cập: hãy xóa bớt.",
			"You have 20 passkeys: remove one first.")
	}
	have := make([]protocol.CredentialDescriptor, len(h.credentials))
	for i := range h.credentials {
		have[i] = h.credentials[i].Descriptor()
	}
	options, s, err := rp.BeginRegistration(h, webauthn.WithExclusions(have))
	if err != nil {
		return nil, fmt.Errorf("begin a passkey: %w", err)
	}
	return p.begin(ctx, s, options.Response)
}

// Add stores the device that answered.
func (p *Passkeys) Add(ctx context.Context, who roles.Principal, origin, name string,
	a DeviceAnswer,
) (*Passkey, error) {
	if err := who.RequireFreshProof(p.now()); err != nil {
		return nil, err
	}
	var s webauthn.SessionData
	step, err := p.steps.Open(ctx, a.Ceremony, &s)
	if err != nil {
		return nil, refused()
	}
	rp, err := party(origin)
	if err != nil {
		return nil, err
	}
	h, err := p.holder(ctx, who.ActorID)
	if err != nil {
		return nil, err
	}
	answered, err := protocol.ParseCredentialCreationResponseBytes(a.Response)
	if err != nil {
		return nil, refused()
	}
	credential, err := rp.CreateCredential(h, s, answered)
	if err != nil {
		return nil, refused()
	}
	made := &Passkey{ID: uuid.Must(uuid.NewV7()), Name: name, CreatedAt: p.now()}
	sealed, err := p.sealRecord(ctx, made.ID, credential)
	if err != nil {
		return nil, err
	}
	batch := &pgx.Batch{}
	batch.Queue(`INSERT INTO passkeys (id, user_id, credential_id, record, name, created_at)
		VALUES ($1, $2, $3, $4, $5, $6)`,
		made.ID, who.ActorID, credential.ID, sealed, name, made.CreatedAt)
	if err := p.finish(ctx, step, batch); err != nil {
		return nil, fmt.Errorf("add a passkey: %w", err)
	}
	return made, nil
}

// finish ends a ceremony and runs the batch. It refuses an answer that was used before, and a
// device that was added before.
func (p *Passkeys) finish(ctx context.Context, step uuid.UUID, batch *pgx.Batch) error {
	err := p.steps.Finish(ctx, step, batch)
	var violated *pgconn.PgError
	if errors.Is(err, steps.ErrFinished) ||
		errors.As(err, &violated) && violated.ConstraintName == "passkey_credential_unique" {
		return refused()
	}
	return err
}

func (p *Passkeys) sealRecord(ctx context.Context, id uuid.UUID, c *webauthn.Credential) ([]byte, error) {
	plain, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	return p.keys.Seal(ctx, sealPlace(id), plain)
}

// BeginSignIn begins a sign-in by any device.
func (p *Passkeys) BeginSignIn(ctx context.Context, origin string) (*Ceremony, error) {
	rp, err := party(origin)
	if err != nil {
		return nil, err
	}
	options, s, err := rp.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return nil, fmt.Errorf("begin a sign-in: %w", err)
	}
	return p.begin(ctx, s, options.Response)
}

// use is one use of a user's device: the ceremony that it ends, and what is stored then.
type use struct {
	user, step uuid.UUID
	batch      *pgx.Batch
}

// findUse returns the use that a device answered for. The device's key, and a finger or PIN on it,
// are two factors at once.
func (p *Passkeys) findUse(ctx context.Context, origin string, a DeviceAnswer) (*use, error) {
	var s webauthn.SessionData
	step, err := p.steps.Open(ctx, a.Ceremony, &s)
	if err != nil {
		return nil, refused()
	}
	rp, err := party(origin)
	if err != nil {
		return nil, err
	}
	answered, err := protocol.ParseCredentialRequestResponseBytes(a.Response)
	if err != nil {
		return nil, refused()
	}
	var failure error // ours, not the device's
	var h *keyHolder
	_, used, err := rp.ValidatePasskeyLogin(func(_, handle []byte) (webauthn.User, error) {
		id, err := uuid.FromBytes(handle)
		if err != nil {
			return nil, err
		}
		h, failure = p.holder(ctx, id)
		return h, failure
	}, s, answered)
	if failure != nil {
		return nil, failure
	}
	if err != nil || used.Authenticator.CloneWarning {
		return nil, refused()
	}
	batch := &pgx.Batch{}
	for i := range h.credentials {
		if string(h.credentials[i].ID) != string(used.ID) {
			continue
		}
		sealed, err := p.sealRecord(ctx, h.passkeys[i], used)
		if err != nil {
			return nil, err
		}
		batch.Queue(`UPDATE passkeys SET record = $2, used_at = $3 WHERE id = $1`, h.passkeys[i], sealed, p.now())
	}
	return &use{h.id, step, batch}, nil
}

// SignIn opens a session for the user of the device that answered.
func (p *Passkeys) SignIn(ctx context.Context, origin string, a DeviceAnswer,
	v signin.Visit,
) (token string, s *signin.Session, err error) {
	u, err := p.findUse(ctx, origin, a)
	if err != nil {
		return "", nil, err
	}
	if err := p.finish(ctx, u.step, u.batch); err != nil {
		return "", nil, fmt.Errorf("sign in with a passkey: %w", err)
	}
	return p.people.OpenSession(ctx, signin.Opening{User: u.user, Method: signin.ByPasskey, Visit: v})
}

// Prove does what signin.People.Prove does, with one of the caller's own devices.
func (p *Passkeys) Prove(ctx context.Context, who roles.Principal, origin string,
	a DeviceAnswer,
) (token string, err error) {
	if who.SessionID == nil {
		return "", roles.ErrPersonNeeded
	}
	u, err := p.findUse(ctx, origin, a)
	if err != nil {
		return "", err
	}
	if u.user != who.ActorID {
		return "", refused()
	}
	token = signin.RenewToken(u.batch, who, p.now())
	if err := p.finish(ctx, u.step, u.batch); err != nil {
		return "", fmt.Errorf("prove with a passkey: %w", err)
	}
	return token, nil
}

// List returns the caller's own, oldest first.
func (p *Passkeys) List(ctx context.Context, who roles.Principal) ([]Passkey, error) {
	rows, err := p.db.Pool.Query(ctx, `SELECT id, name, created_at, used_at FROM passkeys WHERE user_id = $1
		ORDER BY id`, who.ActorID)
	if err != nil {
		return nil, fmt.Errorf("list passkeys: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Passkey])
	if err != nil {
		return nil, fmt.Errorf("list passkeys: %w", err)
	}
	return list, nil
}

// Remove deletes one of the caller's own; any other does not exist (404).
func (p *Passkeys) Remove(ctx context.Context, who roles.Principal, id uuid.UUID) error {
	tag, err := p.db.Pool.Exec(ctx, `DELETE FROM passkeys WHERE id = $1 AND user_id = $2`, id, who.ActorID)
	if err != nil {
		return fmt.Errorf("remove passkey: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return problem.Missing("passkey")
	}
	return nil
}
