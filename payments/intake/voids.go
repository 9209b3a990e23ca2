package intake

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/payments/banks"
)

// covers is SQL for whether a connection may speak of an account in any market where it receives.
const covers = `%[1]s.id IN (SELECT connection_id FROM connections_of(%[2]s, NULL))`

// voidsOf is SQL for the voids v of transactions w: those of their own connections, and those of
// the same gateway's further connections that name the same reference and may speak of the account.
// Where two transfers were told under one id, a void is of the one whose reference it names. A void
// that people returned still counts.
var voidsOf = `unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::bigint[]) WITH ORDINALITY AS w
	(connection, id, void, reference, account, amount, n)
	JOIN bank_connections own ON own.id = w.connection JOIN bank_connections b ON b.provider = own.provider
	JOIN notice_keys k ON k.connection_id = b.id AND k.external_id = w.void
	JOIN notices v ON v.id = k.notice_id AND (v.state <> 'ignored' OR v.why IN ('returned', '` + WhyTakenBack + `'))
		AND (b.id = own.id AND (v.reference = w.reference OR (SELECT count(DISTINCT x.reference) FROM (
				SELECT n.reference FROM notice_keys o JOIN notices n ON n.id = o.notice_id WHERE o.connection_id = own.id AND o.external_id = w.id
				UNION ALL SELECT f.reference FROM notice_keys o JOIN notice_conflicts f ON f.notice_id = o.notice_id
					WHERE o.connection_id = own.id AND o.external_id = w.id) x) < 2)
			OR w.reference <> '' AND v.reference = w.reference AND ` + fmt.Sprintf(covers, "b", "w.account") + `)`

func voidArguments(all []Transaction) []any {
	var connections []uuid.UUID
	var ids, voids, references []string
	var accounts []*uuid.UUID
	var amounts []int64
	for _, t := range all {
		connections, ids, voids = append(connections, t.connection), append(ids, t.id),
			append(voids, banks.VoidID(t.id))
		references, accounts, amounts = append(references, t.Reference), append(accounts, t.Account),
			append(amounts, t.Amount.Dong())
	}
	return []any{connections, ids, voids, references, accounts, amounts}
}

// voidedTransactions finds which transactions a void takes back wholly: it names their ids and
// their amounts.
var voidedTransactions = `SELECT DISTINCT w.n FROM ` + voidsOf + ` WHERE v.amount = w.amount`

// voidLock is the advisory lock under which a payment and its void wait for each other, so that one
// of them sees the other.
const voidLock = `hashtextextended(current_schema() || '.void.' || id, 0)`

// transactionOf is the transaction that a notice tells or takes back; false where its provider
// tells no voids, or it counts for nothing.
func (e *entry) transactionOf(register *register) (Transaction, bool) {
	n := &e.notice
	if !banks.ReportsVoids(e.connection.Provider) || n.Ignore != "" || n.Direction != banks.In {
		return Transaction{}, false
	}
	t := Transaction{connection: e.connection.ID, id: n.ExternalID, Reference: n.Reference, Amount: n.Amount}
	if n.Reverses != "" {
		t.id = n.Reverses
	} else if account, _ := register.account(e); account != nil {
		t.Account = &account.Account
	}
	return t, true
}

// voids reports whether v takes back the whole of credit, which came in the same group.
func (e *entry) voids(credit *entry, register *register) bool {
	v, c := &e.notice, &credit.notice
	if v.Reverses != c.ExternalID || v.Amount.Dong() != c.Amount.Dong() ||
		e.connection.Provider.Name() != credit.connection.Provider.Name() {
		return false
	}
	account, _ := register.account(credit)
	return e.connection.ID == credit.connection.ID || c.Reference != "" && v.Reference == c.Reference &&
		within(e.connection, account) != nil
}

// findVoids marks the credits whose void came before them, in the tables or in this group: no
// provider promises an order. Of what is taken back wholly no case of a void stays open.
func (w *posting) findVoids(ctx context.Context) error {
	var voids, credits []*entry
	var told []Transaction
	var ids []string
	for _, e := range w.entries {
		t, counts := e.transactionOf(w.register)
		if !counts {
			continue
		}
		ids = append(ids, t.id)
		if e.notice.Reverses != "" {
			voids = append(voids, e)
			continue
		}
		credits, told = append(credits, e), append(told, t)
	}
	if len(ids) == 0 {
		return nil
	}
	batch := &pgx.Batch{}
	batch.Queue(`SELECT pg_advisory_xact_lock(key) FROM (SELECT DISTINCT `+voidLock+` AS key
		FROM unnest($1::text[]) AS t (id) ORDER BY key) k`, ids)
	batch.Queue(voidedTransactions, voidArguments(told)...).Query(func(rows pgx.Rows) error {
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
				e.voided, v.spent = true, true
			}
		}
		if e.voided {
			w.takenBack = append(w.takenBack, told[i])
		}
	}
	return w.findOriginals(ctx, voids)
}

// findOriginals finds what the voids of this group take back.
func (w *posting) findOriginals(ctx context.Context, voids []*entry) error {
	taken := map[uuid.UUID]bool{}
	for _, e := range voids {
		t, _ := e.transactionOf(w.register)
		found, err := t.FindPayment(ctx, w.tx)
		if err != nil {
			return err
		}
		switch {
		case found == nil:
		case found.Voided || taken[found.ID]:
			e.spent = true
		case found.Reversible() && found.Amount.Dong() == e.notice.Amount.Dong():
			e.original, taken[found.ID] = found, true
		}
		if e.spent || e.original != nil {
			w.takenBack = append(w.takenBack, t)
		}
	}
	if len(w.takenBack) == 0 {
		return nil
	}
	batch := &pgx.Batch{}
	queueVoidCases(batch, w.takenBack, w.now)
	if err := w.tx.Send(ctx, batch); err != nil {
		return fmt.Errorf("close cases of voids: %w", err)
	}
	return nil
}

// queueVoidCases closes the cases of voids that have nothing to take back any more.
func queueVoidCases(batch *pgx.Batch, all []Transaction, now time.Time) {
	batch.Queue(`UPDATE cases c SET state = 'dismissed', closed_at = $7,
		detail = c.detail || '; the whole payment was taken back'
		WHERE c.kind IN ('`+originalUnknown+`', '`+KindConflict+
		`') AND c.state IN ('open', 'proposed') AND c.notice_id IN (SELECT v.id FROM `+voidsOf+`)`,
		append(voidArguments(all), now)...)
}

// takeBack posts the contra entry of the payment whose notice this one takes back, or opens a case.
func (e *entry) takeBack() decision {
	switch {
	case e.original != nil:
		return decision{State: Posted, Why: WhyTakenBack, Takes: e.original}
	case e.spent:
		return decision{State: Ignored, Why: WhyTakenBack}
	}
	return decision{State: Unmatched, Why: originalUnknown, Case: originalUnknown}
}
