package soundbox

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
	"market40/migrations/database"
)

const (
	// codeLasts is how long a new box's code may be entered.
	codeLasts = 5 * time.Minute
	// codeDigits is how long it is, maxCodes how many are valid at a time: who enters a wrong one
	// meets another box once in ten thousand times at the most.
	codeDigits, maxCodes = 6, 100
	// codesFree is how many codes may be entered at a stall within codesWindow.
	codesFree, codesWindow = 5, 15 * time.Minute
	// pairedEvery is how often it is looked whether a code was entered, on whichever server.
	pairedEvery = time.Second
	// fullWait is how long a new box must wait while there are too many codes.
	fullWait = 60 * time.Second
)

// sendCode sends a new box a code to speak. After another request the earlier code is no longer
// valid.
func (s *Soundboxes) sendCode(ctx context.Context, l *boxConn, key []byte) error {
	sealed, err := s.keys.Seal(ctx, keyPlace("soundbox_pairings", l.name), key)
	if err != nil {
		return err
	}
	now := s.now()
	if _, err := s.db.Pool.Exec(ctx, `DELETE FROM soundbox_pairings WHERE expires_at <= $1`, now); err != nil {
		return fmt.Errorf("forget codes: %w", err)
	}
	for range 3 {
		n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
		if err != nil {
			return err
		}
		code := fmt.Sprintf("%0*d", codeDigits, n)
		tag, err := s.db.Pool.Exec(ctx, `INSERT INTO soundbox_pairings (id, code_index, key, expires_at)
			SELECT $1, $2, $3, $4 WHERE (SELECT count(*) FROM soundbox_pairings WHERE id <> $1) < $5
			ON CONFLICT (id) DO UPDATE SET code_index = excluded.code_index, key = excluded.key,
			expires_at = excluded.expires_at`,
			l.name, s.codeIndex(code), sealed, now.Add(codeLasts), maxCodes)
		if database.ViolatedConstraint(err) == "soundbox_code_unique" {
			continue
		}
		if err != nil {
			return fmt.Errorf("keep code of box %s: %w", l.name, err)
		}
		if tag.RowsAffected() == 0 {
			break
		}
		return l.send(Pairing, key, Code{Code: code, ExpiresIn: int(codeLasts / time.Second)})
	}
	return l.send(Pairing, key, Code{Wait: int(fullWait / time.Second)})
}

func (s *Soundboxes) codeIndex(code string) []byte { return s.keys.Index("soundbox_code", code) }

// pair waits until a new box was paired, on whichever server, and sends it away to come back as
// what it now is.
func (s *Soundboxes) pair(cl *mqtt.Client, l *boxConn) {
	look, end := time.NewTicker(pairedEvery), time.NewTimer(newLineLasts)
	defer look.Stop()
	defer end.Stop()
	for {
		select {
		case <-l.ctx.Done():
			return
		case <-end.C:
			_ = s.server.DisconnectClient(cl, packets.ErrMaxConnectTime)
			return
		case <-look.C:
		}
		box, _, err := s.find(l.ctx, l.name)
		if errors.Is(err, pgx.ErrNoRows) {
			continue
		}
		if err == nil {
			err = l.send(Pairing, box.key, Code{Paired: true})
		}
		if err != nil {
			if l.ctx.Err() == nil {
				slog.WarnContext(l.ctx, "serving a new soundbox failed", "soundbox", l.name, "error", err)
			}
			continue
		}
		select { // it reads that, and leaves by itself
		case <-l.ctx.Done():
		case <-time.After(pairedEvery):
		}
		return
	}
}

// Order is what an owner enters.
type Order struct {
	Code string `json:"code" pattern:"^[0-9]{6}$" doc:"the six digits that the box speaks"`
	Name string `json:"name" minLength:"1" maxLength:"60" doc:"the owner's name for it"`
}

