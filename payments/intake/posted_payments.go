package intake

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/payments/ledger"
	"market40/payments/money"
)

// PostedPayment is a payment where its money is now: cases may have moved it.
type PostedPayment struct {
	ID            uuid.UUID // of the last payment of its chain
	Debit, Credit ledger.Account
	Amount        money.Amount
	Voided        bool // a void has taken it back already
}

// Reversible reports whether there is money to take back: it is with a stall, or waits in its
// market.
func (p *PostedPayment) Reversible() bool {
	return p != nil && (p.Credit.Kind == ledger.Stall || p.Credit.Kind == ledger.Suspense)
}

// FollowPayment finds where the money of a payment is now: the last payment of the chain that
// begins with it. It returns nil where there is no such payment.
func FollowPayment(ctx context.Context, tx pgx.Tx, first uuid.UUID) (*PostedPayment, error) {
	rows, err := tx.Query(ctx, `WITH RECURSIVE chain AS (
			SELECT p.id, p.id AS first, p.amount, p.debit_account, p.credit_account, false AS gone, 1 AS step
			FROM payments p WHERE p.id = $1
			UNION ALL
			SELECT p.id, chain.first, p.amount, p.debit_account, p.credit_account, `+goneAt+`, chain.step + 1 FROM chain
				JOIN payments p ON p.reverses = chain.id)
		SELECT chain.id, chain.amount::text, chain.gone, `+accountColumns("d")+`, `+accountColumns("k")+`
		FROM chain JOIN ledger_accounts d ON d.id = chain.debit_account
		JOIN ledger_accounts k ON k.id = chain.credit_account
		ORDER BY step DESC LIMIT 1`, first)
	if err != nil {
		return nil, fmt.Errorf("follow payment %s: %w", first, err)
	}
	var found *PostedPayment
	last := PostedPayment{}
	_, err = pgx.ForEachRow(rows, append(append([]any{&last.ID, &last.Amount, &last.Voided},
		scanAccount(&last.Debit)...), scanAccount(&last.Credit)...), func() error {
		found = &last
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("follow payment %s: %w", first, err)
	}
	return found, nil
}

// asker is a database transaction, of a posting or a case.
type asker interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// FindPayment finds the payment of a transaction that a void names, where its money is now: cases
// may have moved it. The connection of the void told it, or a further one of the same gateway that
// names the same reference, of an account that the void's own may speak of. Where two transfers
// were told under one id, it is the one whose reference the void names, then the one whose amount;
// nil where neither decides. It gives the transaction its account.
func (t *Transaction) FindPayment(ctx context.Context, tx asker) (*PostedPayment, error) {
	rows, err := tx.Query(ctx, `WITH RECURSIVE told AS (
			SELECT n.id, n.reference, n.account_id, b.id = own.id AS mine FROM bank_connections own
			JOIN bank_connections b ON b.provider = own.provider
			JOIN notice_keys k ON k.connection_id = b.id AND k.external_id = $2 JOIN notices n ON n.id = k.notice_id
			WHERE own.id = $1 AND (b.id = own.id OR $3 <> '' AND n.reference = $3 AND `+fmt.Sprintf(covers, "own",
		"n.account_id")+`)),
		contents AS (
			SELECT id, reference, account_id, mine FROM told
			UNION ALL SELECT f.id, f.reference, NULL, mine FROM told JOIN notice_conflicts f ON f.notice_id = told.id
			WHERE mine),
		chain AS (
			SELECT p.id, p.id AS first, p.amount, s.account_id, p.debit_account AS root, p.credit_account,
			false AS gone,
				mine, s.reference = $3 AS named, p.amount = $4::bigint AS whole, 1 AS step
			FROM contents s JOIN payments p ON p.id = s.id
			UNION ALL
			SELECT p.id, chain.first, chain.amount, chain.account_id, chain.root, p.credit_account, `+goneAt+`, mine,
				named, whole, step + 1
			FROM chain JOIN payments p ON p.reverses = chain.id),
		last AS (SELECT DISTINCT ON (first) * FROM chain ORDER BY first, step DESC)
		SELECT l.id, l.amount::text, coalesce(l.account_id, d.account_id), l.gone,
			EXISTS (SELECT FROM last o WHERE l.mine AND o.mine AND o.first <> l.first AND (o.named, o.whole) = (l.named,
			l.whole)), `+
		accountColumns("d")+`, `+accountColumns("c")+`
		FROM last l JOIN ledger_accounts d ON d.id = l.root JOIN ledger_accounts c ON c.id = l.credit_account
		ORDER BY mine DESC, named DESC, whole DESC, l.first LIMIT 1`, t.connection, t.id, t.Reference, t.Amount.Dong())
	if err != nil {
		return nil, fmt.Errorf("find original: %w", err)
	}
	var found *PostedPayment
	var ambiguous bool
	o := PostedPayment{}
	_, err = pgx.ForEachRow(rows, append(append([]any{&o.ID, &o.Amount, &t.Account, &o.Voided, &ambiguous},
		scanAccount(&o.Debit)...), scanAccount(&o.Credit)...), func() error {
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

// goneAt is SQL for whether a void has taken the money back at payment p, which follows another one
// of its chain: p was posted for a void, by its notice or by a case that is about another notice
// than the chain's first. What p takes back was then no taking back itself: else people opened the
// void's case again, and the money is back.
const goneAt = `NOT chain.gone AND (p.case_id IS NULL OR EXISTS (SELECT FROM cases x WHERE x.id = p.case_id
	AND x.notice_id IS DISTINCT FROM chain.first AND x.conflict_id IS DISTINCT FROM chain.first))`
