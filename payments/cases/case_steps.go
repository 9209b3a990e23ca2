package cases

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"market40/payments/notices"
)

// State is the state of a case.
type State string

// The states of a case. A case in the last three is closed.
const (
	Open      State = "open"
	Proposed  State = "proposed" // one person decided; a second one has to approve
	Assigned  State = "assigned" // its money was posted to a stall
	Returned  State = "returned" // its money was given back
	Dismissed State = "dismissed"
)

// closed reports whether nothing waits for a decision.
func (s State) closed() bool { return s != Open && s != Proposed }

// Action is what people do with a case.
type Action string

// The actions. Only the first three are resolutions.
const (
	Assign  Action = "assign"
	Return  Action = "return"
	Dismiss Action = "dismiss"
	reopen  Action = "reopen"
)

// stepKind is the part of a step in a decision of two people.
type stepKind string

const (
	stepPropose stepKind = "propose"
	stepApprove stepKind = "approve"
	stepDismiss stepKind = "dismiss"
	stepReverse stepKind = "reverse"
)

// step is what one person did with a case, and the state that follows.
type step struct {
	kind    stepKind
	action  Action
	state   State
	stall   *uuid.UUID // to which it is assigned; nil: none
	payment *uuid.UUID // that the step posted; nil: none
	reason  string
}

// dismissStep returns the step of one person who closes a case.
func dismissStep(reason string) step {
	return step{kind: stepDismiss, action: Dismiss, state: Dismissed, reason: reason}
}

// proposeStep returns the step of the first of two people.
func proposeStep(r Resolution) step {
	return step{kind: stepPropose, action: r.Action, state: Proposed, stall: r.StallID, reason: r.Reason}
}

// returnStep returns the step of the second person who returns money. A nil payment means that none
// was in the books.
func returnStep(payment *uuid.UUID, reason string) step {
	return step{kind: stepApprove, action: Return, state: Returned, payment: payment, reason: reason}
}

// reopenStep returns the step that opens a closed case again. The payment is the one that reverses
// it.
func reopenStep(payment *uuid.UUID, reason string) step {
	return step{kind: stepReverse, action: reopen, state: Open, payment: payment, reason: reason}
}

// noticeResult is the state that a decision gives to the case's notice, and why.
type noticeResult struct {
	state  notices.State
	reason string
}

// The results of decisions for a notice.
var (
	noticePosted      = noticeResult{notices.Posted, "case"}
	noticeReturned    = noticeResult{notices.Posted, "returned"}  // by a payment to the returned account
	noticeNotPosted   = noticeResult{notices.Ignored, "returned"} // nothing was in the books, or it was taken out
	noticeReopened    = noticeResult{notices.Unmatched, "reopened"}
	noticeStaysPosted = noticeResult{notices.Posted, "reopened"} // it was a stall's payment before the case
)

// record sets the state that follows a step, and records who did it and why.
func (c *caseWork) record(ctx context.Context, s step) error {
	var closedAt *time.Time
	if now := c.now(); s.state.closed() {
		closedAt = &now
	}
	var conflict *uuid.UUID
	if c.content != nil {
		conflict = &c.content.ID
	}
	_, err := c.tx.Exec(ctx, `UPDATE cases SET state = $2, closed_at = $3, stall_id = coalesce($4, stall_id)
		WHERE id = $1`, c.id, s.state, closedAt, s.stall)
	if err != nil {
		return fmt.Errorf("set case %s: %w", c.id, err)
	}
	_, err = c.tx.Exec(ctx, `INSERT INTO case_steps (id, case_id, step, action, stall_id, reason, payment_id, actor_id,
		at, conflict_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		uuid.Must(uuid.NewV7()), c.id, s.kind, s.action, s.stall, s.reason, s.payment, c.who.ActorID, c.now(), conflict)
	if err != nil {
		return fmt.Errorf("record step of case %s: %w", c.id, err)
	}
	return nil
}

// close sets the result of the notice and records the last step of a decision.
func (c *caseWork) close(ctx context.Context, s step, notice noticeResult) error {
	if err := c.setNotice(ctx, notice); err != nil {
		return err
	}
	return c.record(ctx, s)
}

// setNotice sets the state of the notice, unless the case decides on later content with its id.
func (c *caseWork) setNotice(ctx context.Context, result noticeResult) error {
	if c.content != nil {
		return nil
	}
	_, err := c.tx.Exec(
		ctx,
		`UPDATE notices SET state = $2, why = $3 WHERE id = $1`,
		c.notice,
		result.state,
		result.reason,
	)
	if err != nil {
		return fmt.Errorf("set notice of case %s: %w", c.id, err)
	}
	if _, err := c.tx.Exec(ctx, `DELETE FROM notice_retries WHERE notice_id = $1`, c.notice); err != nil {
		return fmt.Errorf("end the retries of case %s: %w", c.id, err)
	}
	return nil
}
