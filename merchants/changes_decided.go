package merchants

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/jobs"
	"market40/merchants/platform/problem"
)

const settleEvery = 10 * time.Second

// lockChange locks a change's stall, and with it the change, and reads both.
func (r *Registry) lockChange(ctx context.Context, tx pgx.Tx, id uuid.UUID) (*change, standing, error) {
	c := &change{id: id}
	if err := tx.QueryRow(ctx, `SELECT stall_id FROM beneficiary_changes WHERE id = $1`, id).Scan(
		&c.stall); err != nil {
		return nil, standing{}, fmt.Errorf("find change %s: %w", id, err)
	}
	at, err := lockStall(ctx, tx, c.stall)
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
	plain, err := r.keys.Open(ctx, proposalPlace(id), c.proposal)
	if err != nil {
		return nil, at, err
	}
	if c.kind == newTenant {
		return c, at, json.Unmarshal(plain, &c.tenant)
	}
	return c, at, json.Unmarshal(plain, &c.account)
}

// waiting refuses a change that waits no more. What is due counts as decided, whenever the clock's
// job comes by.
func (c *change) waiting(now time.Time) error {
	switch {
	case c.state != changePending, !c.needsSecond && !now.Before(c.due):
		return changeDecided()
	case !now.Before(c.due):
		return problem.New(problem.Conflict, "change_lapsed", "Yêu cầu này đã quá hạn duyệt.",
			"The change lapsed before anybody approved it.")
	}
	return nil
}

func changeDecided() error {
	return problem.New(problem.Conflict, "change_decided", "Yêu cầu này đã có kết quả.", "The change is decided.")
}

// countPersons is SQL for how many persons stand behind actors $1: as person() says, and all keys
// and users of one merchant are that merchant.
const countPersons = `SELECT count(DISTINCT coalesce(k.merchant_id, u.merchant_id, o.merchant_id, person(a.id)))
	FROM actors a LEFT JOIN users u ON u.id = a.id LEFT JOIN api_keys k ON k.id = a.id
	LEFT JOIN users o ON o.id = k.owner_id WHERE a.id = ANY ($1)`

// requireSecond refuses an approver who is the proposer, a program, let in by one, or a merchant
// who signed in otherwise than by phone: whoever made an invitation could have accepted it, and
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

// approveChange makes a change effective at once, by a second person who signed in: never the
// proposer, nor a program.
func (r *Registry) approveChange(ctx context.Context, who roles.Principal, id uuid.UUID) error {
	if err := refuseStaleProof(who, r.now()); err != nil {
		return err
	}
	err := r.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		c, at, err := r.lockChange(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := c.waiting(r.now()); err != nil {
			return err
		}
		if err := c.requireSecond(ctx, tx, who); err != nil {
			return err
		}
		if err := r.step(ctx, tx, c, "approved", &who.ActorID, ""); err != nil {
			return err
		}
		return r.makeEffective(ctx, tx, at, c)
	})
	if err != nil {
		return fmt.Errorf("approve change %s: %w", id, err)
	}
	return nil
}

// cancelChange ends a change that waits, or takes back an addition for a day: by its proposer, the
// tenant or who runs the market.
func (r *Registry) cancelChange(ctx context.Context, who roles.Principal, id uuid.UUID, reason string) error {
	err := r.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		c, at, err := r.lockChange(ctx, tx, id)
		if err != nil {
			return err
		}
		how := ending{by: &who.ActorID, reason: oneLine(reason)}
		if c.kind == addition && c.state != changePending {
			return r.takeBack(ctx, tx, at, c, how)
		}
		if err := c.waiting(r.now()); err != nil {
			return err
		}
		return r.endChange(ctx, tx, c, changeCancelled, how)
	})
	if err != nil {
		return fmt.Errorf("cancel change %s: %w", id, err)
	}
	return nil
}

