package signin

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"market40/merchants/access/passwords"
	"market40/merchants/access/roles"
	"market40/merchants/encodings"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/seal"
	"market40/migrations/database"
)

const (
	// UnusedFor is after how long without a sign-in an account is closed.
	UnusedFor = 45 * 24 * time.Hour
	// recoveryCodes is how many single-use codes replace a lost second factor.
	recoveryCodes     = 10
	newPasswordLength = 16 // characters of 6 random bits
	totpPeriod        = 30 // seconds of one code (RFC 6238)
)

// People are the users and their sessions.
type People struct {
	db   *database.DB
	keys *seal.Keys
	now  func() time.Time
}

// NewPeople stores users and sessions in db.
func NewPeople(db *database.DB, keys *seal.Keys, now func() time.Time) *People {
	return &People{db: db, keys: keys, now: now}
}

// UserOrder is the request for a new user.
type UserOrder struct {
	Login    string       `json:"login" minLength:"2" maxLength:"100" doc:"lower case letters, digits and . _ @ + -"`
	FullName string       `json:"full_name" minLength:"1" maxLength:"200"`
	Role     string       `json:"role" maxLength:"40"`
	Scopes   []ScopeOrder `json:"scopes" minItems:"1" maxItems:"50" doc:"all, or what the user sees, each with its days"`
	Password string       `json:"password,omitempty" maxLength:"1000" doc:"absent: a password is generated"`
}

// Enrolment is what a new user sees once: the second factor, and the codes for when it is lost.
type Enrolment struct {
	ID       uuid.UUID `json:"id"`
	Password string    `json:"password,omitempty" doc:"the generated password"`
	Secret   string    `json:"totp_secret" doc:"the secret of the second factor, base32"`
	URL      string    `json:"totp_url" doc:"otpauth://totp/…, for an authenticator's camera"`
	Recovery []string  `json:"recovery_codes" doc:"single-use"`
}

func totpPlace(id uuid.UUID) seal.Place { return seal.Place{Table: "users", Column: "totp", ID: id} }

// credentials are a user's new password, second factor and recovery codes.
type credentials struct {
	Enrolment
	password string // hashed
	totp     []byte // sealed
	recovery [][]byte
}

func (p *People) newCredentials(ctx context.Context, id uuid.UUID, login, password string) (*credentials, error) {
	c := &credentials{Enrolment: Enrolment{ID: id}}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: "market40", AccountName: login, SecretSize: 20})
	if err != nil {
		return nil, problem.Of("login", "login_form", "Tên đăng nhập không hợp lệ.", "The login is not valid.")
	}
	c.Secret, c.URL = key.Secret(), key.URL()
	if password == "" {
		password = NewToken()[:newPasswordLength]
		c.Enrolment.Password = password
	}
	if err := passwords.Check(password, login, true); err != nil {
		return nil, err
	}
	if c.password, err = passwords.Hash(ctx, password); err != nil {
		return nil, err
	}
	if c.totp, err = p.keys.Seal(ctx, totpPlace(id), []byte(c.Secret)); err != nil {
		return nil, err
	}
	for range recoveryCodes {
		raw := make([]byte, 10)
		_, _ = rand.Read(raw) // never fails, says its documentation
		code := base32.StdEncoding.EncodeToString(raw)
		c.Recovery, c.recovery = append(c.Recovery, code), append(c.recovery, recoveryHash(code))
	}
	return c, nil
}

const insertRecovery = `INSERT INTO recovery_codes (user_id, hash) SELECT $1, unnest($2::bytea[])`

// Create makes a user with a second factor. Errors: the login is taken (409); the role, scope,
// login or password is not valid (422).
func (p *People) Create(ctx context.Context, o UserOrder) (*Enrolment, error) {
	if err := encodings.Check(map[string]string{"full_name": o.FullName}); err != nil {
		return nil, err
	}
	id := uuid.Must(uuid.NewV7())
	as, err := p.FindPost(ctx, id, o.Role, o.Scopes)
	if err != nil {
		return nil, err
	}
	c, err := p.newCredentials(ctx, id, o.Login, o.Password)
	if err != nil {
		return nil, err
	}
	batch := &pgx.Batch{}
	batch.Queue(`INSERT INTO actors (id, role) VALUES ($1, $2)`, c.ID, as.Role)
	batch.Queue(`INSERT INTO users (id, login, full_name, role, scope_kind, scope_id, merchant_id, password, totp,
		created_at, let_in_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, person($11))`,
		c.ID, o.Login, o.FullName, as.Role, as.ScopeKind, as.ScopeID, as.MerchantID, c.password, c.totp, p.now(),
		roles.AdmittingProgram(ctx))
	as.QueueScopes(batch, c.ID)
	batch.Queue(insertRecovery, c.ID, c.recovery)
	err = p.db.SendBatch(ctx, batch)
	switch refused := database.ViolatedConstraint(err); {
	case refused == "user_login_unique":
		return nil, problem.New(problem.Conflict, "login_taken", "Tên đăng nhập đã có người dùng.",
			"The login is already in use.")
	case refused == "user_login_form":
		return nil, problem.Of("login", "login_form", "Tên đăng nhập gồm chữ thường, số và . _ @ + -",
			"A login may contain only lower case letters, digits and . _ @ + -")
	case err != nil:
		return nil, fmt.Errorf("create user: %w", err)
	}
	return &c.Enrolment, nil
}

