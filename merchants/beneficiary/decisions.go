package beneficiary

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/encodings"
	"market40/merchants/platform/problem"
	"market40/merchants/tenancies"
)

// lockChange locks a change by locking its stall, and reads both.
func (cs *Changes) lockChange(ctx context.Context, tx pgx.Tx, id uuid.UUID) (*change, tenancies.LockedStall, error) {
	c := &change{id: id}
	if err := tx.QueryRow(ctx, `SELECT stall_id FROM beneficiary_changes WHERE id = $1`, id).Scan(
		&c.stall); err != nil {
		return nil, tenancies.LockedStall{}, fmt.Errorf("find change %s: %w", id, err)
	}
	at, err := tenancies.LockStall(ctx, tx, c.stall)
	if err != nil {
		return nil, at, err
	}
	err = tx.QueryRow(ctx, `SELECT c.kind, c.state, c.market_id, c.tenancy_id, c.old_account, c.new_account, c.bank_bin,
		c.last4, c.holder_name, c.proposal, c.contact,
			c.proposed_by, c.proposed_at, c.due_at, c.needs_second, c.decided_at, s.number, m.name,
			coalesce(b.short_name, 'ví điện tử')
		FROM beneficiary_changes c JOIN stalls s ON s.id = c.stall_id JOIN markets m ON m.id = c.market_id
		LEFT JOIN banks b ON b.bin = c.bank_bin
		WHERE c.id = $1`, id).
		Scan(&c.kind, &c.state, &c.market, &c.tenancy, &c.oldAccount, &c.newAccount, &c.bin, &c.last4, &c.holder,
			&c.proposal, &c.contact,
			&c.proposedBy, &c.proposedAt, &c.due, &c.needsSecond, &c.decidedAt, &c.stallNumber, &c.marketName,
			&c.bankName)
	if err != nil {
		return nil, at, fmt.Errorf("read change %s: %w", id, err)
	}
	if c.proposal == nil {
		return c, at, nil
	}
	plain, err := cs.keys.Open(ctx, proposalPlace(id), c.proposal)
	if err != nil {
		return nil, at, err
	}
	if c.kind == newTenant {
		return c, at, json.Unmarshal(plain, &c.tenant)
	}
	return c, at, json.Unmarshal(plain, &c.account)
}

// waiting refuses a change that is decided or lapsed (409). A due change counts as decided, even
// before the job made it effective.
func (c *change) waiting(now time.Time) error {
	switch {
	case c.state != changePending, !c.needsSecond && !now.Before(c.due):
		return changeDecided()
	case !now.Before(c.due):
		return problem.New(problem.Conflict, "change_lapsed", "Yêu cầu này đã quá hạn duyệt.",
			"The change expired before it was approved.")
	}
	return nil
}

func changeDecided() error {
	return problem.New(
		problem.Conflict,
		"change_decided",
		"Yêu cầu này đã có kết quả.",
		"The change has already been decided.",
	)
}

// countPersons is SQL for the number of persons behind actors $1, by person(); all keys and users
// of one merchant count as that merchant.
const countPersons = `SELECT count(DISTINCT coalesce(k.merchant_id, u.merchant_id, o.merchant_id, person(a.id)))
	FROM actors a LEFT JOIN users u ON u.id = a.id LEFT JOIN api_keys k ON k.id = a.id
	LEFT JOIN users o ON o.id = k.owner_id WHERE a.id = ANY ($1)`

// requireSecond refuses an approver who is the proposer, a program, a user that a program invited,
// or a merchant who did not sign in by phone. The maker of an invitation could have accepted it and
// added a device.
func (c *change) requireSecond(ctx context.Context, tx pgx.Tx, who roles.Principal) error {
	var persons int
	var phone bool
	err := tx.QueryRow(ctx, `SELECT (`+countPersons+`), EXISTS (SELECT FROM sessions WHERE id = $2
		AND method = 'phone')`,
		[]uuid.UUID{who.ActorID, c.proposedBy}, who.SessionID).Scan(&persons, &phone)
	if err != nil {
		return fmt.Errorf("compare persons: %w", err)
	}
	if persons < 2 || who.IsProgram() || who.MerchantID != nil && !phone {
		return problem.New(problem.Conflict, "second_person_needed", "Cần người thứ hai duyệt.",
			"A second person has to approve this.")
	}
	return nil
}

