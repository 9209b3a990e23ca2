package signin

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/passwords"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
)

// Guesses are slowed down by login and address together and, from an address that the user
// never signed in from, by login alone. They are not slowed down by address alone: a whole market
// may share one.
const (
	freeGuesses      = 5   // from one address
	freeGuessesOfAll = 100 // from addresses the user never signed in from
	firstDelay       = time.Minute
	longestDelay     = time.Hour
	forgetAfter      = 24 * time.Hour // since the last guess
	// forgotten counters that one sign-in clears away: more than a flood makes for each
	sweptAtOnce = 1000
)

// Attempt is a try to sign in: the credentials, and from where.
type Attempt struct {
	Login, Password string
	Code            string // of the second factor, or a recovery code
	Address, Device string // as they will be shown in the list of sessions
}

func signInFailed() error {
	return problem.New(problem.Unauthorized, "sign_in_failed", "Tên đăng nhập, mật khẩu hoặc mã xác thực không đúng.",
		"The login, the password or the code is wrong.")
}

// SignIn opens a session and returns its token, and stores only its hash. An unknown login, a
// closed account, a wrong password and a wrong code get the same answer after the same work.
func (p *People) SignIn(ctx context.Context, a Attempt) (token string, s *Session, err error) {
	// PostgreSQL's texts hold no NUL
	a.Login = strings.ReplaceAll(strings.ToLower(strings.TrimSpace(a.Login)), "\x00", "")
	u, known, err := p.find(ctx, a.Login, a.Address)
	if err != nil {
		return "", nil, err
	}
	counted, err := p.checkAttempt(ctx, u, known, a)
	if err != nil {
		return "", nil, err
	}
	return p.OpenSession(ctx, Opening{u.id, ByPassword, Visit{a.Address, a.Device}, counted})
}

// Visit is the address and the device from which a person signs in, as the list of sessions will
// show them.
type Visit struct{ Address, Device string }

// VisitOf returns where a visitor signs in from.
func VisitOf(v web.Visitor) Visit { return Visit{v.Address, v.Device} }

// Opening is a session to be opened for an authenticated user.
type Opening struct {
	User    uuid.UUID
	Method  Method
	Visit   Visit
	Counted [][]byte // the subjects of CountGuess that the sign-in began with
}

// OpenSession opens a session and returns its token. It forgets the guesses that were counted
// before.
func (p *People) OpenSession(ctx context.Context, o Opening) (string, *Session, error) {
	now := p.now()
	token := NewToken()
	hash := sha256.Sum256([]byte(token))
	s := &Session{
		ID: uuid.Must(uuid.NewV7()), CreatedAt: now, SeenAt: now, Method: o.Method, Device: o.Visit.Device,
		Address: o.Visit.Address, Current: true,
	}
	batch := &pgx.Batch{}
	batch.Queue(`INSERT INTO sessions (id, user_id, hash, method, created_at, seen_at, proved_at, device, address)
		VALUES ($1, $2, $3, $4, $5, $5, $5, $6, $7)`,
		s.ID, o.User, hash[:], o.Method, now, o.Visit.Device, o.Visit.Address)
	batch.Queue(`UPDATE users SET signed_in_at = $2 WHERE id = $1`, o.User, now)
	batch.Queue(`DELETE FROM sign_in_failures WHERE subject = ANY ($1)`, o.Counted)
	batch.Queue(`DELETE FROM sign_in_failures WHERE subject IN (
		SELECT subject FROM sign_in_failures WHERE last_at < $1 ORDER BY last_at LIMIT $2 FOR UPDATE SKIP LOCKED)`,
		now.Add(-forgetAfter), sweptAtOnce)
	if err := p.db.SendBatch(ctx, batch); err != nil {
		return "", nil, fmt.Errorf("open session: %w", err)
	}
	return token, s, nil
}

// CountGuess counts a guess before it is checked, so that simultaneous guesses are counted too; a
// right one is subtracted later. Beyond the free ones each guess must wait, twice as long every
// time (429).
func (p *People) CountGuess(ctx context.Context, subject []byte, free int) error {
	now := p.now()
	tag, err := p.db.Pool.Exec(ctx, `INSERT INTO sign_in_failures AS f (subject, failures, last_at) VALUES ($1, 1, $2)
		ON CONFLICT (subject) DO UPDATE SET last_at = $2, failures = CASE WHEN f.last_at < $3 THEN 1
		ELSE f.failures + 1 END
		WHERE f.failures < $4 OR f.last_at + make_interval(secs => least($5 * power(2, least(f.failures - $4, 20)),
		$6)) <= $2`,
		subject, now, now.Add(-forgetAfter), free, firstDelay.Seconds(), longestDelay.Seconds())
	if err != nil {
		return fmt.Errorf("count guess: %w", err)
	}
	if tag.RowsAffected() == 0 {
		e := problem.New(problem.TooMany, "too_many_attempts", "Sai quá nhiều lần, xin chờ rồi thử lại.",
			"Too many wrong attempts: wait, then try again.")
		e.RetryAfter = int(firstDelay.Seconds())
		return e
	}
	return nil
}

// Compare reports whether a password or a PIN is the one of a stored hash, after its guess was counted.
// What could not be compared is not a guess: Compare subtracts it from the counted subjects and returns
// why, such as that many are signing in (503).
func (p *People) Compare(ctx context.Context, counted [][]byte, stored, secret string) (bool, error) {
	right, err := passwords.Same(ctx, stored, secret)
	if err == nil {
		return right, nil
	}
	if failed := p.uncountGuess(context.WithoutCancel(ctx), counted); failed != nil {
		return false, failed
	}
	return false, err
}

func (p *People) uncountGuess(ctx context.Context, subjects [][]byte) error {
	_, err := p.db.Pool.Exec(ctx, `UPDATE sign_in_failures SET failures = failures - 1 WHERE subject = ANY ($1)
		AND failures > 0`, subjects)
	if err != nil {
		return fmt.Errorf("take back a guess: %w", err)
	}
	return nil
}
