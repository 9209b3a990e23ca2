package cases

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
	"market40/payments/intake"
	"market40/payments/ledger"
)

// idleWithin is how long a decision may hold its locks between two statements. A stopped replica
// loses them.
const idleWithin = 5 * time.Second

// Resolution is what a person decides about a case.
type Resolution struct {
	Action  Action     `json:"action" enum:"assign,return,dismiss" doc:"assign and return move money in the books and need a second person"`
	StallID *uuid.UUID `json:"stall_id,omitempty" doc:"required to assign: the stall. For a conflict the default is the stall that matching finds"`
	Content *uuid.UUID `json:"content,omitempty" doc:"the notice or conflict that it is about; the default is the one that is not posted, of several the first"`
	Reason  string     `json:"reason" minLength:"3" maxLength:"500"`
}

// Resolve decides a case. Dismissing closes it at once. One person proposes to assign or return; when
// a second person requests the same, one payment is posted for the case.
func (cs *Cases) Resolve(ctx context.Context, who roles.Principal, id uuid.UUID, r Resolution) (*Case, error) {
	return cs.decide(ctx, who, id, func(ctx context.Context, c *caseWork) error {
		if c.state.closed() {
			return caseClosed()
		}
		if r.Action != Dismiss || r.Content != nil {
			if err := c.separate(ctx, r.Content); err != nil {
				return err
			}
		}
		if r.Action == Dismiss {
			return c.record(ctx, dismissStep(r.Reason))
		}
		if c.notice == nil {
			return problem.Of("action", "nothing_to_move", "Hồ sơ này không gắn với khoản tiền nào, chỉ có thể đóng.",
				"This case has no payment; it can only be dismissed.")
		}
		if err := c.chooseContent(ctx, &r); err != nil {
			return err
		}
		if r.Action == Assign && r.StallID == nil {
			return problem.Of("stall_id", "required", "Cần nêu sạp nhận.", "Name the stall to assign to.")
		}
		if r.Action == Assign {
			if err := c.findTenancy(ctx, *r.StallID); err != nil {
				return err
			}
		}
		f, err := c.findMovable(ctx, r)
		if err != nil {
			return err
		}
		approved, err := c.proposeOrApprove(ctx, r)
		if err != nil || !approved {
			return err
		}
		return c.move(ctx, r, f)
	})
}

// Reopen reverses a decision. A dismissed case is open again; an assignment is reversed by a contra
// payment. The person who approved an assignment cannot reverse it: another person must.
func (cs *Cases) Reopen(ctx context.Context, who roles.Principal, id uuid.UUID, reason string) (*Case, error) {
	return cs.decide(ctx, who, id, func(ctx context.Context, c *caseWork) error {
		switch c.state {
		case Dismissed:
			if err := c.refuseSecondGathering(ctx); err != nil {
				return err
			}
			return c.record(ctx, reopenStep(nil, reason))
		case Assigned, Returned:
			return c.undo(ctx, reason)
		}
		return problem.New(problem.Conflict, "case_open", "Hồ sơ đang mở.", "The case is open.")
	})
}

func caseClosed() error {
	return problem.New(problem.Conflict, "case_closed", "Hồ sơ đã đóng.", "The case is closed.")
}

// caseWork is one case under its row lock.
type caseWork struct {
	*Cases
	tx     pgx.Tx
	who    roles.Principal
	id     uuid.UUID
	state  State
	kind   string
	notice *uuid.UUID

	gathering *uuid.UUID // the id under which it gathers the notices for an unknown account; nil: it has one notice

	conflict *uuid.UUID           // of a conflict's case: the later content
	content  *intake.LaterContent // that content, where it is decided on; nil: the notice is

	toMarket, toStall, toTenancy uuid.UUID // the target of an assignment
	posted                       []ledger.Transfer
}

