package payments

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"market40/payments/feed"
)

// SoundboxSeen is how long after it was last heard of a soundbox counts as connected.
const SoundboxSeen = 45 * time.Second

// Speaker is how the soundboxes of a stall stand that are set to speak in its phones' place.
type Speaker struct {
	Active bool  `json:"active"` // one is connected: phones leave a payment to it, for five seconds
	Heard  int64 `json:"heard"`  // the account's version up to which connected ones have taken payments to speak them
}

// Feed wakes who waits for a ledger account.
func (p *Payments) Feed() *feed.Feed { return p.feed }

// speaker is how an account's soundboxes stand; of none, the zero value.
func (p *Payments) speaker(ctx context.Context, account uuid.UUID) (s Speaker, err error) {
	err = p.db.Pool.QueryRow(ctx, `SELECT count(*) > 0, coalesce(max(heard_version), 0) FROM soundboxes
		WHERE account_id = $1 AND revoked_at IS NULL AND speaks AND line_id IS NOT NULL AND seen_at > $2`, account, p.now().Add(-SoundboxSeen)).Scan(&s.Active, &s.Heard)
	if err != nil {
		return s, fmt.Errorf("look for soundboxes of %s: %w", account, err)
	}
	return s, nil
}

// tellSpeaker writes how the soundboxes stand, if that has changed: an event without id, which a stall without a box never has.
func (p *Payments) tellSpeaker(c *gin.Context, account uuid.UUID, told Speaker) (Speaker, error) {
	s, err := p.speaker(c.Request.Context(), account)
	if err != nil || s == told {
		return told, err
	}
	data, err := json.Marshal(s)
	if err != nil {
		return told, fmt.Errorf("write speaker: %w", err)
	}
	fmt.Fprintf(c.Writer, "event: speaker\ndata: %s\n\n", data)
	c.Writer.Flush()
	return s, nil
}
