package tenancies

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// FirstAccount is SQL that selects account $2 of tenancy $1 if it receives, or the first that does
// if $2 equals $3.
const FirstAccount = `SELECT account_id FROM tenancy_accounts WHERE tenancy_id = $1
	AND ($2::uuid = $3::uuid OR account_id = $2) AND replaced_at IS NULL
	ORDER BY coalesce(place, since), account_id LIMIT 1`

// FurtherAccount adds an account of the stall's tenant.
func (b *Batch) FurtherAccount(at LockedStall, o AccountOrder) *Entry {
	e := b.addEntry(at.Stall, StallOrder{Merchant: &MerchantOrder{ID: at.Merchant.String()}, Account: &o})
	e.Tenancy, e.newTenancy = at.Tenancy, false
	return e
}

// ResolveFurther resolves a further account of the stall's tenant.
func (b *Batch) ResolveFurther(ctx context.Context, tx pgx.Tx, at LockedStall, o AccountOrder) (*Entry, error) {
	e := b.FurtherAccount(at, o)
	if err := b.Resolve(ctx, tx); err != nil {
		return nil, err
	}
	return e, b.Refusal(asWritten)
}

// Receive writes a further account with its code.
func (b *Batch) Receive(ctx context.Context, tx pgx.Tx, e *Entry) error {
	if err := b.reuseAccount(ctx, tx, e); err != nil {
		return err
	}
	return b.Write(ctx, tx)
}

// reuseAccount makes an account receive again that was replaced before. Its row stays, because it
// records since when the tenant has joined.
func (b *Batch) reuseAccount(ctx context.Context, tx pgx.Tx, e *Entry) error {
	tag, err := tx.Exec(ctx, `UPDATE tenancy_accounts SET replaced_at = NULL, place = $3, virtual_index = $4
		WHERE tenancy_id = $1 AND account_id = $2`,
		e.Tenancy, e.AccountID, b.Now, e.Account.Virtual)
	if err != nil {
		return fmt.Errorf("receive again on account %s: %w", e.AccountID, err)
	}
	e.receivesAgain = tag.RowsAffected() > 0
	return nil
}
