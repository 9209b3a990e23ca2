package payments

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// SoundboxTimeout is how long after it was last heard of a soundbox counts as connected.
const SoundboxTimeout = 45 * time.Second

// Speaker is how the soundboxes of a stall stand that are set to speak in its phones' place.
type Speaker struct {
	Active bool  `json:"active"` // one is connected: phones leave a payment to it, for five seconds
	Heard  int64 `json:"heard"`  // the account's version up to which connected ones have taken payments to speak them
}

// speakers are how the soundboxes of ledger accounts stand; an account without one is left out.
func (p *Payments) speakers(ctx context.Context, accounts []uuid.UUID) (map[uuid.UUID]Speaker, error) {
	rows, err := p.db.Pool.Query(ctx, `SELECT account_id, max(heard_version) FROM soundboxes
		WHERE account_id = ANY ($1) AND revoked_at IS NULL AND speaks AND line_id IS NOT NULL AND seen_at > $2
		GROUP BY account_id`,
		accounts, p.now().Add(-SoundboxTimeout))
	if err != nil {
		return nil, fmt.Errorf("look for soundboxes: %w", err)
	}
	found := map[uuid.UUID]Speaker{}
	var account uuid.UUID
	var heard *int64
	_, err = pgx.ForEachRow(rows, []any{&account, &heard}, func() error {
		s := Speaker{Active: true}
		if heard != nil {
			s.Heard = *heard
		}
		found[account] = s
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for soundboxes: %w", err)
	}
	return found, nil
}
