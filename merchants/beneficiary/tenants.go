package beneficiary

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/seal"
	"market40/merchants/tenancies"
	"market40/migrations/database"
)

// ChangeTenant ends the open tenancy at the order's time, revokes its codes and opens the new
// tenant's. A program's order waits for a second person, unless the stall is vacant and had no
// receiver lately; it then returns the id of the change. Refused: a closed stall, the same merchant
// again (409), a time in the future or at or before the last tenancy's begin, or before its end
// (422), and what RegisterStalls refuses in a merchant or an account.
func (cs *Changes) ChangeTenant(ctx context.Context, who roles.Principal, stall uuid.UUID,
	o tenancies.TenancyOrder,
) (waiting uuid.UUID, err error) {
	var b *tenancies.Batch
	err = cs.writer.Write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		waiting = uuid.Nil
		at, err := tenancies.LockStall(ctx, tx, stall)
		if err != nil {
			return err
		}
		b = cs.writer.NewBatch(at.Market)
		e, err := b.NextTenant(ctx, tx, at, o)
		if err != nil {
			return err
		}
		from, err := cs.formerReceiver(ctx, tx, stall)
		if err != nil {
			return err
		}
		if who.IsProgram() && (from != nil || at.Tenancy != uuid.Nil) {
			e.Claims = e.Account != nil
			c, contact := newChangeAt(at, newTenant, from)
			waiting = c.id
			return cs.enterChange(ctx, tx, who, c, proposal{entry: e, order: o, contactOf: contact})
		}
		if from != nil {
			if err := who.RefuseStaleProof(cs.now()); err != nil {
				return err
			}
		}
		if err := cs.RefuseWaiting(ctx, tx, at); err != nil {
			return err
		}
		if err := cs.writer.OpenTenancy(ctx, tx, at, b, e); err != nil || from == nil {
			return err
		}
		return cs.recordImmediate(ctx, tx, who, newTenant, e, *from)
	})
	cs.writer.StoreClaims(ctx, b)
	if err = clashRefusal(err); err != nil {
		return waiting, fmt.Errorf("change tenant of stall %s: %w", stall, err)
	}
	return waiting, nil
}

// newChangeAt returns a change that waits at a stall, and the merchant who gets its notices: the
// former receiver, else the tenant.
func newChangeAt(s tenancies.LockedStall, kind string, from *former) (c *change, contact uuid.UUID) {
	c = &change{
		id:      database.NewID(),
		kind:    kind,
		state:   changePending,
		market:  s.Market,
		stall:   s.Stall,
		tenancy: s.LastTenancy,
	}
	if from == nil {
		return c, s.Merchant
	}
	c.oldAccount = &from.account
	return c, from.merchant
}

// former is the merchant and the account that received at a stall before a change.
type former struct {
	merchant, account uuid.UUID
}

// formerReceiver returns the stall's tenant and its first account, or those of the last tenant if
// the stall became vacant recently. So a stall that is closed first cannot hide a change. It
// returns nil if the stall had no receiver.
func (cs *Changes) formerReceiver(ctx context.Context, tx pgx.Tx, stall uuid.UUID) (*former, error) {
	f := &former{}
	err := tx.QueryRow(ctx, `SELECT t.merchant_id, ta.account_id FROM tenancies t
		JOIN tenancy_accounts ta ON ta.tenancy_id = t.id AND ta.replaced_at IS NULL
		WHERE t.stall_id = $1 AND (upper_inf(t.valid) OR upper(t.valid) > $2)
		ORDER BY upper(t.valid) DESC NULLS FIRST, coalesce(ta.place, ta.since), ta.account_id LIMIT 1`, stall,
		cs.now().Add(-recentFor)).
		Scan(&f.merchant, &f.account)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find the receiver at stall %s: %w", stall, err)
	}
	return f, nil
}

// recordImmediate records a change that took effect at once: a further account or another tenant.
// It sends the old contact a notice, shows the change on the stall's page and alerts the board.
func (cs *Changes) recordImmediate(ctx context.Context, tx pgx.Tx, who roles.Principal, kind string, e *tenancies.Entry,
	from former,
) error {
	now := cs.now()
	c := &change{
		id: database.NewID(), kind: kind, state: changeEffective, market: e.Market, stall: e.Stall, tenancy: e.Tenancy,
		oldAccount: &from.account, proposedBy: who.ActorID, proposedAt: now, due: now, decidedAt: &now,
	}
	if e.Account != nil {
		c.newAccount, c.bin, c.last4, c.holder = &e.AccountID, e.Account.BankBIN, seal.Last4(e.Account.AccountNumber),
			e.Account.HolderName
	}
	if err := cs.insertChange(ctx, tx, from.merchant, c); err != nil {
		return err
	}
	if err := cs.recordStep(ctx, tx, c, changeEffective, &who.ActorID, ""); err != nil {
		return err
	}
	return cs.warnBoard(ctx, tx, c)
}
