package payments

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/problem"
	"market40/payments/banks"
	"market40/payments/ledger"
	"market40/payments/money"
)

// takenPayment is a posted payment that a later notice takes back, where its money is now.
type takenPayment struct {
	ID            uuid.UUID
	Debit, Credit ledger.Account
	amount        money.Amount
	gone          bool // a void has taken it back already
}

// stands reports whether there is money to take back: it is with a stall, or waits in its market.
func (p *takenPayment) stands() bool {
	return p != nil && (p.Credit.Kind == ledger.Stall || p.Credit.Kind == ledger.Suspense)
}

// transaction is a payment by the id under which its gateway tells it and its void.
type transaction struct {
	connection uuid.UUID
	id         string
	reference  string
	amount     money.Amount // of what is told: the payment, or what a void takes back
	account    *uuid.UUID   // the register's, which a payment came to; nil: unknown
}

// covers is SQL for whether a connection may speak of an account in any market where it receives.
const covers = `%[1]s.id IN (SELECT connection_id FROM connections_of(%[2]s, NULL))`

// voidsOf is SQL for the voids v of transactions w: those of their own connections, and those of the same gateway's further
// connections that name the same reference and may speak of the account. Where two transfers were told under one id, a void is
// of the one whose reference it names. A void that people returned still counts.
var voidsOf = `unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::bigint[]) WITH ORDINALITY AS w (connection, id, void, reference, account, amount, n)
	JOIN bank_connections own ON own.id = w.connection JOIN bank_connections b ON b.provider = own.provider
	JOIN notice_keys k ON k.connection_id = b.id AND k.external_id = w.void
	JOIN notices v ON v.id = k.notice_id AND (v.state <> 'ignored' OR v.why IN ('returned', '` + takenBack + `'))
		AND (b.id = own.id AND (v.reference = w.reference OR (SELECT count(DISTINCT x.reference) FROM (
				SELECT n.reference FROM notice_keys o JOIN notices n ON n.id = o.notice_id WHERE o.connection_id = own.id AND o.external_id = w.id
				UNION ALL SELECT f.reference FROM notice_keys o JOIN notice_conflicts f ON f.notice_id = o.notice_id
					WHERE o.connection_id = own.id AND o.external_id = w.id) x) < 2)
			OR w.reference <> '' AND v.reference = w.reference AND ` + fmt.Sprintf(covers, "b", "w.account") + `)`

func voidArguments(all []transaction) []any {
	var connections []uuid.UUID
	var ids, voids, references []string
	var accounts []*uuid.UUID
	var amounts []int64
	for _, t := range all {
		connections, ids, voids = append(connections, t.connection), append(ids, t.id), append(voids, banks.VoidID(t.id))
		references, accounts, amounts = append(references, t.reference), append(accounts, t.account), append(amounts, t.amount.Dong())
	}
	return []any{connections, ids, voids, references, accounts, amounts}
}

// voidedTransactions finds which transactions a void takes back wholly: it names their ids and their amounts.
var voidedTransactions = `SELECT DISTINCT w.n FROM ` + voidsOf + ` WHERE v.amount = w.amount`

// voidLock is the advisory lock under which a payment and its void wait for each other, so that one of them sees the other.
const voidLock = `hashtextextended(current_schema() || '.void.' || id, 0)`

// transactionOf is the transaction that a notice tells or takes back; false where its provider tells no voids, or it counts for nothing.
func (e *entry) transactionOf(register *register) (transaction, bool) {
	n := &e.notice
	if !banks.TellsVoids(e.connection.provider) || n.Ignore != "" || n.Direction != banks.In {
		return transaction{}, false
	}
	t := transaction{connection: e.connection.ID, id: n.ExternalID, reference: n.Reference, amount: n.Amount}
	if n.Reverses != "" {
		t.id = n.Reverses
	} else if account, _ := register.account(e); account != nil {
		t.account = &account.Account
	}
	return t, true
}

// voids reports whether v takes back the whole of credit, which came in the same group.
func (e *entry) voids(credit *entry, register *register) bool {
	v, c := &e.notice, &credit.notice
	if v.Reverses != c.ExternalID || v.Amount.Dong() != c.Amount.Dong() || e.connection.provider.Name() != credit.connection.provider.Name() {
		return false
	}
	account, _ := register.account(credit)
	return e.connection.ID == credit.connection.ID || c.Reference != "" && v.Reference == c.Reference && e.connection.within(account) != nil
}

