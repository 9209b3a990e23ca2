package signin

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/passwords"
	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
)

// findCaller returns the caller as a user, with its login.
func (p *People) findCaller(ctx context.Context, who roles.Principal) (u *stored, login string, err error) {
	if who.SessionID == nil {
		return nil, "", roles.ErrPersonNeeded
	}
	u = &stored{}
	err = p.db.Pool.QueryRow(ctx, `SELECT id, login, coalesce(password, $2), totp FROM users WHERE id = $1`,
		who.ActorID, passwords.Unknown).Scan(&u.id, &login, &u.password, &u.totp)
	if err != nil {
		return nil, "", fmt.Errorf("find user %s: %w", who.ActorID, err)
	}
	return u, login, nil
}

// Prove checks a user's password and code again, and gives its session a new token.
func (p *People) Prove(ctx context.Context, who roles.Principal, a Attempt) (token string, err error) {
	u, login, err := p.findCaller(ctx, who)
	if err != nil {
		return "", err
	}
	a.Login = login
	counted, err := p.checkAttempt(ctx, u, true, a)
	if err != nil {
		return "", err
	}
	batch := &pgx.Batch{}
	token = RenewToken(batch, who, p.now())
	batch.Queue(`DELETE FROM sign_in_failures WHERE subject = ANY ($1)`, counted)
	if err := p.db.SendBatch(ctx, batch); err != nil {
		return "", fmt.Errorf("prove user %s: %w", u.id, err)
	}
	return token, nil
}

// RenewToken queues another token for the caller's session, proved now. The old token no longer
// works.
func RenewToken(batch *pgx.Batch, who roles.Principal, now time.Time) string {
	token := NewToken()
	hash := sha256.Sum256([]byte(token))
	batch.Queue(`UPDATE sessions SET hash = $2, proved_at = $3, seen_at = $3 WHERE id = $1 AND ended_at IS NULL`,
		who.SessionID, hash[:], now)
	return token
}

// ChangePassword checks the password and a code, sets another password, ends the user's other
// sessions and gives this one a new token.
func (p *People) ChangePassword(ctx context.Context, who roles.Principal, a Attempt,
	to string,
) (token string, err error) {
	u, login, err := p.findCaller(ctx, who)
	if err != nil {
		return "", err
	}
	if err := passwords.Check(to, login, u.totp != nil); err != nil {
		return "", err
	}
	a.Login = login
	counted, err := p.checkAttempt(ctx, u, true, a)
	if err != nil {
		return "", err
	}
	hashed, err := passwords.Hash(ctx, to)
	if err != nil {
		return "", err
	}
	now := p.now()
	batch := &pgx.Batch{}
	batch.Queue(`UPDATE users SET password = $2 WHERE id = $1`, u.id, hashed)
	batch.Queue(`UPDATE sessions SET ended_at = $3 WHERE user_id = $1 AND id <> $2 AND ended_at IS NULL`, u.id,
		who.SessionID, now)
	token = RenewToken(batch, who, now)
	batch.Queue(`DELETE FROM sign_in_failures WHERE subject = ANY ($1)`, counted)
	if err := p.db.SendBatch(ctx, batch); err != nil {
		return "", fmt.Errorf("change the password of %s: %w", u.id, err)
	}
	return token, nil
}

// find returns the user who may sign in with a login, and whether it ever signed in from an
// address. An unknown login yields a user that no password fits.
func (p *People) find(ctx context.Context, login, address string) (u *stored, known bool, err error) {
	u = &stored{password: passwords.Unknown}
	err = p.db.Pool.QueryRow(ctx, `SELECT id, coalesce(password, $4), totp, EXISTS (SELECT FROM sessions s
		WHERE s.user_id = u.id AND s.address = $3)
		FROM users u WHERE login = $1 AND disabled_at IS NULL AND coalesce(signed_in_at, created_at) > $2`, login,
		p.now().Add(-UnusedFor), address, passwords.Unknown).
		Scan(&u.id, &u.password, &u.totp, &known)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return nil, false, fmt.Errorf("find user: %w", err)
	}
	return u, known, nil
}

// checkAttempt counts a guess and checks the password and the code. It returns where it counted the
// guess, to be forgotten once the user is signed in. A missing code is refused (401 second_factor)
// and not counted.
func (p *People) checkAttempt(ctx context.Context, u *stored, known bool, a Attempt) (counted [][]byte, err error) {
	here, anywhere := p.keys.Index("sign-in", a.Login+"\n"+a.Address), p.keys.Index("sign-in", a.Login)
	counted = [][]byte{here}
	if err := p.CountGuess(ctx, here, freeGuesses); err != nil {
		return nil, err
	}
	if !known {
		counted = append(counted, anywhere)
		if err := p.CountGuess(ctx, anywhere, freeGuessesOfAll); err != nil {
			return nil, err
		}
	}
	right, err := p.Compare(ctx, counted, u.password, a.Password)
	if err != nil {
		return nil, err
	}
	if !right || u.id == uuid.Nil {
		return nil, signInFailed()
	}
	if u.totp == nil {
		return counted, nil
	}
	if a.Code == "" {
		if err := p.uncountGuess(ctx, counted); err != nil {
			return nil, err
		}
		return nil, problem.New(problem.Unauthorized, "second_factor", "Cần mã xác thực của ứng dụng.",
			"Enter the code of your authenticator.")
	}
	if right, err = p.secondFactor(ctx, u, a.Code); err != nil {
		return nil, err
	}
	if !right {
		return nil, signInFailed()
	}
	return counted, nil
}
