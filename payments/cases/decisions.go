package cases

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/platform/problem"
	"market40/payments/banks"
	"market40/payments/intake"
	"market40/payments/ledger"
	"market40/payments/money"
)

// held is where the money of a notice stands now: the last payment of its chain.
type held struct {
	payment    *uuid.UUID // nil: never posted
	in         ledger.Account
	from       ledger.Account
	amount     money.Amount
	currency   string
	occurredAt time.Time
	reference  string
	account    *uuid.UUID // the beneficiary account, when known
	memoCode   *string
	strong     bool   // the reference alone names one transfer at its bank
	reverses   string // what the notice takes back: it brings no money; "": nothing
	voided     bool   // the bank took the money back
}

// held reads what the case decides on.
func (c *caseWork) held(ctx context.Context) (*held, error) {
	if c.content != nil {
		return c.heldConflict(), nil
	}
	h := &held{}
	var sealed []byte
	err := c.tx.QueryRow(ctx, `SELECT amount::text, currency, occurred_at, reference, account_id, memo_code, particulars
		FROM notices WHERE id = $1`, c.notice).
		Scan(&h.amount, &h.currency, &h.occurredAt, &h.reference, &h.account, &h.memoCode, &sealed)
	if err != nil {
		return nil, fmt.Errorf("read notice of case %s: %w", c.id, err)
	}
	h.reverses, err = c.intake.ReadReverses(ctx, *c.notice, sealed)
	return h, err
}

// contentID is the id of what is decided on, and of its first payment.
func (c *caseWork) contentID() uuid.UUID {
	if c.content != nil {
		return c.content.ID
	}
	return *c.notice
}

// follow finds where the money is now: the last payment of the chain that begins with one.
func (c *caseWork) follow(ctx context.Context, h *held, first uuid.UUID) error {
	_, h.strong = banks.NormalReference(h.reference)
	found, err := intake.FollowPayment(ctx, c.tx, first)
	if err != nil {
		return fmt.Errorf("follow payment of case %s: %w", c.id, err)
	}
	if found != nil {
		h.payment, h.amount, h.from, h.in, h.voided = &found.ID, found.Amount, found.Debit, found.Credit, found.Voided
	}
	if h.payment == nil && h.reverses == "" {
		h.voided, err = c.voided(ctx, h)
	}
	return err
}

// movable is where the money stands that somebody wants to move; a refusal where it cannot be moved
// so, whoever agrees.
func (c *caseWork) movable(ctx context.Context, r Resolution) (*held, error) {
	h, err := c.held(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.follow(ctx, h, c.contentID()); err != nil {
		return nil, err
	}
	switch {
	case h.currency != money.Currency:
		return nil, problem.Of("action", "other_currency", "Sổ chỉ ghi đồng Việt Nam: hồ sơ này chỉ có thể bỏ qua.",
			"The books hold đồng only: this case can only be dismissed.")
	case h.reverses != "" && r.Action == "assign":
		return nil, problem.Of("action", "takes_back", "Thông báo này hoàn lại một khoản, không mang tiền về sạp nào.",
			"This notice takes a payment back; it brings no money to assign.")
	case h.voided:
		return nil, wholeTakenBack()
	}
	return h, nil
}

// move posts what two persons agreed on and closes the case.
func (c *caseWork) move(ctx context.Context, r Resolution, h *held) error {
	if h.reverses != "" {
		return c.takeBack(ctx, h, r.Reason)
	}
	if h.payment == nil {
		if err := c.refuseTold(ctx); err != nil {
			return err
		}
	}
	to := ledger.StallAccount(c.toMarket, c.toTenancy)
	if r.Action == "return" {
		if h.payment == nil { // not in the books yet, and posted so that no other connection brings it to a stall
			found, err := c.findMarket(ctx, h)
			if err != nil {
				return err
			}
			if !found {
				return c.finish(ctx, "return", "returned", nil, nil, r.Reason, intake.Ignored, "returned")
			}
			h.in.Market = c.toMarket
		}
		to = ledger.MarketAccount(ledger.Returned, h.in.Market)
	}
	t := ledger.Transfer{ID: c.intake.NewID(), Debit: h.in, Credit: to, Reverses: h.payment, Strong: h.strong}
	if h.payment == nil {
		account := uuid.Nil
		if h.account != nil {
			account = *h.account
		}
		t.ID, t.Debit = c.contentID(), ledger.BankAccount(c.toMarket, account)
	}
	if t.Debit.ID() == t.Credit.ID() {
		return problem.Of("stall_id", "already_there", "Khoản tiền đã ở sạp này.",
			"The money stands at this stall already.")
	}
	if err := c.write(ctx, t, h); err != nil {
		return err
	}
	state, notice, why := "assigned", intake.Posted, "case"
	if r.Action == "return" {
		state, notice, why = "returned", intake.Posted, "returned"
	}
	return c.finish(ctx, r.Action, state, r.StallID, &t.ID, r.Reason, notice, why)
}

// findMarket finds a market where the account of a notice receives: the first in which it did.
func (c *caseWork) findMarket(ctx context.Context, h *held) (found bool, err error) {
	err = c.tx.QueryRow(ctx, `SELECT t.market_id FROM tenancy_accounts ta JOIN tenancies t ON t.id = ta.tenancy_id
		WHERE ta.account_id = $1 ORDER BY t.id LIMIT 1`, h.account).
		Scan(&c.toMarket)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("find a market for case %s: %w", c.id, err)
	}
	return true, nil
}

