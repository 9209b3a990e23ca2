package intake

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/payments/banks"
	"market40/payments/notices"
	"market40/payments/voids"
)

// transaction returns the transaction that a notice pays or reverses; false where its provider
// reports no voids, or the notice is ignored.
func (e *entry) transaction(register *register) (voids.Transaction, bool) {
	n := &e.notice
	if !banks.ReportsVoids(e.connection.Provider) || n.Ignore != "" || n.Direction != banks.In {
		return voids.Transaction{}, false
	}
	t := voids.Transaction{Connection: e.connection.ID, ID: n.ExternalID, Reference: n.Reference, Amount: n.Amount}
	if n.Reverses != "" {
		t.ID = n.Reverses
	} else if account, _ := register.findAccount(e); account != nil {
		t.Account = &account.Account
	}
	return t, true
}

// voids reports whether e reverses the whole of a credit in the same group.
func (e *entry) voids(credit *entry, register *register) bool {
	v, c := &e.notice, &credit.notice
	if v.Reverses != c.ExternalID || v.Amount.Dong() != c.Amount.Dong() ||
		e.connection.Provider.Name() != credit.connection.Provider.Name() {
		return false
	}
	account, _ := register.findAccount(credit)
	return e.connection.ID == credit.connection.ID || c.Reference != "" && v.Reference == c.Reference &&
		limitToScope(e.connection, account) != nil
}

// findVoids marks the credits that a void in the tables or in this group has reversed, because no
// provider guarantees an order. It closes the cases of voids that reverse a whole payment.
func (w *posting) findVoids(ctx context.Context) error {
	var voiding, credits []*entry
	var paid []voids.Transaction
	var ids []string
	for _, e := range w.entries {
		t, counts := e.transaction(w.register)
		if !counts {
			continue
		}
		ids = append(ids, t.ID)
		if e.notice.Reverses != "" {
			voiding = append(voiding, e)
			continue
		}
		credits, paid = append(credits, e), append(paid, t)
	}
	if len(ids) == 0 {
		return nil
	}
	batch := &pgx.Batch{}
	voids.QueueLocks(batch, ids)
	voids.QueueVoided(batch, paid, func(i int) { credits[i].voided = true })
	if err := w.tx.Send(ctx, batch); err != nil {
		return fmt.Errorf("look for voids: %w", err)
	}
	for i, e := range credits {
		for _, v := range voiding {
			if v.voids(e, w.register) {
				e.voided, v.alreadyReversed = true, true
			}
		}
		if e.voided {
			w.reversed = append(w.reversed, paid[i])
		}
	}
	return w.findOriginals(ctx, voiding)
}

// findOriginals finds the payments that the voids of this group reverse.
func (w *posting) findOriginals(ctx context.Context, voiding []*entry) error {
	reversed := map[uuid.UUID]bool{}
	for _, e := range voiding {
		t, _ := e.transaction(w.register)
		found, err := t.FindPayment(ctx, w.tx)
		if err != nil {
			return err
		}
		switch {
		case found == nil:
		case found.Voided || reversed[found.ID]:
			e.alreadyReversed = true
		case found.Reversible() && found.Amount.Dong() == e.notice.Amount.Dong():
			e.original, reversed[found.ID] = found, true
		}
		if e.alreadyReversed || e.original != nil {
			w.reversed = append(w.reversed, t)
		}
	}
	if len(w.reversed) == 0 {
		return nil
	}
	batch := &pgx.Batch{}
	voids.QueueCases(batch, w.reversed, w.time)
	if err := w.tx.Send(ctx, batch); err != nil {
		return fmt.Errorf("close cases of voids: %w", err)
	}
	return nil
}

// reverseOriginal posts the reversal of the payment that a void names, or opens a case.
func (e *entry) reverseOriginal() decision {
	switch {
	case e.original != nil:
		return decision{State: notices.Posted, Why: notices.WhyReversed, Reverses: e.original}
	case e.alreadyReversed:
		return decision{State: notices.Ignored, Why: notices.WhyReversed}
	}
	return decision{State: notices.Unmatched, Why: notices.OriginalUnknown, Case: notices.OriginalUnknown}
}
