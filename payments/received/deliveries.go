package received

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/platform/web"
)

// UnreadableDelivery is a signed request without a readable item, as an operator sees it.
type UnreadableDelivery struct {
	ID           uuid.UUID `json:"id"`
	ConnectionID uuid.UUID `json:"connection_id"`
	ReceivedAt   time.Time `json:"received_at"`
	Headers      string    `json:"headers"`
	Body         string    `json:"body"`
}

// Unreadable returns the unreadable deliveries, newest first. They belong to no market.
func (l *Lists) Unreadable(ctx context.Context, page web.Page) (*web.List[UnreadableDelivery], error) {
	after, err := page.Mark()
	if err != nil {
		return nil, err
	}
	rows, err := l.db.Pool.Query(ctx, `SELECT id, connection_id, received_at, headers, body FROM deliveries
		WHERE verdict = 'unreadable' AND ($1::timestamptz IS NULL OR (received_at, id) < ($1, $2))
		ORDER BY received_at DESC, id DESC LIMIT $3`,
		after.At, after.ID, page.Size()+1)
	if err != nil {
		return nil, fmt.Errorf("list deliveries: %w", err)
	}
	items, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (d UnreadableDelivery, err error) {
		var sealed []byte
		if err = row.Scan(&d.ID, &d.ConnectionID, &d.ReceivedAt, &d.Headers, &sealed); err != nil {
			return d, err
		}
		raw, err := l.sealer.OpenBody(ctx, d.ID, sealed)
		d.Body = strings.ToValidUTF8(string(raw), "\uFFFD")
		return d, err
	})
	if err != nil {
		return nil, fmt.Errorf("list deliveries: %w", err)
	}
	items, next := web.Cut(items, page, func(d UnreadableDelivery) web.Mark {
		return web.Mark{
			At: &d.ReceivedAt,
			ID: d.ID,
		}
	})
	return &web.List[UnreadableDelivery]{Items: items, Next: next}, nil
}