// decide runs do on a case under its row lock and returns the case after it.
func (cs *Cases) decide(
	ctx context.Context, who roles.Principal, id uuid.UUID, do func(context.Context, *caseWork) error,
) (*Case, error) {
	var after Case
	var posted []ledger.Transfer
	err := cs.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		c := &caseWork{Cases: cs, tx: tx, who: who, id: id}
		if _, err := tx.Exec(ctx, `SELECT set_config('idle_in_transaction_session_timeout', $1, true)`,
			strconv.FormatInt(idleWithin.Milliseconds(), 10)); err != nil {
			return fmt.Errorf("limit the locks of case %s: %w", id, err)
		}
		err := tx.QueryRow(ctx, `SELECT state, kind, notice_id, conflict_id, gathering FROM cases WHERE id = $3
			AND ($1 = 'all' OR market_id IN (SELECT scope_markets($1, $2))) FOR UPDATE`,
			who.ScopeKind, who.ScopeID, id).Scan(&c.state, &c.kind, &c.notice, &c.conflict, &c.gathering)
		if errors.Is(err, pgx.ErrNoRows) {
			return problem.Missing("case")
		}
		if err != nil {
			return fmt.Errorf("lock case %s: %w", id, err)
		}
		if err := who.Allow(roles.ResolveCases); err != nil {
			return err
		}
		if err := do(ctx, c); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, selectCases+` AND c.id = $3`, who.ScopeKind, who.ScopeID, id)
		if err != nil {
			return fmt.Errorf("read case %s: %w", id, err)
		}
		after, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Case])
		posted = c.posted
		return err
	})
	if err != nil {
		return nil, err
	}
	cs.intake.Feed().Announce(posted)
	shown := []Case{after}
	if err := cs.matchContents(ctx, shown); err != nil {
		return nil, err
	}
	return &shown[0], cs.recordReading(ctx, after)
}

// findTenancy finds the open tenancy, or the last one, of a stall in the caller's scope.
func (c *caseWork) findTenancy(ctx context.Context, stall uuid.UUID) error {
	err := c.tx.QueryRow(ctx, `SELECT market_id, stall_id, id FROM tenancies WHERE stall_id = $3
		AND market_id IN (SELECT scope_markets($1, $2))
		ORDER BY upper_inf(valid) DESC, upper(valid) DESC LIMIT 1`, c.who.ScopeKind, c.who.ScopeID, stall).
		Scan(&c.toMarket, &c.toStall, &c.toTenancy)
	if errors.Is(err, pgx.ErrNoRows) {
		return problem.Of("stall_id", "stall_unknown", "Không tìm thấy sạp, hoặc sạp chưa có người thuê.",
			"No such stall, or it never had a tenant.")
	}
	if err == nil && c.content != nil && c.content.Stall != nil && *c.content.Stall == c.toStall {
		c.toTenancy = c.content.Tenancy // a code names the tenant that it was issued to
	}
	return err
}

// proposeOrApprove reports whether another person proposed the same resolution; else it records the
// resolution as a proposal.
func (c *caseWork) proposeOrApprove(ctx context.Context, r Resolution) (approved bool, err error) {
	if c.state != Proposed {
		return false, c.record(ctx, proposeStep(r))
	}
	var another bool
	var action Action
	var stall *uuid.UUID
	var conflict *uuid.UUID
	err = c.tx.QueryRow(ctx, `SELECT person(actor_id) <> person($2), action, stall_id, conflict_id FROM case_steps
		WHERE case_id = $1 AND step = 'propose' ORDER BY id DESC LIMIT 1`, c.id, c.who.ActorID).
		Scan(&another, &action, &stall, &conflict)
	if err != nil {
		return false, fmt.Errorf("read proposal of case %s: %w", c.id, err)
	}
	same := action == r.Action && (stall == nil) == (r.StallID == nil) && (stall == nil || *stall == *r.StallID) &&
		(conflict != nil) == (c.content != nil)
	if another && same {
		return true, nil
	}
	if !same { // a different proposal replaces the first one, and needs its own second person
		return false, c.record(ctx, proposeStep(r))
	}
	return false, problem.New(problem.Conflict, "second_person_needed", "Cần người thứ hai duyệt.",
		"A second person has to approve this.")
}
