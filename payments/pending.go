package payments

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"market40/migrations/database"
	"market40/payments/banks"
)

// leavePending keeps a delivery whose notices could not be processed: they are not lost, and tried again.
func (p *Payments) leavePending(ctx context.Context, d *delivery, cause error) error {
	for _, e := range d.entries {
		if e.retried {
			return nil // it stands as pending already
		}
	}
	why := "failed"
	var pg *pgconn.PgError
	if errors.As(cause, &pg) {
		why = "failed:" + pg.Code
	}
	return p.money.InBatches(ctx, func(ctx context.Context, tx *database.Batches) (*pgx.Batch, error) {
		w := &posting{p: p, tx: tx, now: p.now(), deliveries: []*delivery{d}, lockWait: groupLockWait, written: map[*delivery]bool{}}
		if err := w.takeKeys(ctx); err != nil {
			return nil, err
		}
		for _, e := range w.entries {
			e.decision = decision{State: Pending, Why: why}
		}
		w.queueDeliveries()
		w.queueNotices()
		return &w.batch, nil
	})
}

// retryPending tries the pending notices again, one by one.
func (p *Payments) retryPending(ctx context.Context) error {
	rows, err := p.money.Pool.Query(ctx, `SELECT id, delivery_id, connection_id, external_id, direction, amount::text, currency, occurred_at, precision, reference, particulars, told_at
		FROM notices WHERE state = 'pending' ORDER BY id LIMIT 100`)
	if err != nil {
		return fmt.Errorf("read pending notices: %w", err)
	}
	defer rows.Close()
	var waiting []storedNotice
	for rows.Next() {
		var s storedNotice
		if err := rows.Scan(&s.id, &s.delivery, &s.connection, &s.ExternalID, &s.Direction, &s.Amount, &s.Currency, &s.OccurredAt, &s.Precision, &s.Reference, &s.sealed, &s.toldAt); err != nil {
			return fmt.Errorf("read pending notices: %w", err)
		}
		waiting = append(waiting, s)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read pending notices: %w", err)
	}
	for _, s := range waiting {
		if err := p.retry(ctx, s); err != nil && ctx.Err() == nil {
			slog.WarnContext(ctx, "a notice stays pending", "notice", s.id, "error", err)
		}
	}
	return nil
}

// storedNotice is a notice as its row tells it.
type storedNotice struct {
	banks.Notice
	id, delivery, connection uuid.UUID
	sealed                   []byte
	toldAt                   *time.Time
}

func (p *Payments) retry(ctx context.Context, s storedNotice) error {
	c, err := p.connections.read(ctx, s.connection)
	if err != nil {
		return err
	}
	told, err := p.particulars(ctx, s.id, s.sealed)
	if err != nil {
		return err
	}
	n := s.Notice
	told.fill(&n)
	e, err := p.newEntry(ctx, s.id, c, n, p.now())
	if err != nil {
		return err
	}
	e.retried, e.toldAt = true, s.toldAt
	e.delivery = &delivery{id: s.delivery, connection: c, verdict: verdictRead, entries: []*entry{e}}
	return p.keep(ctx, []*delivery{e.delivery}, partLockWait)
}
