package payments

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// SoundboxTimeout is how long a soundbox counts as connected after its last message.
const SoundboxTimeout = 45 * time.Second

// Speaker is the state of a stall's soundboxes that speak instead of its phones.
type Speaker struct {
	Active bool  `json:"active"` // one is connected: phones wait five seconds for it to announce a payment
	Heard  int64 `json:"heard"`  // the account's version up to which connected ones have received payments
}

// speakers returns the state of the soundboxes of ledger accounts; accounts without one are left out.
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
