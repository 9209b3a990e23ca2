package ledger

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"market40/payments/money"
)

// AccountBalance is one account of the trial balance. Its Balance is debits − credits for a bank
// account, credits − debits for any other.
type AccountBalance struct {
	ID      uuid.UUID    `json:"id"`
	Kind    Kind         `json:"kind" enum:"bank,stall,suspense,returned"`
	Name    string       `json:"name"`
	Debits  money.Amount `json:"debits"`
	Credits money.Amount `json:"credits"`
	Balance money.Amount `json:"balance"`
}

// Totals are the sums of the accounts shown. Over the whole book both are equal.
type Totals struct {
	Debits  money.Amount `json:"debits"`
	Credits money.Amount `json:"credits"`
}

// TrialBalance is all accounts with their sums.
type TrialBalance struct {
	Accounts []AccountBalance `json:"accounts"`
	Totals   Totals           `json:"totals"`
}

// BalanceScope is which markets a trial balance is of.
type BalanceScope struct {
	Kind   string     // of the caller's scope
	ID     *uuid.UUID // of the caller's scope, where its kind has one
	Market string     // one market, by id or code; empty: every market in the scope
}

// ReadTrialBalance returns the trial balance of the markets in a scope.
func ReadTrialBalance(ctx context.Context, pool *pgxpool.Pool, scope BalanceScope) (*TrialBalance, error) {
	rows, err := pool.Query(ctx, `SELECT l.id, l.kind,
			CASE l.kind
				WHEN 'stall' THEN s.number || ' – ' || m.name || CASE WHEN upper_inf(t.valid) THEN ''
				ELSE ' (đã kết thúc)' END
				WHEN 'bank' THEN coalesce(b.short_name, CASE WHEN a.id IS NULL THEN 'Tài khoản chưa đăng ký'
				ELSE 'Ví' END) || coalesce(' ••••' || a.last4, '') || ' – ' || m.name
				WHEN 'suspense' THEN 'Chờ xử lý – ' || m.name
				ELSE 'Đã hoàn – ' || m.name END,
			l.debits::text, l.credits::text, (CASE WHEN l.kind = 'bank' THEN l.debits - l.credits
			ELSE l.credits - l.debits END)::text
		FROM ledger_accounts l JOIN markets m ON m.id = l.market_id
		LEFT JOIN tenancies t ON t.id = l.tenancy_id LEFT JOIN stalls s ON s.id = t.stall_id
		LEFT JOIN accounts a ON a.id = l.account_id LEFT JOIN banks b ON b.bin = a.bank_bin
		WHERE l.market_id IN (SELECT scope_markets($1, $2)) AND ($3 = '' OR m.id::text = $3 OR m.code = $3)
		ORDER BY m.code, l.kind, 3, l.id`, scope.Kind, scope.ID, scope.Market)
	if err != nil {
		return nil, fmt.Errorf("trial balance: %w", err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowToStructByPos[AccountBalance])
	if err != nil {
		return nil, fmt.Errorf("trial balance: %w", err)
	}
	t := &TrialBalance{Accounts: lines}
	for _, l := range lines {
		t.Totals.Debits, t.Totals.Credits = t.Totals.Debits.Add(l.Debits), t.Totals.Credits.Add(l.Credits)
	}
	return t, nil
}
