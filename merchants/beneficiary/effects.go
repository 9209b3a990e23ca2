package beneficiary

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/platform/jobs"
	"market40/merchants/platform/problem"
	"market40/merchants/tenancies"
)

// makeEffective carries out a proposed change.
func (cs *Changes) makeEffective(ctx context.Context, tx pgx.Tx, at tenancies.LockedStall, c *change) error {
	switch c.kind {
	case addition:
		return cs.addProposed(ctx, tx, at, c)
	case newTenant:
		return cs.changeToProposed(ctx, tx, at, c)
	}
	return cs.replaceAccount(ctx, tx, at, c)
}

// replaceAccount makes a replacement effective: the new account takes the old one's rank and gets a
// code. The old account's code is superseded, and still matched.
func (cs *Changes) replaceAccount(ctx context.Context, tx pgx.Tx, at tenancies.LockedStall, c *change) error {
	if err := at.RequireTenant(); err != nil {
		return err
	}
	b := cs.writer.NewBatch(at.Market)
	e, err := b.ResolveFurther(ctx, tx, at, *c.account)
	if err != nil {
		return err
	}
	if err := refuseExistingAccount(ctx, tx, at.Tenancy, e.AccountID); err != nil {
		return err
	}
	var place time.Time
	err = tx.QueryRow(ctx, `UPDATE tenancy_accounts SET replaced_at = $3, virtual_index = CASE
		WHEN virtual_index = $4 THEN NULL ELSE virtual_index END
		WHERE tenancy_id = $1 AND account_id = $2 AND replaced_at IS NULL RETURNING coalesce(place, since)`, at.Tenancy,
		c.oldAccount, b.Now, e.Account.Virtual).Scan(&place)
	if errors.Is(err, pgx.ErrNoRows) {
		return tenancies.NoAccount()
	}
	if err != nil {
		return fmt.Errorf("replace account of %s: %w", at.Tenancy, err)
	}
	_, err = tx.Exec(ctx, `UPDATE codes SET state = 'superseded', ended_at = $3 WHERE tenancy_id = $1
		AND account_id = $2 AND kind = 'stall' AND state = 'current'`,
		at.Tenancy, c.oldAccount, b.Now)
	if err != nil {
		return fmt.Errorf("supersede the code of %s: %w", at.Tenancy, err)
	}
	if err := b.Receive(ctx, tx, e); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE tenancy_accounts SET place = $3 WHERE tenancy_id = $1 AND account_id = $2`,
		at.Tenancy, e.AccountID, place); err != nil {
		return fmt.Errorf("place account of %s: %w", at.Tenancy, err)
	}
	return cs.endChange(ctx, tx, c, changeEffective, ending{account: &e.AccountID})
}

// addProposed makes a proposed addition effective.
func (cs *Changes) addProposed(ctx context.Context, tx pgx.Tx, at tenancies.LockedStall, c *change) error {
	if err := at.RequireTenant(); err != nil {
		return err
	}
	b := cs.writer.NewBatch(at.Market)
	e, err := b.ResolveFurther(ctx, tx, at, *c.account)
	if err != nil {
		return err
	}
	if err := refuseExistingAccount(ctx, tx, at.Tenancy, e.AccountID); err != nil {
		return err
	}
	if err := b.Receive(ctx, tx, e); err != nil {
		return err
	}
	if err := cs.endChange(ctx, tx, c, changeEffective, ending{account: &e.AccountID}); err != nil {
		return err
	}
	c.state = changeEffective
	return cs.warnBoard(ctx, tx, c)
}

// changeToProposed makes a proposed change of tenant effective.
func (cs *Changes) changeToProposed(ctx context.Context, tx pgx.Tx, at tenancies.LockedStall, c *change) error {
	b := cs.writer.NewBatch(at.Market)
	e, err := b.NextTenant(ctx, tx, at, *c.tenant)
	if err != nil {
		return err
	}
	if err := cs.writer.OpenTenancy(ctx, tx, at, b, e); err != nil {
		return err
	}
	how := ending{tenancy: &e.Tenancy}
	if e.Account != nil {
		how.account = &e.AccountID
	}
	if err := cs.endChange(ctx, tx, c, changeEffective, how); err != nil {
		return err
	}
	c.state, c.tenancy = changeEffective, e.Tenancy
	return cs.warnBoard(ctx, tx, c)
}

const settleInterval = 10 * time.Second

// Job returns the job that makes due changes effective.
func (cs *Changes) Job() jobs.Job {
	return jobs.Job{Name: "settle-changes", Every: settleInterval, Do: cs.ApplyDueChanges}
}

// ApplyDueChanges makes every due change effective, and refuses those that lapsed or are no longer
// possible. A failure of one does not stop the others.
func (cs *Changes) ApplyDueChanges(ctx context.Context) error {
	rows, err := cs.db.Pool.Query(ctx, `SELECT id FROM beneficiary_changes WHERE state = 'pending' AND due_at <= $1
		ORDER BY due_at, id`, cs.now())
	if err != nil {
		return fmt.Errorf("find due changes: %w", err)
	}
	due, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return fmt.Errorf("find due changes: %w", err)
	}
	var failed []error
	for _, id := range due {
		err := cs.applyDueChange(ctx, id, "")
		var refused *problem.Error
		if errors.As(err, &refused) {
			err = cs.applyDueChange(ctx, id, refused.Code)
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("settle change %s: %w", id, err))
		}
	}
	return errors.Join(failed...)
}

// applyDueChange makes one due change effective, or refuses it if a refusal code is given.
func (cs *Changes) applyDueChange(ctx context.Context, id uuid.UUID, refusal string) error {
	return cs.writer.Write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		c, at, err := cs.lockChange(ctx, tx, id)
		if err != nil || c.state != changePending {
			return err
		}
		if c.needsSecond && refusal == "" {
			refusal = "change_lapsed"
		}
		if refusal != "" {
			return cs.endChange(ctx, tx, c, changeRefused, ending{cause: refusal})
		}
		return cs.makeEffective(ctx, tx, at, c)
	})
}

// RefuseWaiting refuses the change that waits at a stall when its tenancy ends.
func (cs *Changes) RefuseWaiting(ctx context.Context, tx pgx.Tx, s tenancies.LockedStall) error {
	var id uuid.UUID
	err := tx.QueryRow(ctx, `SELECT id FROM beneficiary_changes WHERE stall_id = $1 AND state = 'pending'`, s.Stall).
		Scan(
			&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find a change under way: %w", err)
	}
	c, _, err := cs.lockChange(ctx, tx, id)
	if err != nil {
		return err
	}
	return cs.endChange(ctx, tx, c, changeRefused, ending{cause: "tenancy_ended"})
}