// findVoids marks the credits whose void came before them, in the tables or in this group: no provider promises an
// order. Of what is taken back wholly no case of a void stays open.
func (w *posting) findVoids(ctx context.Context) error {
	var voids, credits []*entry
	var told []transaction
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
	batch.Queue(`SELECT pg_advisory_xact_lock(key) FROM (SELECT DISTINCT `+voidLock+` AS key FROM unnest($1::text[]) AS t (id) ORDER BY key) k`, ids)
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
		found, err := findOriginal(ctx, w.tx, &t)
		if err != nil {
			return err
		}
		switch {
		case found == nil:
		case found.gone || taken[found.ID]:
			e.spent = true
		case found.stands() && found.amount.Dong() == e.notice.Amount.Dong():
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
func queueVoidCases(batch *pgx.Batch, all []transaction, now time.Time) {
	batch.Queue(`UPDATE cases c SET state = 'dismissed', closed_at = $7, detail = c.detail || '; the whole payment was taken back'
		WHERE c.kind IN ('`+originalUnknown+`', '`+conflictKind+`') AND c.state IN ('open', 'proposed') AND c.notice_id IN (SELECT v.id FROM `+voidsOf+`)`,
		append(voidArguments(all), now)...)
}

// asker is a database transaction, of a posting or a case.
type asker interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// findOriginal finds the payment of a transaction that a void names, where its money is now: cases may have moved it. The
// connection of the void told it, or a further one of the same gateway that names the same reference, of an account that the
// void's own may speak of. Where two transfers were told under one id, it is the one whose reference the void names, then the
// one whose amount; nil where neither decides. It gives the transaction its account.
func findOriginal(ctx context.Context, tx asker, t *transaction) (*takenPayment, error) {
	rows, err := tx.Query(ctx, `WITH RECURSIVE told AS (
			SELECT n.id, n.reference, n.account_id, b.id = own.id AS mine FROM bank_connections own JOIN bank_connections b ON b.provider = own.provider
			JOIN notice_keys k ON k.connection_id = b.id AND k.external_id = $2 JOIN notices n ON n.id = k.notice_id
			WHERE own.id = $1 AND (b.id = own.id OR $3 <> '' AND n.reference = $3 AND `+fmt.Sprintf(covers, "own", "n.account_id")+`)),
		contents AS (
			SELECT id, reference, account_id, mine FROM told
			UNION ALL SELECT f.id, f.reference, NULL, mine FROM told JOIN notice_conflicts f ON f.notice_id = told.id WHERE mine),
		chain AS (
			SELECT p.id, p.id AS first, p.amount, s.account_id, p.debit_account AS root, p.credit_account, false AS gone,
				mine, s.reference = $3 AS named, p.amount = $4::bigint AS whole, 1 AS step
			FROM contents s JOIN payments p ON p.id = s.id
			UNION ALL
			SELECT p.id, chain.first, chain.amount, chain.account_id, chain.root, p.credit_account, `+goneAt+`, mine, named, whole, step + 1
			FROM chain JOIN payments p ON p.reverses = chain.id),
		last AS (SELECT DISTINCT ON (first) * FROM chain ORDER BY first, step DESC)
		SELECT l.id, l.amount::text, coalesce(l.account_id, d.account_id), l.gone,
			EXISTS (SELECT FROM last o WHERE l.mine AND o.mine AND o.first <> l.first AND (o.named, o.whole) = (l.named, l.whole)), `+
		accountColumns("d")+`, `+accountColumns("c")+`
		FROM last l JOIN ledger_accounts d ON d.id = l.root JOIN ledger_accounts c ON c.id = l.credit_account
		ORDER BY mine DESC, named DESC, whole DESC, l.first LIMIT 1`, t.connection, t.id, t.reference, t.amount.Dong())
	if err != nil {
		return nil, fmt.Errorf("find original: %w", err)
	}
	var found *takenPayment
	var ambiguous bool
	o := takenPayment{}
	_, err = pgx.ForEachRow(rows, append(append([]any{&o.ID, &o.amount, &t.account, &o.gone, &ambiguous}, scanAccount(&o.Debit)...), scanAccount(&o.Credit)...), func() error {
		if !ambiguous {
			found = &o
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find original: %w", err)
	}
	return found, nil
}

// goneAt is SQL for whether a void has taken the money back at payment p, which follows another one of its chain: p was posted
// for a void, by its notice or by a case that is about another notice than the chain's first. What p takes back was then no
// taking back itself: else people opened the void's case again, and the money is back.
const goneAt = `NOT chain.gone AND (p.case_id IS NULL OR EXISTS (SELECT FROM cases x WHERE x.id = p.case_id
	AND x.notice_id IS DISTINCT FROM chain.first AND x.conflict_id IS DISTINCT FROM chain.first))`

// takeBack posts the contra entry of the payment whose notice this one takes back, or opens a case.
func (e *entry) takeBack() decision {
	switch {
	case e.original != nil:
		return decision{State: Posted, Why: takenBack, Takes: e.original}
	case e.spent:
		return decision{State: Ignored, Why: takenBack}
	}
	return decision{State: Unmatched, Why: originalUnknown, Case: originalUnknown}
}

// transactionOf is the transaction of what the case decides on; false where its provider tells no voids.
func (c *caseWork) transactionOf(ctx context.Context, h *held) (t transaction, tells bool, err error) {
	err = c.tx.QueryRow(ctx, `SELECT connection_id, external_id FROM notices WHERE id = $1`, c.notice).Scan(&t.connection, &t.id)
	if err != nil {
		return t, false, fmt.Errorf("read notice of case %s: %w", c.id, err)
	}
	connection, err := c.p.connections.read(ctx, t.connection)
	if err != nil || !banks.TellsVoids(connection.provider) {
		return t, false, err
	}
	if t.reference, t.amount, t.account = h.reference, h.amount, h.account; h.reverses != "" {
		t.id = h.reverses
	}
	var free bool // a posting holds this lock before those of cases, so nothing may wait for it here
	if err = c.tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock(`+voidLock+`) FROM (SELECT $1::text AS id) t`, t.id).Scan(&free); err != nil {
		return t, false, fmt.Errorf("lock the void of case %s: %w", c.id, err)
	}
	if !free {
		return t, false, busy()
	}
	return t, true, nil
}

// voided reports whether the bank took back what the case decides on before it was in the books.
func (c *caseWork) voided(ctx context.Context, h *held) (bool, error) {
	t, tells, err := c.transactionOf(ctx, h)
	if err != nil || !tells {
		return false, err
	}
	return c.toldWhole(ctx, t)
}

// toldWhole reports whether one void takes back the whole amount of a transaction.
func (c *caseWork) toldWhole(ctx context.Context, t transaction) (bool, error) {
	rows, err := c.tx.Query(ctx, voidedTransactions, voidArguments([]transaction{t})...)
	if err != nil {
		return false, fmt.Errorf("look for the void of case %s: %w", c.id, err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[int])
	return len(found) > 0, err
}

// takeBack takes a payment out of the books, as two people say that the bank took all of it back: it may tell that in parts.
func (c *caseWork) takeBack(ctx context.Context, h *held, reason string) error {
	done := func(payment *uuid.UUID) error {
		return c.finish(ctx, "return", "returned", nil, payment, reason, Ignored, "returned")
	}
	t, tells, err := c.transactionOf(ctx, h)
	if err != nil {
		return err
	}
	if !tells {
		return done(nil)
	}
	found, err := findOriginal(ctx, c.tx, &t)
	if err != nil {
		return err
	}
	if !found.stands() {
		return done(nil)
	}
	told := h.amount.Dong()
	if told < found.amount.Dong() {
		if told, err = c.toldBack(ctx, &t); err != nil {
			return err
		}
	}
	if told < found.amount.Dong() {
		if c.content != nil { // the void's own case waits, and counts it from now on
			return done(nil)
		}
		return problem.New(problem.Conflict, "taken_back_in_part", "Ngân hàng mới báo hoàn một phần: sổ chỉ hoàn cả khoản. Hãy chờ phần còn lại, hoặc bỏ qua.",
			"The bank told of a part only: the books take back whole payments. Wait for the rest, or dismiss it.")
	}
	h.amount = found.amount
	back := ledger.Transfer{ID: c.p.clock.newID(), Debit: found.Credit, Credit: found.Debit, Reverses: &found.ID}
	if err := c.write(ctx, back, h); err != nil {
		return err
	}
	if err := done(&back.ID); err != nil {
		return err
	}
	batch := &pgx.Batch{}
	queueVoidCases(batch, []transaction{t}, c.p.now())
	return c.tx.SendBatch(ctx, batch).Close()
}

// toldBack is how much of a transaction its voids take back. A part is told by each of a gateway's connections: parts of one
// amount count once. What came later under a void's id may be the same part told otherwise: it counts where two people said
// that it is another part, as they do here of what the case decides on.
func (c *caseWork) toldBack(ctx context.Context, t *transaction) (dong int64, err error) {
	var now *uuid.UUID
	if c.content != nil {
		now = &c.content.id
	}
	err = c.tx.QueryRow(ctx, `SELECT coalesce(sum(told), 0) FROM (SELECT max(v.amount + (SELECT coalesce(sum(f.amount), 0) FROM notice_conflicts f
			WHERE f.notice_id = v.id AND (f.id = $7 OR EXISTS (SELECT FROM cases x WHERE x.conflict_id = f.id AND x.state = 'returned')))) AS told
		FROM `+voidsOf+` GROUP BY v.amount) part`, append(voidArguments([]transaction{*t}), now)...).Scan(&dong)
	if err != nil {
		return 0, fmt.Errorf("add up the voids of case %s: %w", c.id, err)
	}
	return dong, nil
}

// refuseUndo keeps a void's case closed where another case's taking back counts it, or the bank told of the whole since.
func (c *caseWork) refuseUndo(ctx context.Context, h *held, payment *uuid.UUID) error {
	if h.reverses == "" {
		return nil
	}
	t, tells, err := c.transactionOf(ctx, h)
	if err != nil || !tells {
		return err
	}
	found, err := findOriginal(ctx, c.tx, &t)
	switch {
	case err != nil || found == nil || !found.gone:
		return err
	case payment == nil:
		return movedOn()
	}
	t.amount = found.amount
	if whole, err := c.toldWhole(ctx, t); err != nil || !whole {
		return err
	}
	return wholeTakenBack()
}