// Pair makes the new box that speaks a code one of the stall's. Its merchant alone may: others of
// the stall's scope are refused (403). A wrong or expired code is refused (422), as is a sixth try
// within a quarter of an hour (429).
func (s *Soundboxes) Pair(ctx context.Context, who roles.Principal, stall string, order Order) (*Box, error) {
	t, err := s.tenancy(ctx, who, stall)
	if err != nil {
		return nil, err
	}
	if err := s.countGuess(ctx, t.id); err != nil {
		return nil, err
	}
	b := &Box{Name: order.Name, Speaks: true, PairedAt: s.now()}
	err = s.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var sealed []byte
		err := tx.QueryRow(ctx, `DELETE FROM soundbox_pairings WHERE code_index = $1 AND expires_at > $2
			RETURNING id, key`, s.codeIndex(order.Code), b.PairedAt).Scan(&b.ID, &sealed)
		if errors.Is(err, pgx.ErrNoRows) {
			return problem.Of("code", "code_unknown", "Mã ghép không đúng hoặc đã hết hạn. Hãy nghe loa đọc lại.",
				"The code is wrong or has expired. Listen to the box again.")
		}
		if err != nil {
			return err
		}
		key, err := s.keys.Open(ctx, keyPlace("soundbox_pairings", b.ID), sealed)
		if err != nil {
			return err
		}
		if sealed, err = s.keys.Seal(ctx, keyPlace("soundboxes", b.ID), key); err != nil {
			return err
		}
		return s.add(ctx, tx, t, who.ActorID, b, sealed)
	})
	if err != nil {
		return nil, fmt.Errorf("pair a soundbox with stall %s: %w", stall, err)
	}
	return b, nil
}

// add writes a paired box, which speaks what comes from now on.
func (s *Soundboxes) add(ctx context.Context, tx pgx.Tx, t tenancy, actor uuid.UUID, b *Box, sealed []byte) error {
	var boxes int
	if _, err := tx.Exec(ctx, `SELECT FROM tenancies WHERE id = $1 FOR NO KEY UPDATE`, t.id); err != nil {
		return err
	}
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM soundboxes WHERE tenancy_id = $1 AND revoked_at IS NULL`,
		t.id).Scan(&boxes); err != nil {
		return err
	}
	if boxes >= boxesOfAStall {
		return problem.New(problem.Conflict, "too_many", fmt.Sprintf("Mỗi sạp có tối đa %d loa. Hãy xóa bớt trước.",
			boxesOfAStall), fmt.Sprintf("A stall can have at most %d soundboxes. Remove one first.", boxesOfAStall))
	}
	if _, err := tx.Exec(ctx, `DELETE FROM soundbox_guesses WHERE tenancy_id = $1`, t.id); err != nil {
		return err
	}
	err := tx.QueryRow(ctx, `INSERT INTO soundboxes (id, market_id, stall_id, tenancy_id, account_id, name, key, speaks,
		heard_version, seen_at, paired_at, actor_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, coalesce((SELECT version FROM ledger_accounts WHERE id = $5), 0), $9,
		$9, $10) RETURNING heard_version, seen_at`,
		b.ID, t.market, t.stall, t.id, t.account(), b.Name, sealed, b.Speaks, b.PairedAt, actor).Scan(&b.Heard,
		&b.SeenAt)
	if err != nil {
		return fmt.Errorf("add soundbox %s: %w", b.ID, err)
	}
	return nil
}

// countGuess counts a code entered at a stall before it is looked at, and refuses one too many.
func (s *Soundboxes) countGuess(ctx context.Context, tenancy uuid.UUID) error {
	now := s.now()
	var guesses int
	var began time.Time
	err := s.db.Pool.QueryRow(ctx, `INSERT INTO soundbox_guesses AS g (tenancy_id, began_at, guesses) VALUES ($1, $2, 1)
		ON CONFLICT (tenancy_id) DO UPDATE SET guesses = CASE WHEN g.began_at <= $3 THEN 1 ELSE g.guesses + 1 END,
			began_at = CASE WHEN g.began_at <= $3 THEN excluded.began_at ELSE g.began_at END
		RETURNING guesses, began_at`, tenancy, now, now.Add(-codesWindow)).Scan(&guesses, &began)
	if err != nil {
		return fmt.Errorf("count codes of tenancy %s: %w", tenancy, err)
	}
	if guesses > codesFree {
		refusal := problem.New(problem.TooMany, "too_many_codes", "Đã nhập sai quá nhiều mã ghép. Hãy đợi rồi thử lại.",
			"Too many wrong codes were entered. Wait, then try again.")
		refusal.RetryAfter = max(1, int(began.Add(codesWindow).Sub(now)/time.Second))
		return refusal
	}
	return nil
}
