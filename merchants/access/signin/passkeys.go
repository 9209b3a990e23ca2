package signin

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

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/seal"
)

const (
	maxPasskeys = 20 // of one user
	ceremony    = "passkey ceremony"
)

// Passkey is a device that a user signs in with (W3C Web Authentication Level 3).
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

func passkeyRefused() error {
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

func passkeyPlace(id uuid.UUID) seal.Place {
	return seal.Place{Table: "passkeys", Column: "record", ID: id}
}

// holder returns a user who may sign in, with its passkeys.
func (p *People) holder(ctx context.Context, id uuid.UUID) (*keyHolder, error) {
	h := &keyHolder{id: id}
	err := p.db.Pool.QueryRow(ctx, `SELECT login, full_name FROM users WHERE id = $1 AND disabled_at IS NULL
		AND coalesce(signed_in_at, created_at) > $2`,
		id, p.now().Add(-unusedFor)).Scan(&h.login, &h.name)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, passkeyRefused()
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
		plain, err := p.keys.Open(ctx, passkeyPlace(key), sealed)
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
func (p *People) begin(ctx context.Context, s *webauthn.SessionData, options any) (*Ceremony, error) {
	s.Expires = time.Time{}
	text, err := p.sealStep(ctx, ceremony, s)
	return &Ceremony{text, options}, err
}

// BeginPasskey begins to add a device of the caller, who has recently confirmed its identity.
func (p *People) BeginPasskey(ctx context.Context, who roles.Principal, origin string) (*Ceremony, error) {
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

// AddPasskey stores the device that answered.
func (p *People) AddPasskey(ctx context.Context, who roles.Principal, origin, name string,
	a DeviceAnswer,
) (*Passkey, error) {
	if err := who.RequireFreshProof(p.now()); err != nil {
		return nil, err
	}
	var s webauthn.SessionData
	step, err := p.openStep(ctx, ceremony, a.Ceremony, &s)
	if err != nil {
		return nil, passkeyRefused()
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
		return nil, passkeyRefused()
	}
	credential, err := rp.CreateCredential(h, s, answered)
	if err != nil {
		return nil, passkeyRefused()
	}
	made := &Passkey{ID: uuid.Must(uuid.NewV7()), Name: name, CreatedAt: p.now()}
	sealed, err := p.sealRecord(ctx, made.ID, credential)
	if err != nil {
		return nil, err
	}
	batch := &pgx.Batch{}
	p.finish(batch, step)
	batch.Queue(`INSERT INTO passkeys (id, user_id, credential_id, record, name, created_at)
		VALUES ($1, $2, $3, $4, $5, $6)`,
		made.ID, who.ActorID, credential.ID, sealed, name, made.CreatedAt)
	if err := p.sendOnce(ctx, batch, passkeyRefused()); err != nil {
		return nil, fmt.Errorf("add a passkey: %w", err)
	}
	return made, nil
}

func (p *People) sealRecord(ctx context.Context, id uuid.UUID, c *webauthn.Credential) ([]byte, error) {
	plain, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	return p.keys.Seal(ctx, passkeyPlace(id), plain)
}

// BeginPasskeySignIn begins a sign-in by any device.
func (p *People) BeginPasskeySignIn(ctx context.Context, origin string) (*Ceremony, error) {
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

// ownerOf returns the user of the device that answered. The device's key, and a finger or PIN on
// it, are two factors at once.
func (p *People) ownerOf(ctx context.Context, origin string,
	a DeviceAnswer,
) (user uuid.UUID, batch *pgx.Batch, err error) {
	var s webauthn.SessionData
	step, err := p.openStep(ctx, ceremony, a.Ceremony, &s)
	if err != nil {
		return user, nil, passkeyRefused()
	}
	rp, err := party(origin)
	if err != nil {
		return user, nil, err
	}
	answered, err := protocol.ParseCredentialRequestResponseBytes(a.Response)
	if err != nil {
		return user, nil, passkeyRefused()
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
		return user, nil, failure
	}
	if err != nil || used.Authenticator.CloneWarning {
		return user, nil, passkeyRefused()
	}
	batch = &pgx.Batch{}
	p.finish(batch, step)
	for i := range h.credentials {
		if string(h.credentials[i].ID) != string(used.ID) {
			continue
		}
		sealed, err := p.sealRecord(ctx, h.passkeys[i], used)
		if err != nil {
			return user, nil, err
		}
		batch.Queue(`UPDATE passkeys SET record = $2, used_at = $3 WHERE id = $1`, h.passkeys[i], sealed, p.now())
	}
	return h.id, batch, nil
}

// SignInWithPasskey opens a session for the user of the device that answered.
func (p *People) SignInWithPasskey(ctx context.Context, origin string, a DeviceAnswer, address,
	device string,
) (token string, s *Session, err error) {
	user, batch, err := p.ownerOf(ctx, origin, a)
	if err != nil {
		return "", nil, err
	}
	if err := p.sendOnce(ctx, batch, passkeyRefused()); err != nil {
		return "", nil, fmt.Errorf("sign in with a passkey: %w", err)
	}
	return p.openSession(ctx, opening{user, byPasskey, address, device}, nil)
}

// ProveWithPasskey does what Prove does, with one of the caller's own devices.
func (p *People) ProveWithPasskey(ctx context.Context, who roles.Principal, origin string,
	a DeviceAnswer,
) (token string, err error) {
	if who.SessionID == nil {
		return "", roles.ErrPersonNeeded
	}
	user, batch, err := p.ownerOf(ctx, origin, a)
	if err != nil {
		return "", err
	}
	if user != who.ActorID {
		return "", passkeyRefused()
	}
	token = renewToken(batch, who, p.now())
	if err := p.sendOnce(ctx, batch, passkeyRefused()); err != nil {
		return "", fmt.Errorf("prove with a passkey: %w", err)
	}
	return token, nil
}

// Passkeys returns the caller's own, oldest first.
func (p *People) Passkeys(ctx context.Context, who roles.Principal) ([]Passkey, error) {
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

// RemovePasskey deletes one of the caller's own; any other does not exist (404).
func (p *People) RemovePasskey(ctx context.Context, who roles.Principal, id uuid.UUID) error {
	tag, err := p.db.Pool.Exec(ctx, `DELETE FROM passkeys WHERE id = $1 AND user_id = $2`, id, who.ActorID)
	if err != nil {
		return fmt.Errorf("remove passkey: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return problem.Missing("passkey")
	}
	return nil
}
