// Package tenancies writes the tenants of stalls and the accounts that receive their money. It
// resolves and writes orders in batches, locks stalls while they change, and begins and ends
// tenancies.
package tenancies

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/platform/problem"
)

// LockedStall is a stall as it is while a change holds its lock.
type LockedStall struct {
	Stall, Market     uuid.UUID
	State             string
	Tenancy, Merchant uuid.UUID  // of the open tenancy; Nil: vacant
	began             *time.Time // of the open tenancy; nil: before our records
	ended             *time.Time // the end of the last tenancy, when none is open
	LastTenancy       uuid.UUID  // the open tenancy, else the last one; Nil: never let
}

// LockStall reads a stall and locks it against other changes until the transaction ends.
func LockStall(ctx context.Context, tx pgx.Tx, id uuid.UUID) (LockedStall, error) {
	s := LockedStall{Stall: id}
	err := tx.QueryRow(ctx, `SELECT market_id FROM stalls WHERE id = $1 FOR UPDATE`, id).Scan(&s.Market)
	if err != nil {
		return s, fmt.Errorf("lock stall: %w", err)
	}
	if err = tx.QueryRow(ctx, `SELECT state FROM stall_states WHERE stall_id = $1 AND upper_inf(valid)`, id).Scan(
		&s.State); err != nil {
		return s, fmt.Errorf("state of stall: %w", err)
	}
	var merchant uuid.UUID
	err = tx.QueryRow(ctx, `SELECT id, merchant_id, lower(valid), upper(valid) FROM tenancies
		WHERE stall_id = $1 ORDER BY upper(valid) DESC NULLS FIRST LIMIT 1`, id).Scan(&s.LastTenancy, &merchant, &s.began,
		&s.ended)
	if errors.Is(err, pgx.ErrNoRows) {
		return s, nil
	}
	if err != nil {
		return s, fmt.Errorf("tenancy of stall: %w", err)
	}
	if s.ended == nil {
		s.Tenancy, s.Merchant = s.LastTenancy, merchant
	}
	return s, nil
}

// RequireTenant refuses a stall that is closed or vacant (409).
func (s LockedStall) RequireTenant() error {
	switch {
	case s.State == StateClosed:
		return StateRefusal(s.State)
	case s.Tenancy == uuid.Nil:
		return problem.New(problem.Conflict, "stall_vacant", "Sạp đang trống.", "The stall is vacant.")
	}
	return nil
}

// NextTenant resolves an order of the stall's next tenancy.
func (b *Batch) NextTenant(ctx context.Context, tx pgx.Tx, at LockedStall, o TenancyOrder) (*Entry, error) {
	if at.State == StateClosed {
		return nil, StateRefusal(at.State)
	}
	e := b.addEntry(at.Stall, StallOrder{Since: o.Since, Merchant: o.Merchant, Account: o.Account})
	if e.since == nil {
		e.since = &b.Now
	}
	if err := b.Resolve(ctx, tx); err != nil {
		return nil, err
	}
	at.checkSince(e)
	if err := b.Refusal(asWritten); err != nil {
		return nil, err
	}
	if at.Merchant == e.merchant {
		return nil, problem.New(problem.Conflict, "same_merchant", "Tiểu thương này đang thuê sạp.",
			"This merchant already rents this stall.")
	}
	return e, nil
}

// checkSince refuses a tenancy that would begin before or within an earlier one.
func (s LockedStall) checkSince(e *Entry) {
	open := s.Tenancy != uuid.Nil
	if (open && s.began != nil && !e.since.After(*s.began)) || (!open && s.ended != nil && e.since.Before(*s.ended)) {
		e.invalid(problem.Field{
			Name: "since", Code: "since_before_tenancy",
			Vi: "Ngày bắt đầu phải sau kỳ thuê trước.", En: "The tenancy must begin after the previous one.",
		})
	}
}

// OpenTenancy ends the open tenancy, if there is one, and writes the next one.
func (w *Writer) OpenTenancy(ctx context.Context, tx pgx.Tx, at LockedStall, b *Batch, e *Entry) error {
	if err := w.EndTenancy(ctx, tx, at, *e.since); err != nil {
		return err
	}
	if err := e.freeVirtual(ctx, tx); err != nil {
		return err
	}
	if err := b.Write(ctx, tx); err != nil {
		return err
	}
	return w.EnterState(ctx, tx, at, StateOperating, "", *e.since)
}

// EndTenancy ends the open tenancy, if there is one, and revokes its codes. Revoked codes are still
// matched, so that money sent by an old sticker is not lost.
func (w *Writer) EndTenancy(ctx context.Context, tx pgx.Tx, s LockedStall, at time.Time) error {
	if s.Tenancy == uuid.Nil {
		return nil
	}
	// A tenancy that ends in the instant it began lasts one microsecond, the least that PostgreSQL
	// stores.
	_, err := tx.Exec(ctx, `UPDATE tenancies
		SET valid = tstzrange(lower(valid), greatest($2, lower(valid) + interval '1 microsecond')) WHERE id = $1`,
		s.Tenancy, at)
	if err != nil {
		return fmt.Errorf("end tenancy %s: %w", s.Tenancy, err)
	}
	_, err = tx.Exec(ctx, `UPDATE codes SET state = 'revoked', ended_at = coalesce(ended_at, $2) WHERE tenancy_id = $1
		AND state <> 'revoked'`, s.Tenancy, w.now())
	if err != nil {
		return fmt.Errorf("revoke codes of tenancy %s: %w", s.Tenancy, err)
	}
	return nil
}

// freeVirtual frees a virtual account or terminal id that an ended tenancy still names.
func (e *Entry) freeVirtual(ctx context.Context, tx pgx.Tx) error {
	if e.Account == nil || e.Account.Virtual == nil {
		return nil
	}
	_, err := tx.Exec(ctx, `UPDATE tenancy_accounts ta SET virtual_index = NULL FROM tenancies t
		WHERE t.id = ta.tenancy_id AND NOT upper_inf(t.valid) AND ta.virtual_index = $1`, e.Account.Virtual)
	if err != nil {
		return fmt.Errorf("free virtual account: %w", err)
	}
	return nil
}
