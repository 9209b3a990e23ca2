package cases

import (
	"context"

	"github.com/google/uuid"

	"market40/merchants/platform/problem"
	"market40/payments/ledger"
	"market40/payments/voids"
)

// lockTransaction locks and returns the transaction of the funds; nil where its provider reports no
// voids.
func (c *caseWork) lockTransaction(ctx context.Context, f *funds) (*voids.Transaction, error) {
	return voids.Lock(ctx, c.tx, *c.notice, voids.Transaction{
		Reference: f.reference, Amount: f.amount,
		Account: f.account,
	}, f.reverses)
}

// isVoided reports whether the bank took the funds back before they were in the books.
func (c *caseWork) isVoided(ctx context.Context, f *funds) (bool, error) {
	t, err := c.lockTransaction(ctx, f)
	if err != nil || t == nil {
		return false, err
	}
	return t.FullyVoided(ctx, c.tx)
}

// reverseVoided reverses a payment after two people confirmed that the bank took back all of it. The
// bank may report that in parts.
func (c *caseWork) reverseVoided(ctx context.Context, f *funds, reason string) error {
	done := func(payment *uuid.UUID) error {
		return c.close(ctx, returnStep(payment, reason), noticeNotPosted)
	}
	t, err := c.lockTransaction(ctx, f)
	if err != nil {
		return err
	}
	if t == nil {
		return done(nil)
	}
	found, err := t.FindPayment(ctx, c.tx)
	if err != nil {
		return err
	}
	if !found.Reversible() {
		return done(nil)
	}
	voided := f.amount.Dong()
	if voided < found.Amount.Dong() {
		var counted *uuid.UUID
		if c.content != nil {
			counted = &c.content.ID
		}
		if voided, err = t.SumVoids(ctx, c.tx, counted); err != nil {
			return err
		}
	}
	if voided < found.Amount.Dong() {
		if c.content != nil { // the void's own case waits, and counts it from now on
			return done(nil)
		}
		return problem.New(
			problem.Conflict,
			"taken_back_in_part",
			"Ngân hàng mới báo hoàn một phần, mà sổ chỉ ghi hoàn cả khoản. Hãy chờ phần còn lại, hoặc bỏ qua hồ sơ.",
			"The bank has taken back only a part, and only whole payments can be reversed. Wait for the rest, or dismiss the case.",
		)
	}
	f.amount = found.Amount
	back := ledger.Transfer{ID: c.intake.NewID(), Debit: found.Credit, Credit: found.Debit, Reverses: &found.ID}
	if err := c.write(ctx, back, f); err != nil {
		return err
	}
	if err := done(&back.ID); err != nil {
		return err
	}
	return t.CloseCases(ctx, c.tx, c.now())
}

// refuseUndo refuses to reopen a void's case where the reversal of another case counts this void, or
// the bank has reported the whole since.
func (c *caseWork) refuseUndo(ctx context.Context, f *funds, payment *uuid.UUID) error {
	if f.reverses == "" {
		return nil
	}
	t, err := c.lockTransaction(ctx, f)
	if err != nil || t == nil {
		return err
	}
	found, err := t.FindPayment(ctx, c.tx)
	switch {
	case err != nil || found == nil || !found.Voided:
		return err
	case payment == nil:
		return movedOn()
	}
	t.Amount = found.Amount
	if whole, err := t.FullyVoided(ctx, c.tx); err != nil || !whole {
		return err
	}
	return alreadyReversed()
}
