package voids

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/payments/ledger"
	"market40/payments/money"
)

// Payment is a payment at its present account: cases may have moved it.
type Payment struct {
	ID            uuid.UUID // of the last payment of its chain
	Debit, Credit ledger.Account
	Amount        money.Amount
	Voided        bool // a void has reversed it already
}

// Reversible reports whether there is money to reverse: at a stall or in its market's suspense
// account.
func (p *Payment) Reversible() bool {
	return p != nil && (p.Credit.Kind == ledger.Stall || p.Credit.Kind == ledger.Suspense)
}

// FollowPayment returns the last payment of the chain that begins with a payment: its credit account
// has the money now. It returns nil where there is no such payment.
func FollowPayment(ctx context.Context, tx pgx.Tx, first uuid.UUID) (*Payment, error) {
	rows, err := tx.Query(ctx, `WITH RECURSIVE chain AS (
			SELECT p.id, p.id AS first, p.amount, p.debit_account, p.credit_account, false AS voided, 1 AS step
			FROM payments p WHERE p.id = $1
			UNION ALL
			SELECT p.id, chain.first, p.amount, p.debit_account, p.credit_account, `+voidedBy+`, chain.step + 1 FROM chain
				JOIN payments p ON p.reverses = chain.id)
		SELECT chain.id, chain.amount::text, chain.voided, `+accountColumns("d")+`, `+accountColumns("k")+`
		FROM chain JOIN ledger_accounts d ON d.id = chain.debit_account
		JOIN ledger_accounts k ON k.id = chain.credit_account
		ORDER BY step DESC LIMIT 1`, first)
	if err != nil {
		return nil, fmt.Errorf("follow payment %s: %w", first, err)
	}
	var found *Payment
	last := Payment{}
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

// rowQuerier is a database transaction, of a posting or a case.
type rowQuerier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// FindPayment returns the payment of a transaction that a void names, at its present account. It
// was reported by the void's connection, or by a further connection of the same gateway with the
// same reference, about an account that the void's connection covers. Where one id was used for two
// transfers, it is the one with the void's reference, then the one with its amount; nil where neither
// decides. FindPayment sets the transaction's Account.
func (t *Transaction) FindPayment(ctx context.Context, tx rowQuerier) (*Payment, error) {
	rows, err := tx.Query(ctx, `WITH RECURSIVE reported AS (
			SELECT n.id, n.reference, n.account_id, b.id = own.id AS mine FROM bank_connections own
			JOIN bank_connections b ON b.provider = own.provider
			JOIN notice_keys k ON k.connection_id = b.id AND k.external_id = $2 JOIN notices n ON n.id = k.notice_id
			WHERE own.id = $1 AND (b.id = own.id OR $3 <> '' AND n.reference = $3 AND `+fmt.Sprintf(covers, "own",
		"n.account_id")+`)),
		contents AS (
			SELECT id, reference, account_id, mine FROM reported
			UNION ALL SELECT f.id, f.reference, NULL, mine FROM reported
			JOIN notice_conflicts f ON f.notice_id = reported.id
			WHERE mine),
		chain AS (
			SELECT p.id, p.id AS first, p.amount, s.account_id, p.debit_account AS root, p.credit_account,
			false AS voided,
				mine, s.reference = $3 AS named, p.amount = $4::bigint AS whole, 1 AS step
			FROM contents s JOIN payments p ON p.id = s.id
			UNION ALL
			SELECT p.id, chain.first, chain.amount, chain.account_id, chain.root, p.credit_account, `+voidedBy+`, mine,
				named, whole, step + 1
			FROM chain JOIN payments p ON p.reverses = chain.id),
		last AS (SELECT DISTINCT ON (first) * FROM chain ORDER BY first, step DESC)
		SELECT l.id, l.amount::text, coalesce(l.account_id, d.account_id), l.voided,
			EXISTS (SELECT FROM last o WHERE l.mine AND o.mine AND o.first <> l.first AND (o.named, o.whole) = (l.named,
			l.whole)), `+
		accountColumns("d")+`, `+accountColumns("c")+`
		FROM last l JOIN ledger_accounts d ON d.id = l.root JOIN ledger_accounts c ON c.id = l.credit_account
		ORDER BY mine DESC, named DESC, whole DESC, l.first LIMIT 1`, t.Connection, t.ID, t.Reference, t.Amount.Dong())
	if err != nil {
		return nil, fmt.Errorf("find original: %w", err)
	}
	var found *Payment
	var ambiguous bool
	o := Payment{}
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

// voidedBy is SQL for whether payment p, which follows another one of its chain, was posted for a
// void: by the void's notice, or by a case about another notice than the chain's first. If the
// payment before p was posted for a void too, people reopened the void's case and p brought the money
// back.
const voidedBy = `NOT chain.voided AND (p.case_id IS NULL OR EXISTS (SELECT FROM cases x WHERE x.id = p.case_id
	AND x.notice_id IS DISTINCT FROM chain.first AND x.conflict_id IS DISTINCT FROM chain.first))`

// accountColumns selects a ledger account for scanAccount.
func accountColumns(alias string) string {
	return strings.ReplaceAll(
		`a.kind, a.market_id, coalesce(a.account_id, a.tenancy_id, '00000000-0000-0000-0000-000000000000')`, "a.",
		alias+".")
}

func scanAccount(a *ledger.Account) []any { return []any{&a.Kind, &a.Market, &a.Owner} }
