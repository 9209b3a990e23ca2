package intake

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"market40/migrations/database"
	"market40/payments/banks"
)

// Receive keeps, matches and posts notices that were asked for rather than delivered: pulled from a
// provider, or the demo's past. They go the same way in as a webhook's, so telling one twice
// changes nothing.
func (in *Intake) Receive(ctx context.Context, connectionID uuid.UUID, notices []banks.Notice) error {
	c, err := in.connections.Read(ctx, connectionID)
	if err != nil {
		return err
	}
	for len(notices) > 0 {
		group := notices[:min(maxGroup, len(notices))]
		notices = notices[len(group):]
		d := &delivery{id: in.clock.NewID(), connection: c, receivedAt: in.now(), verdict: VerdictRead}
		raw, err := json.Marshal(group)
		if err != nil {
			return fmt.Errorf("write received notices: %w", err)
		}
		if d.body, err = in.sealer.SealBody(ctx, d.id, raw); err != nil {
			return err
		}
		for _, n := range group {
			e, err := in.newEntry(ctx, in.clock.NewID(), c, n, d.receivedAt)
			if err != nil {
				return err
			}
			e.delivery = d
			d.entries = append(d.entries, e)
		}
		if err := in.keep(ctx, []*delivery{d}, database.LockTimeout); err != nil {
			return err
		}
	}
	return nil
}
