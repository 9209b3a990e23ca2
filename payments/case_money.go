package payments

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/problem"
	"market40/payments/ledger"
	"market40/payments/money"
)

// held is where the money of a notice stands now: the last payment of its chain.
type held struct {
	payment    *uuid.UUID // nil: never posted
	in         ledger.Account
	from       ledger.Account
	amount     money.Amount
	occurredAt time.Time
	reference  string
	account    *uuid.UUID // the beneficiary account, when known
	memoCode   *string
	strong     bool // the reference alone names one transfer at its bank
}

func (c *caseWork) held(ctx context.Context) (*held, error) {
	h := &held{}
	var sealed []byte
	err := c.tx.QueryRow(ctx, `SELECT amount::text, occurred_at, reference, account_id, memo_code, particulars FROM notices WHERE id = $1`, c.notice).
		Scan(&h.amount, &h.occurredAt, &h.reference, &h.account, &h.memoCode, &sealed)
	if err != nil {
		return nil, fmt.Errorf("read notice of case %s: %w", c.id, err)
	}
	told, err := c.p.particulars(ctx, *c.notice, sealed)
	if err != nil {
		return nil, err
	}
	h.strong = told.Strong
	rows, err := c.tx.Query(ctx, `WITH RECURSIVE chain AS (
			SELECT p.id, p.debit_account, p.credit_account, 1 AS step FROM payments p WHERE p.id = $1
			UNION ALL
			SELECT p.id, p.debit_account, p.credit_account, chain.step + 1 FROM chain JOIN payments p ON p.reverses = chain.id)
		SELECT chain.id, `+accountColumns("d")+`, `+accountColumns("k")+`
		FROM chain JOIN ledger_accounts d ON d.id = chain.debit_account JOIN ledger_accounts k ON k.id = chain.credit_account
		ORDER BY step DESC LIMIT 1`, c.notice)
	if err != nil {
		return nil, fmt.Errorf("follow payment of case %s: %w", c.id, err)
	}
	var id uuid.UUID
	_, err = pgx.ForEachRow(rows, append(append([]any{&id}, scanAccount(&h.from)...), scanAccount(&h.in)...), func() error {
		h.payment = &id
		return nil
	})
	return h, err
}

// move posts what two persons agreed on and closes the case.
func (c *caseWork) move(ctx context.Context, r Resolution) error {
	h, err := c.held(ctx)
	if err != nil {
		return err
	}
	to := ledger.OfTenancy(c.toMarket, c.toTenancy)
	if r.Action == "return" {
		if h.payment == nil { // never in the books: nothing to move, the bank gave it back
			return c.finish(ctx, "return", "returned", nil, nil, r.Reason, Ignored, "returned")
		}
		to = ledger.OfMarket(ledger.Returned, h.in.Market)
	}
	t := ledger.Transfer{ID: uuid.Must(uuid.NewV7()), Debit: h.in, Credit: to, Reverses: h.payment}
	if h.payment == nil {
		account := uuid.Nil
		if h.account != nil {
			account = *h.account
		}
		t.ID, t.Debit, t.Strong = *c.notice, ledger.OfBank(c.toMarket, account), h.strong
	}
	if t.Debit.ID() == t.Credit.ID() {
		return problem.Of("stall_id", "already_there", "Khoản tiền đã ở sạp này.", "The money stands at this stall already.")
	}
	if err := c.write(ctx, t, h); err != nil {
		return err
	}
	state, notice, why := "assigned", Posted, "case"
	if r.Action == "return" {
		state, notice, why = "returned", Posted, "returned"
	}
	return c.finish(ctx, r.Action, state, r.StallID, &t.ID, r.Reason, notice, why)
}

func (c *caseWork) finish(ctx context.Context, action, state string, stall, payment *uuid.UUID, reason string, notice State, why string) error {
	if err := c.setNotice(ctx, notice, why); err != nil {
		return err
	}
	return c.set(ctx, "approve", action, state, stall, payment, reason)
}

