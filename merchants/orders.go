package merchants

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/platform/problem"
)

// OrderPlace is whose an order is and which account it pays.
type OrderPlace struct{ Market, Stall, Tenancy, Account uuid.UUID }

// OrderPlace is where the stall's present merchant receives first: a bank's account, since a wallet
// has no VietQR. merchant: only while the stall is that merchant's. Refused: a vacant or closed
// stall, one without a bank's account.
func (r *Registry) OrderPlace(ctx context.Context, stall uuid.UUID, merchant *uuid.UUID) (OrderPlace, error) {
	at := OrderPlace{Stall: stall}
	var state string
	var account *uuid.UUID
	err := r.db.Pool.QueryRow(ctx, `SELECT t.market_id, t.id, coalesce(st.state, 'vacant'),
			(SELECT ta.account_id FROM tenancy_accounts ta JOIN accounts a ON a.id = ta.account_id AND a.kind = 'bank'
			WHERE ta.tenancy_id = t.id AND ta.replaced_at IS NULL ORDER BY coalesce(ta.place, ta.since), ta.account_id
			LIMIT 1)
		FROM tenancies t LEFT JOIN stall_states st ON st.stall_id = t.stall_id AND upper_inf(st.valid)
		WHERE t.stall_id = $1 AND upper_inf(t.valid) AND ($2::uuid IS NULL OR t.merchant_id = $2)`, stall, merchant).
		Scan(&at.Market, &at.Tenancy, &state, &account)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return at, problem.New(problem.Conflict, "stall_vacant", "Sạp chưa có người thuê.", "The stall has no tenant.")
	case err != nil:
		return at, fmt.Errorf("find where stall %s receives: %w", stall, err)
	case state != "operating":
		return at, problem.New(problem.Conflict, "stall_not_operating", "Sạp đang không hoạt động.",
			"The stall is not operating.")
	case account == nil:
		return at, noAccount()
	}
	at.Account = *account
	return at, r.checkPayable(ctx, r.db.Pool, at.Account)
}

// OrderTerms are an order's amount, in đồng, and its time.
type OrderTerms struct {
	Amount              int64
	IssuedAt, ExpiresAt time.Time
}

// IssueOrder draws a code for one purchase, which is matched like a stall's own, in the caller's
// transaction.
func (r *Registry) IssueOrder(ctx context.Context, tx pgx.Tx, at OrderPlace, terms OrderTerms) (string, error) {
	codes, err := drawCodes(ctx, tx, 1)
	if err != nil {
		return "", err
	}
	_, err = tx.Exec(ctx, `INSERT INTO codes (code, kind, market_id, stall_id, tenancy_id, account_id, state, amount,
		issued_at, expires_at)
		VALUES ($1, 'order', $2, $3, $4, $5, 'current', $6::text::numeric, $7, $8)`,
		codes[0], at.Market, at.Stall, at.Tenancy, at.Account, fmt.Sprint(terms.Amount), terms.IssuedAt,
		terms.ExpiresAt)
	if err != nil {
		return "", fmt.Errorf("issue the code of an order: %w", err)
	}
	return codes[0], nil
}