func (c *caseWork) finish(ctx context.Context, action, state string, stall, payment *uuid.UUID, reason string,
	notice intake.State, why string,
) error {
	if err := c.setNotice(ctx, notice, why); err != nil {
		return err
	}
	return c.set(ctx, "approve", action, state, stall, payment, reason)
}

// setNotice gives the notice a state, unless the case decides on what came later under its id.
func (c *caseWork) setNotice(ctx context.Context, state intake.State, why string) error {
	if c.content != nil {
		return nil
	}
	_, err := c.tx.Exec(ctx, `UPDATE notices SET state = $2, why = $3 WHERE id = $1`, c.notice, state, why)
	if err != nil {
		return fmt.Errorf("set notice of case %s: %w", c.id, err)
	}
	if _, err := c.tx.Exec(ctx, `DELETE FROM notice_retries WHERE notice_id = $1`, c.notice); err != nil {
		return fmt.Errorf("end the retries of case %s: %w", c.id, err)
	}
	return nil
}

// write posts one payment with this case behind it.
func (c *caseWork) write(ctx context.Context, t ledger.Transfer, h *held) error {
	t.Amount, t.OccurredAt, t.Reference, t.Case = h.amount, h.occurredAt, h.reference, &c.id
	t.Distinct = c.kind == intake.KindReportedTwice
	if h.memoCode != nil {
		t.MemoCode = *h.memoCode
	}
	batch := &pgx.Batch{}
	now := c.now()
	locked := c.book.Lock(batch, []ledger.Transfer{t}, now)
	if err := c.tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("lock ledger accounts for case %s: %w", c.id, err)
	}
	batch = &pgx.Batch{}
	posted, duplicates, err := locked.Post(batch, now)
	if errors.Is(err, ledger.ErrAlreadyReversed) {
		return movedOn()
	}
	if err != nil {
		return fmt.Errorf("post for case %s: %w", c.id, err)
	}
	if first, repeated := duplicates[t.ID]; repeated {
		return problem.New(
			problem.Conflict,
			"told_already",
			"Khoản này đã được ghi sổ qua kết nối khác hoặc hồ sơ khác (khoản "+first.Payment.String()+").",
			"This transfer has been posted already, by another connection or case (payment "+first.Payment.String()+").",
		)
	}
	c.posted = posted
	if err := c.tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("post for case %s: %w", c.id, err)
	}
	return nil
}

func movedOn() error {
	return problem.New(problem.Conflict, "moved_on", "Khoản tiền đã được chuyển tiếp hoặc hoàn lại.",
		"This money has been moved on or taken back.")
}

func wholeTakenBack() error {
	return problem.New(problem.Conflict, "taken_back", "Ngân hàng đã hoàn lại khoản này.",
		"The bank has taken this payment back.")
}

// undo reverses an assignment, or what people took back: the money goes back where it came from,
// the case and the notice wait again.
func (c *caseWork) undo(ctx context.Context, reason string) error {
	var same bool
	var payment, conflict *uuid.UUID
	err := c.tx.QueryRow(ctx, `SELECT person(actor_id) = person($2), payment_id, conflict_id FROM case_steps
		WHERE case_id = $1 AND step = 'approve' ORDER BY id DESC LIMIT 1`,
		c.id, c.who.ActorID).Scan(&same, &payment, &conflict)
	if err != nil {
		return fmt.Errorf("read approval of case %s: %w", c.id, err)
	}
	if same {
		return problem.New(problem.Conflict, "second_person_needed",
			"Người đã duyệt không tự hủy được, cần người khác.", "Whoever approved it cannot take it back alone.")
	}
	if conflict != nil {
		if c.content, err = c.intake.ReadLaterContent(ctx, c.tx, *conflict); err != nil {
			return err
		}
	}
	h, err := c.held(ctx)
	if err != nil {
		return err
	}
	if err := c.refuseUndo(ctx, h, payment); err != nil {
		return err
	}
	if payment == nil {
		if err := c.setNotice(ctx, intake.Unmatched, "reopened"); err != nil {
			return err
		}
		return c.set(ctx, "reverse", "reopen", "open", nil, nil, reason)
	}
	if err := c.follow(ctx, h, *payment); err != nil {
		return err
	}
	if h.payment == nil || *h.payment != *payment {
		return movedOn()
	}
	t := ledger.Transfer{ID: c.intake.NewID(), Debit: h.in, Credit: h.from, Reverses: payment}
	if err := c.write(ctx, t, h); err != nil {
		return err
	}
	state := intake.Unmatched
	if h.from.Kind == ledger.Stall && h.reverses == "" {
		state = intake.Posted // it was a stall's payment before the case
	}
	if err := c.setNotice(ctx, state, "reopened"); err != nil {
		return err
	}
	return c.set(ctx, "reverse", "reopen", "open", nil, &t.ID, reason)
}
