package payments

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"market40/merchants/problem"
	"market40/migrations/database"
	"market40/payments/banks"
)

const (
	// keepWithin is how long one group may take before its callers are told to come again.
	keepWithin = 20 * time.Second
)

// busy is the refusal when the database cannot be reached: the provider comes again (503).
func busy() error {
	e := problem.New(problem.Unavailable, "unavailable", "Hệ thống tạm gián đoạn, xin gửi lại.", "The database cannot be reached, please send it again.")
	e.RetryAfter = 30
	return e
}

// submit hands a delivery to a poster and waits until it is committed or refused.
func (p *Payments) submit(d *delivery) error {
	d.done = make(chan error, 1)
	if !p.lanes.add(d) {
		return busy()
	}
	select {
	case err := <-d.done:
		return err
	case <-p.stopped:
		return busy()
	}
}

// post runs one poster: it takes whatever waits, without a timer, and keeps it in one transaction.
func (p *Payments) post(lane int) {
	for {
		group := p.lanes.take(lane)
		if group == nil {
			return
		}
		p.keepGroup(group)
		p.lanes.done(lane)
	}
}

// keepGroup keeps a group. A group that fails is split until the bad delivery stands alone; that one is kept
// as pending and tried again, so it blocks no other.
func (p *Payments) keepGroup(group []*delivery) {
	ctx, cancel := context.WithTimeout(context.Background(), keepWithin)
	defer cancel()
	err := p.keep(ctx, group)
	switch {
	case err == nil:
		tell(group, nil)
	case !ofData(err):
		slog.Error("keeping notices failed", "deliveries", len(group), "error", err)
		tell(group, busy())
	case len(group) > 1:
		p.keepGroup(group[:len(group)/2])
		p.keepGroup(group[len(group)/2:])
	default:
		slog.Error("a notice is left pending", "delivery", group[0].id, "error", err)
		if err := p.leavePending(ctx, group[0], err); err != nil {
			slog.Error("keeping a pending notice failed", "delivery", group[0].id, "error", err)
			tell(group, busy())
			return
		}
		tell(group, nil)
	}
}

func tell(group []*delivery, err error) {
	for _, d := range group {
		d.done <- err
	}
}

// ofData says whether an error is about what was written (it would fail again) rather than about reaching
// the database, its resources or its locks (PostgreSQL, appendix A: classes 08, 40, 53, 55, 57, 58).
func ofData(err error) bool {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return false
	}
	for _, class := range []string{"08", "40", "53", "55", "57", "58", "25"} {
		if strings.HasPrefix(pg.Code, class) {
			return false
		}
	}
	return true
}

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
		w := &posting{p: p, tx: tx, now: p.now(), deliveries: []*delivery{d}, written: map[*delivery]bool{}}
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
	rows, err := p.money.Pool.Query(ctx, `SELECT id, delivery_id, connection_id, external_id, direction, amount::text, currency, occurred_at, precision, reference, particulars
		FROM notices WHERE state = 'pending' ORDER BY id LIMIT 100`)
	if err != nil {
		return fmt.Errorf("read pending notices: %w", err)
	}
	defer rows.Close()
	var waiting []storedNotice
	for rows.Next() {
		var s storedNotice
		if err := rows.Scan(&s.id, &s.delivery, &s.connection, &s.ExternalID, &s.Direction, &s.Amount, &s.Currency, &s.OccurredAt, &s.Precision, &s.Reference, &s.sealed); err != nil {
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
	n.BankBIN, n.Account, n.VirtualAccount, n.Memo = told.BankBIN, told.Account, told.Virtual, told.Memo
	n.OrderRef, n.Reverses, n.Ignore = told.OrderRef, told.Reverses, banks.Ignore(told.Ignore)
	_, n.StrongReference = banks.NormalReference(n.Reference)
	e, err := p.newEntry(ctx, s.id, c, n)
	if err != nil {
		return err
	}
	e.retried = true
	e.delivery = &delivery{id: s.delivery, connection: c, verdict: verdictRead, entries: []*entry{e}}
	return p.keep(ctx, []*delivery{e.delivery})
}
