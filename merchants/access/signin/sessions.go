package signin

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
)

// How long a session lasts.
const (
	IdleLimit     = time.Hour      // without a request
	AbsoluteLimit = 12 * time.Hour // since sign-in
	// A stall's phone must not ask for a code each morning: it shows one merchant's own payments
	// and moves no money.
	merchantIdle     = 30 * 24 * time.Hour
	merchantAbsolute = 180 * 24 * time.Hour
	// MaxShift is how long a shift of staff lasts at most, with or without requests.
	MaxShift = 14 * time.Hour
	// seenEvery is how exactly the last request of a session is known.
	seenEvery = time.Minute
)

// LimitsOf returns how long a session of a role lasts: without a request, and since sign-in.
func LimitsOf(r roles.Role) (idle, absolute time.Duration) {
	switch r {
	case roles.Merchant:
		return merchantIdle, merchantAbsolute
	case roles.Staff:
		return MaxShift, MaxShift
	default:
		return IdleLimit, AbsoluteLimit
	}
}

// Method is how a session's user was authenticated.
type Method string

// The methods.
const (
	ByPassword   Method = "password" // and a second factor
	ByPasskey    Method = "passkey"
	ByOIDC       Method = "oidc"
	ByPhone      Method = "phone"
	ByInvitation Method = "invitation"
	ByPIN        Method = "pin"
)

// Session is one device of a user.
type Session struct {
	ID        uuid.UUID `json:"id"`
	CreatedAt time.Time `json:"created_at"`
	SeenAt    time.Time `json:"seen_at"`
	Method    Method    `json:"method" enum:"password,passkey,oidc,phone,invitation,pin" doc:"how the user signed in"`
	Device    string    `json:"device" doc:"the name that the browser gives itself"`
	Address   string    `json:"address"`
	Current   bool      `json:"current" doc:"the session of this request"`
}

var errSessionEnded = problem.New(problem.Unauthorized, "session_ended", "Phiên đăng nhập đã hết.",
	"The session has ended: sign in again.")

// Find returns the caller that a session's token names. An ended or unknown token is a stranger's
// (401).
func (p *People) Find(ctx context.Context, token string) (roles.Principal, error) {
	hash := sha256.Sum256([]byte(token))
	now := p.now()
	var who roles.Principal
	var session uuid.UUID
	var seen, created time.Time
	err := p.db.Pool.QueryRow(ctx, `SELECT s.id, s.seen_at, s.created_at, s.proved_at, u.id, u.role, u.scope_kind,
		u.scope_id, u.merchant_id,
			u.let_in_by IS NOT NULL AND s.method <> 'phone' -- a merchant's own phone vouches for it
		FROM sessions s JOIN users u ON u.id = s.user_id
		WHERE s.hash = $1 AND s.ended_at IS NULL AND u.disabled_at IS NULL
		AND (u.role <> 'staff' OR shift_span(s.id) @> $2::timestamptz)`, hash[:], now).
		Scan(&session, &seen, &created, &who.ProvedAt, &who.ActorID, &who.Role, &who.ScopeKind, &who.ScopeID,
			&who.MerchantID, &who.AdmittedByProgram)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return who, fmt.Errorf("find session: %w", err)
	}
	if idle, absolute := LimitsOf(who.Role); err != nil || now.Sub(seen) >= idle || now.Sub(created) >= absolute {
		return roles.Principal{}, errSessionEnded
	}
	who.SessionID = &session
	if now.Sub(seen) > seenEvery {
		if _, err := p.db.Pool.Exec(ctx, `UPDATE sessions SET seen_at = $2 WHERE id = $1 AND seen_at < $2`, session,
			now); err != nil {
			return who, fmt.Errorf("keep session: %w", err)
		}
	}
	return who, nil
}

// Sessions returns the caller's own open sessions, newest first. They are few: each ends by itself.
func (p *People) Sessions(ctx context.Context, who roles.Principal) ([]Session, error) {
	now := p.now()
	idle, absolute := LimitsOf(who.Role)
	rows, err := p.db.Pool.Query(ctx, `SELECT id, created_at, seen_at, method, device, address, id IS NOT DISTINCT
		FROM $4::uuid FROM sessions
		WHERE user_id = $1 AND ended_at IS NULL AND seen_at > $2 AND created_at > $3 ORDER BY id DESC LIMIT 200`,
		who.ActorID, now.Add(-idle), now.Add(-absolute), who.SessionID)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Session])
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	return list, nil
}

// EndSession ends one of the caller's own sessions; any other does not exist (404).
func (p *People) EndSession(ctx context.Context, who roles.Principal, id uuid.UUID) error {
	tag, err := p.db.Pool.Exec(ctx, `UPDATE sessions SET ended_at = $3 WHERE id = $1 AND user_id = $2
		AND ended_at IS NULL`, id, who.ActorID, p.now())
	if err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return problem.Missing("session")
	}
	return nil
}
