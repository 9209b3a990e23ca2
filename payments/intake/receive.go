package intake

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"market40/migrations/database"
	"market40/payments/banks"
	"market40/payments/notices"
)

// Receive stores, matches and posts notices that were pulled from a provider, or the demo's history.
// They are processed like those of a webhook, so that a repeat changes nothing.
func (in *Intake) Receive(ctx context.Context, connectionID uuid.UUID, pulled []banks.Notice) error {
	c, err := in.connections.Read(ctx, connectionID)
	if err != nil {
		return err
	}
	for len(pulled) > 0 {
		group := pulled[:min(maxGroup, len(pulled))]
		pulled = pulled[len(group):]
		d := &delivery{id: in.clock.NewID(), connection: c, receivedAt: in.now(), verdict: notices.VerdictRead}
		raw, err := json.Marshal(group)
		if err != nil {
			return fmt.Errorf("write received notices: %w", err)
		}
		if d.body, err = in.sealer.SealBody(ctx, d.id, raw); err != nil {
			return err
		}
		for _, n := range group {
			e, err := in.entries.prepare(ctx, c, receivedNotice{n, in.clock.NewID(), d.receivedAt})
			if err != nil {
				return err
			}
			e.delivery = d
			d.entries = append(d.entries, e)
		}
		if err := in.postings.post(ctx, []*delivery{d}, database.LockTimeout); err != nil {
			return err
		}
	}
	return nil
}