// FindLogin returns the user with a login (404: no such).
func (p *People) FindLogin(ctx context.Context, login string) (uuid.UUID, error) {
	var id uuid.UUID
	err := p.db.Pool.QueryRow(ctx, `SELECT id FROM users WHERE login = $1`, login).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return id, problem.Missing("user")
	}
	if err != nil {
		return id, fmt.Errorf("find user: %w", err)
	}
	return id, nil
}

// RenewUser does the same as Renew, by id.
func (p *People) RenewUser(ctx context.Context, id uuid.UUID) (*Enrolment, error) {
	u, err := p.User(ctx, id)
	if err != nil {
		return nil, err
	}
	return p.Renew(ctx, u.Login, "")
}

// Renew gives a user who lost them a new password, second factor and recovery codes. It opens a
// closed account again and ends all sessions. A person who renews a user that a program made
// vouches for it; passkeys added before are deleted.
func (p *People) Renew(ctx context.Context, login, password string) (*Enrolment, error) {
	id, err := p.FindLogin(ctx, login)
	if err != nil {
		return nil, err
	}
	c, err := p.newCredentials(ctx, id, login, password)
	if err != nil {
		return nil, err
	}
	batch := &pgx.Batch{}
	batch.Queue(`DELETE FROM passkeys WHERE user_id = $1 AND EXISTS (SELECT FROM users
		WHERE id = $1 AND let_in_by IS NOT NULL)`, id)
	batch.Queue(`UPDATE users SET password = $2, totp = $3, totp_step = 0, disabled_at = NULL, signed_in_at = $4,
		let_in_by = person($5) WHERE id = $1`,
		id, c.password, c.totp, p.now(), roles.AdmittingProgram(ctx))
	batch.Queue(`DELETE FROM recovery_codes WHERE user_id = $1`, id)
	batch.Queue(insertRecovery, id, c.recovery)
	batch.Queue(`UPDATE sessions SET ended_at = $2 WHERE user_id = $1 AND ended_at IS NULL`, id, p.now())
	err = p.db.SendBatch(ctx, batch)
	if err != nil {
		return nil, fmt.Errorf("renew user: %w", err)
	}
	return &c.Enrolment, nil
}

func recoveryHash(code string) []byte {
	sum := sha256.Sum256([]byte(strings.ToUpper(strings.ReplaceAll(code, " ", ""))))
	return sum[:]
}

// stored is a user's data for signing in.
type stored struct {
	id       uuid.UUID
	password string
	totp     []byte
}

// secondFactor accepts a code of the user's authenticator, or a recovery code, once.
func (p *People) secondFactor(ctx context.Context, u *stored, code string) (bool, error) {
	code = strings.ReplaceAll(code, " ", "")
	if len(code) != 6 {
		tag, err := p.db.Pool.Exec(ctx, `UPDATE recovery_codes SET used_at = $3 WHERE user_id = $1 AND hash = $2
			AND used_at IS NULL`, u.id, recoveryHash(code), p.now())
		return err == nil && tag.RowsAffected() == 1, err
	}
	secret, err := p.keys.Open(ctx, totpPlace(u.id), u.totp)
	if err != nil {
		return false, err
	}
	now := p.now()
	for _, ahead := range []int64{0, -1, 1} { // clocks of phones differ
		step := now.Unix()/totpPeriod + ahead
		want, err := totp.GenerateCodeCustom(string(secret), time.Unix(step*totpPeriod, 0),
			totp.ValidateOpts{Period: totpPeriod, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err != nil {
			return false, fmt.Errorf("second factor: %w", err)
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) != 1 {
			continue
		}
		tag, err := p.db.Pool.Exec(ctx, `UPDATE users SET totp_step = $2 WHERE id = $1 AND totp_step < $2`, u.id, step)
		return err == nil && tag.RowsAffected() == 1, err
	}
	return false, nil
}
