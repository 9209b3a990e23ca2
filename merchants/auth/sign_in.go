package auth

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/problem"
)

// Who guesses is slowed down by login and address together, and, from an address that the user never signed in from, by
// login alone. Nobody is slowed down for an address alone: a whole market may stand behind one.
const (
	freeGuesses      = 5   // from one address
	freeGuessesOfAll = 100 // from addresses the user never signed in from
	firstDelay       = time.Minute
	longestDelay     = time.Hour
	forgetAfter      = 24 * time.Hour // since the last guess
	sweptAtOnce      = 1000           // forgotten counters that one sign-in clears away: more than a flood makes for each
)

// Attempt is what somebody signs in with, and from where.
type Attempt struct {
	Login, Password string
	Code            string // of the second factor, or a recovery code
	Address, Device string // as they will be shown in the list of sessions
}

func signInFailed() error {
	return problem.New(problem.Unauthorized, "sign_in_failed", "Tên đăng nhập, mật khẩu hoặc mã xác thực không đúng.", "The login, the password or the code is wrong.")
}

// SignIn opens a session and returns its token, of which only the hash is kept. An unknown login, a closed account, a
// wrong password and a wrong code are answered alike and after the same work. In a flood: come again (503).
func (p *People) SignIn(ctx context.Context, a Attempt) (token string, s *Session, err error) {
	leave, err := looking.take(a.Address)
	if err != nil {
		return "", nil, err
	}
	defer leave()
	login := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(a.Login)), "\x00", "") // PostgreSQL's texts hold no NUL
	u := &stored{password: nobody}
	var known bool
	now := p.now()
	err = p.db.Pool.QueryRow(ctx, `SELECT id, coalesce(password, $4), totp, EXISTS (SELECT FROM sessions s WHERE s.user_id = u.id AND s.address = $3)
		FROM users u WHERE login = $1 AND disabled_at IS NULL AND coalesce(signed_in_at, created_at) > $2`, login, now.Add(-unusedFor), a.Address, nobody).
		Scan(&u.id, &u.password, &u.totp, &known)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return "", nil, fmt.Errorf("find user: %w", err)
	}
	here, anywhere := p.keys.Index("sign-in", login+"\n"+a.Address), p.keys.Index("sign-in", login)
	counted := [][]byte{here}
	if err := p.countGuess(ctx, here, freeGuesses); err != nil {
		return "", nil, err
	}
	if !known {
		counted = append(counted, anywhere)
		if err := p.countGuess(ctx, anywhere, freeGuessesOfAll); err != nil {
			return "", nil, err
		}
	}
	right, err := samePassword(ctx, u.password, a.Password)
	if err != nil { // it was not judged: it is no guess
		if failed := p.takeBackGuess(context.WithoutCancel(ctx), counted); failed != nil {
			return "", nil, failed
		}
		return "", nil, err
	}
	if !right || u.id == uuid.Nil {
		return "", nil, signInFailed()
	}
	if a.Code == "" {
		if err := p.takeBackGuess(ctx, counted); err != nil {
			return "", nil, err
		}
		return "", nil, problem.New(problem.Unauthorized, "second_factor", "Cần mã xác thực của ứng dụng.", "A code of your authenticator is needed.")
	}
	if right, err = p.secondFactor(ctx, u, strings.ReplaceAll(a.Code, " ", "")); err != nil {
		return "", nil, err
	}
	if !right {
		return "", nil, signInFailed()
	}
	return p.openSession(ctx, opening{u.id, byPassword, a.Address, a.Device}, counted)
}

// opening is a session to be opened for a user who was proved.
type opening struct {
	user            uuid.UUID
	method          method
	address, device string
}

// openSession opens a session and returns its token; what guesses were counted on the way is forgotten.
func (p *People) openSession(ctx context.Context, o opening, counted [][]byte) (string, *Session, error) {
	now := p.now()
	token := newToken()
	hash := sha256.Sum256([]byte(token))
	s := &Session{ID: uuid.Must(uuid.NewV7()), CreatedAt: now, SeenAt: now, Method: o.method, Device: o.device, Address: o.address, Current: true}
	batch := &pgx.Batch{}
	batch.Queue(`INSERT INTO sessions (id, user_id, hash, method, created_at, seen_at, proved_at, device, address) VALUES ($1, $2, $3, $4, $5, $5, $5, $6, $7)`,
		s.ID, o.user, hash[:], o.method, now, o.device, o.address)
	batch.Queue(`UPDATE users SET signed_in_at = $2 WHERE id = $1`, o.user, now)
	batch.Queue(`DELETE FROM sign_in_failures WHERE subject = ANY ($1)`, counted)
	batch.Queue(`DELETE FROM sign_in_failures WHERE subject IN (
		SELECT subject FROM sign_in_failures WHERE last_at < $1 ORDER BY last_at LIMIT $2 FOR UPDATE SKIP LOCKED)`, now.Add(-forgetAfter), sweptAtOnce)
	if err := p.send(ctx, batch); err != nil {
		return "", nil, fmt.Errorf("open session: %w", err)
	}
	return token, s, nil
}

// countGuess counts a guess before it is judged, so that guesses at one moment are counted too; a right one takes it
// back. Beyond the free ones each guess must wait, twice as long every time: 429.
func (p *People) countGuess(ctx context.Context, subject []byte, free int) error {
	now := p.now()
	tag, err := p.db.Pool.Exec(ctx, `INSERT INTO sign_in_failures AS f (subject, failures, last_at) VALUES ($1, 1, $2)
		ON CONFLICT (subject) DO UPDATE SET last_at = $2, failures = CASE WHEN f.last_at < $3 THEN 1 ELSE f.failures + 1 END
		WHERE f.failures < $4 OR f.last_at + make_interval(secs => least($5 * power(2, least(f.failures - $4, 20)), $6)) <= $2`,
		subject, now, now.Add(-forgetAfter), free, firstDelay.Seconds(), longestDelay.Seconds())
	if err != nil {
		return fmt.Errorf("count guess: %w", err)
	}
	if tag.RowsAffected() == 0 {
		e := problem.New(problem.TooMany, "too_many_attempts", "Sai quá nhiều lần, xin chờ rồi thử lại.", "Too many wrong attempts: wait, then try again.")
		e.RetryAfter = int(firstDelay.Seconds())
		return e
	}
	return nil
}

func (p *People) takeBackGuess(ctx context.Context, subjects [][]byte) error {
	_, err := p.db.Pool.Exec(ctx, `UPDATE sign_in_failures SET failures = failures - 1 WHERE subject = ANY ($1) AND failures > 0`, subjects)
	if err != nil {
		return fmt.Errorf("take back a guess: %w", err)
	}
	return nil
}
