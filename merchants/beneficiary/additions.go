package beneficiary

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/tenancies"
)

// addedAccount is what became of a further account: its id, or that of the change that waits.
type addedAccount struct{ Account, Waiting uuid.UUID }

// AddAccount gives the stall's tenant a further account with its own code. An account at a stall
// without a recent receiver takes effect at once. Any other is reported to the former receiver,
// shown on the stall's page and alerted to the board; a program's waits for a second person.
func (cs *Changes) AddAccount(ctx context.Context, who roles.Principal, stall uuid.UUID,
	o tenancies.AccountOrder,
) (added addedAccount, err error) {
	var b *tenancies.Batch
	err = cs.writer.Write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		added = addedAccount{}
		at, err := tenancies.LockStall(ctx, tx, stall)
		if err != nil {
			return err
		}
		if err := at.RequireTenant(); err != nil {
			return err
		}
		b = cs.writer.NewBatch(at.Market)
		e := b.FurtherAccount(at, o)
		if err := b.Resolve(ctx, tx); err != nil {
			return err
		}
		if err := b.Refusal(func(_ int, field string) string {
			return strings.TrimPrefix(field,
				"account.")
		}); err != nil {
			return err
		}
		if err := refuseExistingAccount(ctx, tx, at.Tenancy, e.AccountID); err != nil {
			return err
		}
		from, err := cs.formerReceiver(ctx, tx, stall)
		if err != nil {
			return err
		}
		if who.IsProgram() && from != nil {
			e.Claims = true
			c, contact := newChangeAt(at, addition, from)
			added.Waiting = c.id
			return cs.enterChange(
				ctx,
				tx,
				who,
				c,
				proposal{entry: e, order: e.Account.AccountOrder, contactOf: contact},
			)
		}
		added.Account = e.AccountID
		if err := b.Receive(ctx, tx, e); err != nil || from == nil {
			return err
		}
		if err := who.RefuseStaleProof(cs.now()); err != nil {
			return err
		}
		if from.merchant != at.Merchant { // joins late at a stall where another received
			return cs.recordImmediate(ctx, tx, who, newTenant, e, *from)
		}
		return cs.recordImmediate(ctx, tx, who, addition, e, *from)
	})
	cs.writer.StoreClaims(ctx, b)
	if err = clashRefusal(err); err != nil {
		return added, fmt.Errorf("add account to stall %s: %w", stall, err)
	}
	return added, nil
}