// approveChange makes a change effective at once. The approver is a second person who signed in,
// not the proposer and not a program.
func (cs *Changes) approveChange(ctx context.Context, who roles.Principal, id uuid.UUID) error {
	if err := who.RefuseStaleProof(cs.now()); err != nil {
		return err
	}
	err := cs.writer.Write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		c, at, err := cs.lockChange(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := c.waiting(cs.now()); err != nil {
			return err
		}
		if err := c.requireSecond(ctx, tx, who); err != nil {
			return err
		}
		if err := cs.recordStep(ctx, tx, c, "approved", &who.ActorID, ""); err != nil {
			return err
		}
		return cs.makeEffective(ctx, tx, at, c)
	})
	if err != nil {
		return fmt.Errorf("approve change %s: %w", id, err)
	}
	return nil
}

// cancelChange ends a change that waits, or reverts an addition within a day.
func (cs *Changes) cancelChange(ctx context.Context, who roles.Principal, id uuid.UUID, reason string) error {
	err := cs.writer.Write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		c, at, err := cs.lockChange(ctx, tx, id)
		if err != nil {
			return err
		}
		how := ending{by: &who.ActorID, reason: encodings.OneLine(reason)}
		if c.kind == addition && c.state != changePending {
			return cs.revertAddition(ctx, tx, at, c, how)
		}
		if err := c.waiting(cs.now()); err != nil {
			return err
		}
		return cs.endChange(ctx, tx, c, changeCancelled, how)
	})
	if err != nil {
		return fmt.Errorf("cancel change %s: %w", id, err)
	}
	return nil
}

// revertAddition undoes an addition within a day: its account no longer receives and its code is
// revoked. Money that still arrives by it is posted to the stall and opens a case.
func (cs *Changes) revertAddition(
	ctx context.Context,
	tx pgx.Tx,
	at tenancies.LockedStall,
	c *change,
	how ending,
) error {
	now := cs.now()
	if c.state != changeEffective || c.tenancy != at.Tenancy || now.Sub(*c.decidedAt) >= changeWait {
		return changeDecided()
	}
	tag, err := tx.Exec(ctx, `UPDATE tenancy_accounts SET replaced_at = $3, virtual_index = NULL WHERE tenancy_id = $1
		AND account_id = $2 AND replaced_at IS NULL`,
		c.tenancy, c.newAccount, now)
	if err != nil {
		return fmt.Errorf("take back account of %s: %w", c.tenancy, err)
	}
	if tag.RowsAffected() == 0 {
		return changeDecided()
	}
	_, err = tx.Exec(ctx, `UPDATE codes SET state = 'revoked', ended_at = coalesce(ended_at, $3) WHERE tenancy_id = $1
		AND account_id = $2 AND issued_at >= $4`,
		c.tenancy, c.newAccount, now, c.proposedAt)
	if err != nil {
		return fmt.Errorf("revoke codes of %s: %w", c.tenancy, err)
	}
	if _, err := tx.Exec(ctx, `UPDATE beneficiary_changes SET state = 'cancelled', decided_at = $2 WHERE id = $1`, c.id,
		now); err != nil {
		return fmt.Errorf("take back change %s: %w", c.id, err)
	}
	return cs.recordStep(ctx, tx, c, changeCancelled, how.by, how.reason)
}

// ending is how a change ended.
type ending struct {
	by            *uuid.UUID // nil: the clock, or the end of the tenancy
	cause, reason string
	account       *uuid.UUID // that receives now
	tenancy       *uuid.UUID // that has the stall now; nil: the same as before
}

func (cs *Changes) endChange(ctx context.Context, tx pgx.Tx, c *change, state string, how ending) error {
	tag, err := tx.Exec(ctx, `UPDATE beneficiary_changes SET state = $2, why = $3, new_account = $4, decided_at = $5,
		tenancy_id = coalesce($6, tenancy_id),
		proposal = CASE WHEN kind = 'tenant' THEN NULL ELSE proposal END -- it names a person who may never have become the tenant
		WHERE id = $1 AND state = 'pending'`, c.id, state, how.cause, how.account, cs.now(), how.tenancy)
	if err != nil {
		return fmt.Errorf("end change %s: %w", c.id, err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("change %s is not pending", c.id)
	}
	c.why = how.cause
	return cs.recordStep(ctx, tx, c, state, how.by, how.reason)
}
