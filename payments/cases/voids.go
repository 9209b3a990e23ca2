package cases

import (
	"context"

	"github.com/google/uuid"

	"market40/merchants/platform/problem"
	"market40/payments/intake"
	"market40/payments/ledger"
)

// lockTransaction returns the transaction of what the case decides on; nil where its provider tells
// no voids.
func (c *caseWork) lockTransaction(ctx context.Context, h *held) (*intake.Transaction, error) {
	return c.intake.LockTransaction(ctx, c.tx, *c.notice, intake.Transaction{
		Reference: h.reference, Amount: h.amount,
		Account: h.account,
	}, h.reverses)
}

// voided reports whether the bank took back what the case decides on before it was in the books.
func (c *caseWork) voided(ctx context.Context, h *held) (bool, error) {
	t, err := c.lockTransaction(ctx, h)
	if err != nil || t == nil {
		return false, err
	}
	return t.VoidedWhole(ctx, c.tx)
}

// takeBack takes a payment out of the books, as two people say that the bank took all of it back:
// it may tell that in parts.
func (c *caseWork) takeBack(ctx context.Context, h *held, reason string) error {
	done := func(payment *uuid.UUID) error {
		return c.finish(ctx, "return", "returned", nil, payment, reason, intake.Ignored, "returned")
	}
	t, err := c.lockTransaction(ctx, h)
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
	told := h.amount.Dong()
	if told < found.Amount.Dong() {
		var counted *uuid.UUID
		if c.content != nil {
			counted = &c.content.ID
		}
		if told, err = t.SumVoids(ctx, c.tx, counted); err != nil {
			return err
		}
	}
	if told < found.Amount.Dong() {
		if c.content != nil { // the void's own case waits, and counts it from now on
			return done(nil)
		}
		return problem.New(problem.Conflict, "taken_back_in_part",
			"Ngân hàng mới báo hoàn một phần: sổ chỉ hoàn cả khoản. Hãy chờ phần còn lại, hoặc bỏ qua.",
			"The bank told of a part only: the books take back whole payments. Wait for the rest, or dismiss it.")
	}
	h.amount = found.Amount
	back := ledger.Transfer{ID: c.intake.NewID(), Debit: found.Credit, Credit: found.Debit, Reverses: &found.ID}
	if err := c.write(ctx, back, h); err != nil {
		return err
	}
	if err := done(&back.ID); err != nil {
		return err
	}
	return t.CloseVoidCases(ctx, c.tx, c.now())
}

// refuseUndo keeps a void's case closed where another case's taking back counts it, or the bank
// told of the whole since.
func (c *caseWork) refuseUndo(ctx context.Context, h *held, payment *uuid.UUID) error {
	if h.reverses == "" {
		return nil
	}
	t, err := c.lockTransaction(ctx, h)
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
	if whole, err := t.VoidedWhole(ctx, c.tx); err != nil || !whole {
		return err
	}
	return wholeTakenBack()
}
