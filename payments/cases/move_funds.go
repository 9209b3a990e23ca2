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
	"market40/payments/ledger"
	"market40/payments/money"
	"market40/payments/notices"
	"market40/payments/voids"
)

// funds are the money of a notice at its present account: the last payment of its chain.
type funds struct {
	payment    *uuid.UUID // nil: never posted
	in         ledger.Account
	from       ledger.Account
	amount     money.Amount
	currency   string
	occurredAt time.Time
	reference  string
	account    *uuid.UUID // the beneficiary account, when known
	memoCode   *string
	strong     bool   // the reference alone identifies one transfer at its bank
	reverses   string // what the notice reverses, so that it brings no money; "": nothing
	voided     bool   // the bank took the money back
}

// readFunds reads the funds that the case decides on, before their payments are followed.
func (c *caseWork) readFunds(ctx context.Context) (*funds, error) {
	if c.content != nil {
		return c.laterFunds(), nil
	}
	f := &funds{}
	var sealed []byte
	err := c.tx.QueryRow(ctx, `SELECT amount::text, currency, occurred_at, reference, account_id, memo_code, particulars
		FROM notices WHERE id = $1`, c.notice).
		Scan(&f.amount, &f.currency, &f.occurredAt, &f.reference, &f.account, &f.memoCode, &sealed)
	if err != nil {
		return nil, fmt.Errorf("read notice of case %s: %w", c.id, err)
	}
	f.reverses, err = c.intake.ReadReverses(ctx, *c.notice, sealed)
	return f, err
}

// contentID returns the id of what is decided on, and of its first payment.
func (c *caseWork) contentID() uuid.UUID {
	if c.content != nil {
		return c.content.ID
	}
	return *c.notice
}

// follow finds the present account of the funds: the last payment of the chain that begins with
// first.
func (c *caseWork) follow(ctx context.Context, f *funds, first uuid.UUID) error {
	_, f.strong = banks.NormalReference(f.reference)
	found, err := voids.FollowPayment(ctx, c.tx, first)
	if err != nil {
		return fmt.Errorf("follow payment of case %s: %w", c.id, err)
	}
	if found != nil {
		f.payment, f.amount, f.from, f.in, f.voided = &found.ID, found.Amount, found.Debit, found.Credit, found.Voided
	}
	if f.payment == nil && f.reverses == "" {
		f.voided, err = c.isVoided(ctx, f)
	}
	return err
}

// findMovable returns the funds that a resolution moves. It refuses where they cannot be moved, even
// if two people agree.
func (c *caseWork) findMovable(ctx context.Context, r Resolution) (*funds, error) {
	f, err := c.readFunds(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.follow(ctx, f, c.contentID()); err != nil {
		return nil, err
	}
	switch {
	case f.currency != money.Currency:
		return nil, problem.Of("action", "other_currency", "Sổ chỉ ghi đồng Việt Nam: hồ sơ này chỉ có thể bỏ qua.",
			"The books contain đồng only: this case can only be dismissed.")
	case f.reverses != "" && r.Action == Assign:
		return nil, problem.Of("action", "takes_back", "Thông báo này hoàn lại một khoản, không mang tiền về sạp nào.",
			"This notice reverses a payment; it brings no money to assign.")
	case f.voided:
		return nil, alreadyReversed()
	}
	return f, nil
}

// move posts what two people agreed on and closes the case.
func (c *caseWork) move(ctx context.Context, r Resolution, f *funds) error {
	if f.reverses != "" {
		return c.reverseVoided(ctx, f, r.Reason)
	}
	if f.payment == nil {
		if err := c.refuseReported(ctx); err != nil {
			return err
		}
	}
	to := ledger.StallAccount(c.toMarket, c.toTenancy)
	if r.Action == Return {
		if f.payment == nil { // posted nevertheless, so that no other connection posts it to a stall
			found, err := c.findMarket(ctx, f)
			if err != nil {
				return err
			}
			if !found {
				return c.close(ctx, returnStep(nil, r.Reason), noticeNotPosted)
			}
			f.in.Market = c.toMarket
		}
		to = ledger.MarketAccount(ledger.Returned, f.in.Market)
	}
	t := ledger.Transfer{ID: c.intake.NewID(), Debit: f.in, Credit: to, Reverses: f.payment, Strong: f.strong}
	if f.payment == nil {
		account := uuid.Nil
		if f.account != nil {
			account = *f.account
		}
		t.ID, t.Debit = c.contentID(), ledger.BankAccount(c.toMarket, account)
	}
	if t.Debit.ID() == t.Credit.ID() {
		return problem.Of("stall_id", "already_there", "Khoản tiền này đã ghi cho sạp này.",
			"The money is already posted to this stall.")
	}
	if err := c.write(ctx, t, f); err != nil {
		return err
	}
	if r.Action == Return {
		s := returnStep(&t.ID, r.Reason)
		s.stall = r.StallID
		return c.close(ctx, s, noticeReturned)
	}
	return c.close(ctx, step{
		kind: stepApprove, action: r.Action, state: Assigned, stall: r.StallID, payment: &t.ID, reason: r.Reason,
	}, noticePosted)
}

// findMarket finds a market where the account of the funds receives: the first in which it did.
func (c *caseWork) findMarket(ctx context.Context, f *funds) (found bool, err error) {
	err = c.tx.QueryRow(ctx, `SELECT t.market_id FROM tenancy_accounts ta JOIN tenancies t ON t.id = ta.tenancy_id
		WHERE ta.account_id = $1 ORDER BY t.id LIMIT 1`, f.account).
		Scan(&c.toMarket)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("find a market for case %s: %w", c.id, err)
	}
	return true, nil
}

// write posts one payment for this case.
func (c *caseWork) write(ctx context.Context, t ledger.Transfer, f *funds) error {
	t.Amount, t.OccurredAt, t.Reference, t.Case = f.amount, f.occurredAt, f.reference, &c.id
	t.Distinct = c.kind == notices.ReportedTwice
	if f.memoCode != nil {
		t.MemoCode = *f.memoCode
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

func alreadyReversed() error {
	return problem.New(problem.Conflict, "taken_back", "Ngân hàng đã hoàn lại khoản này.",
		"The bank has taken this payment back.")
}

// undo reverses a decision: the money goes back to the account before, and case and notice wait
// again.
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
		return problem.New(
			problem.Conflict,
			"second_person_needed",
			"Người đã duyệt không được tự hủy: cần người khác.",
			"The person who approved it cannot reverse it: another person has to.",
		)
	}
	if conflict != nil {
		if c.content, err = c.intake.ReadLaterContent(ctx, c.tx, *conflict); err != nil {
			return err
		}
	}
	f, err := c.readFunds(ctx)
	if err != nil {
		return err
	}
	if err := c.refuseUndo(ctx, f, payment); err != nil {
		return err
	}
	if payment == nil {
		return c.close(ctx, reopenStep(nil, reason), noticeReopened)
	}
	if err := c.follow(ctx, f, *payment); err != nil {
		return err
	}
	if f.payment == nil || *f.payment != *payment {
		return movedOn()
	}
	t := ledger.Transfer{ID: c.intake.NewID(), Debit: f.in, Credit: f.from, Reverses: payment}
	if err := c.write(ctx, t, f); err != nil {
		return err
	}
	result := noticeReopened
	if f.from.Kind == ledger.Stall && f.reverses == "" {
		result = noticeStaysPosted
	}
	return c.close(ctx, reopenStep(&t.ID, reason), result)
}
