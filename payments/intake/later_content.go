package intake

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/vietqr"
	"market40/payments/banks"
	"market40/payments/connections"
	"market40/payments/duplicates"
	"market40/payments/notices"
)

// querier is a pool or a database transaction.
type querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	SendBatch(ctx context.Context, batch *pgx.Batch) pgx.BatchResults
}

// LaterContent is a notice with the id of an earlier one and other content, matched against the
// present register.
type LaterContent struct {
	ID           uuid.UUID
	Notice       banks.Notice
	State        notices.State // the state that the posting would give it
	Account      *uuid.UUID    // the beneficiary account; nil: unknown
	Stall        *uuid.UUID    // the stall that would receive its money; nil: none
	Tenancy      uuid.UUID     // of that stall
	MemoCode     string        // the only code in its memo; empty: none
	SameTransfer bool          // it reports the transfer that the first notice reported

	entry *entry
}

// Report returns the content as a report of its transfer.
func (l *LaterContent) Report() duplicates.Report { return l.entry.report() }

// ReadLaterContent reads the later content with the id of a notice, and finds where its money would
// go.
func (in *Intake) ReadLaterContent(ctx context.Context, db querier, id uuid.UUID) (*LaterContent, error) {
	e, err := in.entries.readConflict(ctx, db, id)
	if err != nil {
		return nil, err
	}
	later := &LaterContent{
		ID: e.id, Notice: e.notice, State: e.decision.State, MemoCode: e.code(),
		SameTransfer: e.sameTransfer, entry: e,
	}
	if r := e.decision.Receiver; r != nil {
		later.Account = &r.Account
	}
	if to := e.decision.To; to != nil {
		later.Stall, later.Tenancy = &to.Stall, to.Tenancy
	}
	return later, nil
}

// readConflict reads a conflict as an entry, matched against the present register.
func (es *entries) readConflict(ctx context.Context, db querier, id uuid.UUID) (*entry, error) {
	n := banks.Notice{Direction: banks.In}
	var first banks.Notice
	var sealed, digest, body, firstSealed []byte
	var firstID, connectionID, delivery uuid.UUID
	var bankTime *time.Time
	var own *string
	err := db.QueryRow(ctx, `SELECT f.amount::text, f.occurred_at, f.told_at, f.reference, f.particulars, f.digest,
		f.delivery_id, coalesce(d.body, ''), n.connection_id, f.currency,
			coalesce(f.precision, 'second'), n.currency, n.external_id, coalesce(n.dialect, ''),
			n.id, n.amount::text, n.reference, n.particulars
		FROM notice_conflicts f JOIN notices n ON n.id = f.notice_id LEFT JOIN deliveries d ON d.id = f.delivery_id
		WHERE f.id = $1`, id).
		Scan(&n.Amount, &n.OccurredAt, &bankTime, &n.Reference, &sealed, &digest, &delivery, &body, &connectionID, &own,
			&n.Precision, &first.Currency, &n.ExternalID, &n.Identity,
			&firstID, &first.Amount, &first.Reference, &firstSealed)
	if err != nil {
		return nil, fmt.Errorf("read conflict %s: %w", id, err)
	}
	c, err := es.connections.Read(ctx, connectionID)
	if err != nil {
		return nil, err
	}
	if err := es.sealer.Open(ctx, id, sealed, &n); err != nil {
		return nil, err
	}
	if err := es.sealer.Open(ctx, firstID, firstSealed, &first); err != nil {
		return nil, err
	}
	n.Currency = first.Currency
	if own != nil {
		n.Currency = *own
	} else if item := es.findItem(ctx, c, storedBody{delivery, body}, digest); item != nil {
		n.Ignore, n.Currency = item.Ignore, item.Currency // conflicts of earlier programs do not have them
	}
	e, err := es.prepare(ctx, c, receivedNotice{n, id, es.now()})
	if err != nil {
		return nil, err
	}
	e.bankTime, e.sameTransfer = bankTime, isSameTransfer(&first, &n)
	batch := &pgx.Batch{}
	register := queueRegister(batch, []*entry{e})
	if err := db.SendBatch(ctx, batch).Close(); err != nil {
		return nil, fmt.Errorf("match conflict %s: %w", id, err)
	}
	e.decision = register.decide(e)
	return e, nil
}

// storedBody is the sealed body of a delivery.
type storedBody struct {
	delivery uuid.UUID
	sealed   []byte
}

// findItem returns the item of a stored delivery that has a digest; nil where the body cannot be
// read again.
func (es *entries) findItem(ctx context.Context, c *connections.Sender, body storedBody, digest []byte) *banks.Notice {
	if len(body.sealed) == 0 {
		return nil
	}
	raw, err := es.sealer.OpenBody(ctx, body.delivery, body.sealed)
	if err != nil {
		return nil
	}
	// the items hold what could be read, whatever the error
	items, _ := c.Provider.Parse(banks.Request{
		Method: http.MethodPost, Body: raw, RawQuery: string(raw),
		Now: es.now(),
	})
	for _, item := range items {
		if item.Err == nil && es.sealer.SameContent(item.Notice, digest, item.Notice.OccurredAt) {
			return &item.Notice
		}
	}
	return nil
}

// isSameTransfer reports whether two notices with one id have equal account, amount, currency and
// reference.
func isSameTransfer(a, b *banks.Notice) bool {
	return a.Reference != "" && a.Reference == b.Reference && a.Amount.Dong() == b.Amount.Dong() &&
		a.Currency == b.Currency &&
		a.Ignore == "" && b.Ignore == "" && vietqr.NormalAccount(a.Account) == vietqr.NormalAccount(b.Account)
}