func (c *caseWork) setNotice(ctx context.Context, state State, why string) error {
	_, err := c.tx.Exec(ctx, `UPDATE notices SET state = $2, why = $3 WHERE id = $1`, c.notice, state, why)
	if err != nil {
		return fmt.Errorf("set notice of case %s: %w", c.id, err)
	}
	return nil
}

// write posts one payment with this case behind it.
func (c *caseWork) write(ctx context.Context, t ledger.Transfer, h *held) error {
	t.Amount, t.OccurredAt, t.Reference, t.Case = h.amount, h.occurredAt, h.reference, &c.id
	if h.memoCode != nil {
		t.MemoCode = *h.memoCode
	}
	batch := &pgx.Batch{}
	locked := c.p.book.Lock(batch, []ledger.Account{t.Debit, t.Credit})
	if err := c.tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("lock ledger accounts for case %s: %w", c.id, err)
	}
	if err := c.refuseTold(ctx, t); err != nil {
		return err
	}
	batch = &pgx.Batch{}
	locked.Post(batch, []ledger.Transfer{t}, c.p.now())
	c.posted = []ledger.Transfer{t}
	if err := c.tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("post for case %s: %w", c.id, err)
	}
	return nil
}

// refuseTold refuses money that stands in the books already: two connections told one transfer on an account that
// nobody had registered, and both waited as cases. The account's row is held meanwhile.
func (c *caseWork) refuseTold(ctx context.Context, t ledger.Transfer) error {
	if !t.Strong {
		return nil
	}
	var told bool
	err := c.tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM payments WHERE debit_account = $1 AND reference = $2 AND strong AND amount = $3 AND reverses IS NULL)`,
		t.Debit.ID(), t.Reference, t.Amount.Dong()).Scan(&told)
	if err != nil {
		return fmt.Errorf("look for told transfer of case %s: %w", c.id, err)
	}
	if told {
		return problem.New(problem.Conflict, "told_already", "Khoản này đã được ghi sổ qua kết nối khác.", "This transfer stands in the books already, told by another connection.")
	}
	return nil
}

// undo reverses an assignment: the money goes back where it came from, the case and the notice wait again.
func (c *caseWork) undo(ctx context.Context, reason string) error {
	var same bool
	var payment *uuid.UUID
	err := c.tx.QueryRow(ctx, `SELECT person(actor_id) = person($2), payment_id FROM case_steps WHERE case_id = $1 AND step = 'approve' ORDER BY id DESC LIMIT 1`,
		c.id, c.who.ActorID).Scan(&same, &payment)
	if err != nil {
		return fmt.Errorf("read approval of case %s: %w", c.id, err)
	}
	if same {
		return problem.New(problem.Conflict, "second_person_needed", "Người đã duyệt không tự hủy được, cần người khác.", "Whoever approved it cannot take it back alone.")
	}
	if payment == nil {
		if err := c.setNotice(ctx, Unmatched, "reopened"); err != nil {
			return err
		}
		return c.set(ctx, "reverse", "reopen", "open", nil, nil, reason)
	}
	h, err := c.held(ctx)
	if err != nil {
		return err
	}
	if h.payment == nil || *h.payment != *payment {
		return problem.New(problem.Conflict, "moved_on", "Khoản tiền đã được chuyển tiếp bởi hồ sơ khác.", "Another case has moved this money on.")
	}
	t := ledger.Transfer{ID: uuid.Must(uuid.NewV7()), Debit: h.in, Credit: h.from, Reverses: payment}
	if err := c.write(ctx, t, h); err != nil {
		return err
	}
	state := Unmatched
	if h.from.Kind == ledger.Stall {
		state = Posted // it was a stall's payment before the case
	}
	if err := c.setNotice(ctx, state, "reopened"); err != nil {
		return err
	}
	return c.set(ctx, "reverse", "reopen", "open", nil, &t.ID, reason)
}