// takeBack ends what an addition brought, within a day: its account receives no more and its code
// is revoked. Money that still comes by it goes to the stall's books and opens a case.
func (r *Registry) takeBack(ctx context.Context, tx pgx.Tx, at standing, c *change, how ending) error {
	now := r.now()
	if c.state != changeEffective || c.tenancy != at.tenancy || now.Sub(*c.decidedAt) >= changeWait {
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
	return r.step(ctx, tx, c, changeCancelled, how.by, how.reason)
}

// ending is how a change ended.
type ending struct {
	by          *uuid.UUID // nil: the clock, or the end of the tenancy
	why, reason string
	account     *uuid.UUID // that receives now
	tenancy     *uuid.UUID // that has the stall now; nil: the same as before
}

func (r *Registry) endChange(ctx context.Context, tx pgx.Tx, c *change, state string, how ending) error {
	tag, err := tx.Exec(ctx, `UPDATE beneficiary_changes SET state = $2, why = $3, new_account = $4, decided_at = $5,
		tenancy_id = coalesce($6, tenancy_id),
		proposal = CASE WHEN kind = 'tenant' THEN NULL ELSE proposal END -- it tells of a person who may never have come
		WHERE id = $1 AND state = 'pending'`, c.id, state, how.why, how.account, r.now(), how.tenancy)
	if err != nil {
		return fmt.Errorf("end change %s: %w", c.id, err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("change %s is not pending", c.id)
	}
	c.why = how.why
	return r.step(ctx, tx, c, state, how.by, how.reason)
}

// makeEffective does what a change proposed.
func (r *Registry) makeEffective(ctx context.Context, tx pgx.Tx, at standing, c *change) error {
	switch c.kind {
	case addition:
		return r.addProposed(ctx, tx, at, c)
	case newTenant:
		return r.changeToProposed(ctx, tx, at, c)
	}
	return r.replaceAccount(ctx, tx, at, c)
}

// replaceAccount makes a replacement effective: the new account receives in the old one's place and
// has a code, the old one's code is superseded and, as its account stays known, still matched.
func (r *Registry) replaceAccount(ctx context.Context, tx pgx.Tx, at standing, c *change) error {
	if err := at.open(); err != nil {
		return err
	}
	b := r.newBatch(at.market)
	e, err := b.wanted(ctx, tx, at, *c.account)
	if err != nil {
		return err
	}
	if err := refuseStanding(ctx, tx, at.tenancy, e.accountID); err != nil {
		return err
	}
	var place time.Time
	err = tx.QueryRow(ctx, `UPDATE tenancy_accounts SET replaced_at = $3, virtual_index = CASE
		WHEN virtual_index = $4 THEN NULL ELSE virtual_index END
		WHERE tenancy_id = $1 AND account_id = $2 AND replaced_at IS NULL RETURNING coalesce(place, since)`, at.tenancy,
		c.oldAccount, b.now, e.account.virtual).Scan(&place)
	if errors.Is(err, pgx.ErrNoRows) {
		return noAccount()
	}
	if err != nil {
		return fmt.Errorf("replace account of %s: %w", at.tenancy, err)
	}
	_, err = tx.Exec(ctx, `UPDATE codes SET state = 'superseded', ended_at = $3 WHERE tenancy_id = $1
		AND account_id = $2 AND kind = 'stall' AND state = 'current'`,
		at.tenancy, c.oldAccount, b.now)
	if err != nil {
		return fmt.Errorf("supersede the code of %s: %w", at.tenancy, err)
	}
	if err := b.receive(ctx, tx, e); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE tenancy_accounts SET place = $3 WHERE tenancy_id = $1 AND account_id = $2`,
		at.tenancy, e.accountID, place); err != nil {
		return fmt.Errorf("place account of %s: %w", at.tenancy, err)
	}
	return r.endChange(ctx, tx, c, changeEffective, ending{account: &e.accountID})
}

// receiveAgain lets an account receive that was replaced once: its row stands, and tells since when
// the tenant takes part.
func (b *batch) receiveAgain(ctx context.Context, tx pgx.Tx, e *entry) error {
	tag, err := tx.Exec(ctx, `UPDATE tenancy_accounts SET replaced_at = NULL, place = $3, virtual_index = $4
		WHERE tenancy_id = $1 AND account_id = $2`,
		e.tenancy, e.accountID, b.now, e.account.virtual)
	if err != nil {
		return fmt.Errorf("receive again on account %s: %w", e.accountID, err)
	}
	e.receivesAgain = tag.RowsAffected() > 0
	return nil
}

// Job returns what makes due changes effective.
func (r *Registry) Job() jobs.Job {
	return jobs.Job{Name: "settle-changes", Every: settleEvery, Do: r.SettleChanges}
}

// SettleChanges makes every change effective whose day is over, and refuses those that lapsed or
// can no more be. One that fails leaves the others alone.
func (r *Registry) SettleChanges(ctx context.Context) error {
	rows, err := r.db.Pool.Query(ctx, `SELECT id FROM beneficiary_changes WHERE state = 'pending' AND due_at <= $1
		ORDER BY due_at, id`, r.now())
	if err != nil {
		return fmt.Errorf("find due changes: %w", err)
	}
	due, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return fmt.Errorf("find due changes: %w", err)
	}
	var failed []error
	for _, id := range due {
		err := r.settleChange(ctx, id, "")
		var refused *problem.Error
		if errors.As(err, &refused) {
			err = r.settleChange(ctx, id, refused.Code)
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("settle change %s: %w", id, err))
		}
	}
	return errors.Join(failed...)
}

// settleChange makes one due change effective, or refuses it for a reason that is known.
func (r *Registry) settleChange(ctx context.Context, id uuid.UUID, refusal string) error {
	return r.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		c, at, err := r.lockChange(ctx, tx, id)
		if err != nil || c.state != changePending {
			return err
		}
		if c.needsSecond && refusal == "" {
			refusal = "change_lapsed"
		}
		if refusal != "" {
			return r.endChange(ctx, tx, c, changeRefused, ending{why: refusal})
		}
		return r.makeEffective(ctx, tx, at, c)
	})
}

// dropChange refuses the change that waits at a stall whose tenancy ends, or that another merchant
// takes.
func (r *Registry) dropChange(ctx context.Context, tx pgx.Tx, s standing) error {
	var id uuid.UUID
	err := tx.QueryRow(ctx, `SELECT id FROM beneficiary_changes WHERE stall_id = $1 AND state = 'pending'`, s.id).Scan(
		&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find a change under way: %w", err)
	}
	c, _, err := r.lockChange(ctx, tx, id)
	if err != nil {
		return err
	}
	return r.endChange(ctx, tx, c, changeRefused, ending{why: "tenancy_ended"})
}
