package intake

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants"
	"market40/payments/banks"
	"market40/payments/connections"
)

// querier is a pool or a database transaction.
type querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	SendBatch(ctx context.Context, batch *pgx.Batch) pgx.BatchResults
}

// LaterContent is what came later under the id of a notice with other content, matched as the
// register is now.
type LaterContent struct {
	ID           uuid.UUID
	Notice       banks.Notice
	State        State      // what the posting would make of it
	Account      *uuid.UUID // the beneficiary account, where it is known
	Stall        *uuid.UUID // to which its money would go; nil: to none
	Tenancy      uuid.UUID  // of that stall
	MemoCode     string     // the one code in its memo; empty: none
	SameTransfer bool       // it tells the transfer that the first notice told

	entry *entry
}

// ReadLaterContent reads what came later under the id of a notice, and finds where its money would
// go.
func (in *Intake) ReadLaterContent(ctx context.Context, db querier, id uuid.UUID) (*LaterContent, error) {
	e, err := in.conflictEntry(ctx, db, id)
	if err != nil {
		return nil, err
	}
	later := &LaterContent{
		ID: e.id, Notice: e.notice, State: e.decision.State, MemoCode: e.code(),
		SameTransfer: e.again, entry: e,
	}
	if r := e.decision.Receiver; r != nil {
		later.Account = &r.Account
	}
	if to := e.decision.To; to != nil {
		later.Stall, later.Tenancy = &to.Stall, to.Tenancy
	}
	return later, nil
}

// conflictEntry is ReadLaterContent as the posting reads it.
func (in *Intake) conflictEntry(ctx context.Context, db querier, id uuid.UUID) (*entry, error) {
	n := banks.Notice{Direction: banks.In}
	var first banks.Notice
	var sealed, digest, body, firstSealed []byte
	var firstID, connectionID, delivery uuid.UUID
	var toldAt *time.Time
	var own *string
	err := db.QueryRow(ctx, `SELECT f.amount::text, f.occurred_at, f.told_at, f.reference, f.particulars, f.digest,
		f.delivery_id, coalesce(d.body, ''), n.connection_id, f.currency,
			coalesce(f.precision, 'second'), n.currency, n.external_id, coalesce(n.dialect, ''),
			n.id, n.amount::text, n.reference, n.particulars
		FROM notice_conflicts f JOIN notices n ON n.id = f.notice_id LEFT JOIN deliveries d ON d.id = f.delivery_id
		WHERE f.id = $1`, id).
		Scan(&n.Amount, &n.OccurredAt, &toldAt, &n.Reference, &sealed, &digest, &delivery, &body, &connectionID, &own,
			&n.Precision, &first.Currency, &n.ExternalID, &n.Identity,
			&firstID, &first.Amount, &first.Reference, &firstSealed)
	if err != nil {
		return nil, fmt.Errorf("read conflict %s: %w", id, err)
	}
	c, err := in.connections.Read(ctx, connectionID)
	if err != nil {
		return nil, err
	}
	if err := in.sealer.Open(ctx, id, sealed, &n); err != nil {
		return nil, err
	}
	if err := in.sealer.Open(ctx, firstID, firstSealed, &first); err != nil {
		return nil, err
	}
	n.Currency = first.Currency
	if own != nil {
		n.Currency = *own
	} else if item := in.findInDelivery(ctx, c, delivery, body,
		digest); item != nil { // conflicts of earlier programs do not say it
		n.Ignore, n.Currency = item.Ignore, item.Currency
	}
	e, err := in.newEntry(ctx, id, c, n, in.now())
	if err != nil {
		return nil, err
	}
	e.toldAt, e.again = toldAt, sameTransfer(&first, &n)
	batch := &pgx.Batch{}
	register := queueRegister(batch, []*entry{e})
	if err := db.SendBatch(ctx, batch).Close(); err != nil {
		return nil, fmt.Errorf("match conflict %s: %w", id, err)
	}
	e.decision = register.decide(e)
	return e, nil
}

// findInDelivery returns a delivery's item of a digest; nil where the delivery cannot be read
// again.
func (in *Intake) findInDelivery(ctx context.Context, c *connections.Sender, id uuid.UUID, sealed,
	digest []byte,
) *banks.Notice {
	if len(sealed) == 0 {
		return nil
	}
	raw, err := in.sealer.OpenBody(ctx, id, sealed)
	if err != nil {
		return nil
	}
	// what was read is in the items
	items, _ := c.Provider.Parse(banks.Request{
		Method: http.MethodPost, Body: raw, RawQuery: string(raw),
		Now: in.now(),
	})
	for _, item := range items {
		if item.Err == nil && in.sealer.SameContent(item.Notice, digest, item.Notice.OccurredAt) {
			return &item.Notice
		}
	}
	return nil
}

// sameTransfer reports whether two notices under one id have the account, amount, currency and
// reference in common.
func sameTransfer(a, b *banks.Notice) bool {
	return a.Reference != "" && a.Reference == b.Reference && a.Amount.Dong() == b.Amount.Dong() &&
		a.Currency == b.Currency &&
		a.Ignore == "" && b.Ignore == "" && merchants.NormalAccount(a.Account) == merchants.NormalAccount(b.Account)
}
