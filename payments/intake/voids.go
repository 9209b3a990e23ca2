package intake

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/payments/banks"
	"market40/payments/unnest"
)

// covers is SQL for whether a connection may report about an account, in any market where the
// account receives.
const covers = `%[1]s.id IN (SELECT connection_id FROM connections_of(%[2]s, NULL))`

var transactionColumns = unnest.Columns[Transaction]{
	unnest.NewColumn("connection", "uuid", func(t Transaction) uuid.UUID { return t.connection }),
	unnest.NewColumn("id", "text", func(t Transaction) string { return t.id }),
	unnest.NewColumn("void", "text", func(t Transaction) string { return banks.VoidID(t.id) }),
	unnest.NewColumn("reference", "text", func(t Transaction) string { return t.Reference }),
	unnest.NewColumn("account", "uuid", func(t Transaction) *uuid.UUID { return t.Account }),
	unnest.NewColumn("amount", "bigint", func(t Transaction) int64 { return t.Amount.Dong() }),
}

// voidsSQL is SQL for the voids v of transactions w. They are the voids of their own connections, and
// those of the same gateway's further connections with the same reference that may report about the
// account. Where one id was used for two transfers, a void belongs to the one with its reference. A
// void that people returned still counts.
var voidsSQL = transactionColumns.FromNumbered("w", "n") + `
	JOIN bank_connections own ON own.id = w.connection JOIN bank_connections b ON b.provider = own.provider
	JOIN notice_keys k ON k.connection_id = b.id AND k.external_id = w.void
	JOIN notices v ON v.id = k.notice_id AND (v.state <> 'ignored' OR v.why IN ('returned', '` + WhyReversed + `'))
		AND (b.id = own.id AND (v.reference = w.reference OR (SELECT count(DISTINCT x.reference) FROM (
				SELECT n.reference FROM notice_keys o JOIN notices n ON n.id = o.notice_id WHERE o.connection_id = own.id AND o.external_id = w.id
				UNION ALL SELECT f.reference FROM notice_keys o JOIN notice_conflicts f ON f.notice_id = o.notice_id
					WHERE o.connection_id = own.id AND o.external_id = w.id) x) < 2)
			OR w.reference <> '' AND v.reference = w.reference AND ` + fmt.Sprintf(covers, "b", "w.account") + `)`

// selectVoided selects the numbers of the transactions that one void reverses as a whole.
var selectVoided = `SELECT DISTINCT w.n FROM ` + voidsSQL + ` WHERE v.amount = w.amount`

// selectVoidSum adds up the parts of one transaction (SumVoids).
var selectVoidSum = `SELECT coalesce(sum(amount), 0) FROM (
	SELECT max(v.amount + (SELECT coalesce(sum(f.amount), 0) FROM notice_conflicts f
		WHERE f.notice_id = v.id AND (f.id = ` + transactionColumns.Further(1) + ` OR EXISTS (SELECT FROM cases x
		WHERE x.conflict_id = f.id AND x.state = 'returned')))) AS amount
	FROM ` + voidsSQL + ` GROUP BY v.amount) part`

// closeVoidCases closes the open cases of the voids of transactions.
var closeVoidCases = `UPDATE cases c SET state = 'dismissed', closed_at = ` + transactionColumns.Further(1) + `,
	detail = c.detail || '; the whole payment was taken back'
	WHERE c.kind IN ('` + originalUnknown + `', '` + KindConflict + `') AND c.state IN ('open', 'proposed')
	AND c.notice_id IN (SELECT v.id FROM ` + voidsSQL + `)`

// voidLock is the advisory lock of a payment and its void: one of them is posted after the other and
// sees it.
const voidLock = `hashtextextended(current_schema() || '.void.' || id, 0)`

// transaction returns the transaction that a notice pays or reverses; false where its provider
// reports no voids, or the notice is ignored.
func (e *entry) transaction(register *register) (Transaction, bool) {
	n := &e.notice
	if !banks.ReportsVoids(e.connection.Provider) || n.Ignore != "" || n.Direction != banks.In {
		return Transaction{}, false
	}
	t := Transaction{connection: e.connection.ID, id: n.ExternalID, Reference: n.Reference, Amount: n.Amount}
	if n.Reverses != "" {
		t.id = n.Reverses
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
	var voids, credits []*entry
	var paid []Transaction
	var ids []string
	for _, e := range w.entries {
		t, counts := e.transaction(w.register)
		if !counts {
			continue
		}
		ids = append(ids, t.id)
		if e.notice.Reverses != "" {
			voids = append(voids, e)
			continue
		}
		credits, paid = append(credits, e), append(paid, t)
	}
	if len(ids) == 0 {
		return nil
	}
	batch := &pgx.Batch{}
	batch.Queue(`SELECT pg_advisory_xact_lock(key) FROM (SELECT DISTINCT `+voidLock+` AS key
		FROM unnest($1::text[]) AS t (id) ORDER BY key) k`, ids)
	batch.Queue(selectVoided, transactionColumns.Arguments(paid)...).Query(func(rows pgx.Rows) error {
		var n int
		_, err := pgx.ForEachRow(rows, []any{&n}, func() error {
			credits[n-1].voided = true
			return nil
		})
		return err
	})
	if err := w.tx.Send(ctx, batch); err != nil {
		return fmt.Errorf("look for voids: %w", err)
	}
	for i, e := range credits {
		for _, v := range voids {
			if v.voids(e, w.register) {
				e.voided, v.alreadyReversed = true, true
			}
		}
		if e.voided {
			w.reversed = append(w.reversed, paid[i])
		}
	}
	return w.findOriginals(ctx, voids)
}

// findOriginals finds the payments that the voids of this group reverse.
func (w *posting) findOriginals(ctx context.Context, voids []*entry) error {
	reversed := map[uuid.UUID]bool{}
	for _, e := range voids {
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
	queueVoidCases(batch, w.reversed, w.time)
	if err := w.tx.Send(ctx, batch); err != nil {
		return fmt.Errorf("close cases of voids: %w", err)
	}
	return nil
}

// queueVoidCases closes the cases of voids after their payments were reversed.
func queueVoidCases(batch *pgx.Batch, all []Transaction, now time.Time) {
	batch.Queue(closeVoidCases, transactionColumns.Arguments(all, now)...)
}

// reverseOriginal posts the reversal of the payment that a void names, or opens a case.
func (e *entry) reverseOriginal() decision {
	switch {
	case e.original != nil:
		return decision{State: Posted, Why: WhyReversed, Reverses: e.original}
	case e.alreadyReversed:
		return decision{State: Ignored, Why: WhyReversed}
	}
	return decision{State: Unmatched, Why: originalUnknown, Case: originalUnknown}
}
