package codes

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/platform/problem"
	"market40/merchants/tenancies"
	"market40/migrations/database"
)

// reissue issues a new code for an account of the stall's tenant, by default the first one. The old
// code is superseded and still matched. It refuses a vacant stall and one without an account (409),
// and an account that is not the tenant's at this stall (404).
func (cs *Codes) reissue(ctx context.Context, stall, account uuid.UUID) (string, error) {
	var issued string
	err := cs.writer.Write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		at, err := tenancies.LockStall(ctx, tx, stall)
		if err != nil {
			return err
		}
		if err := at.RequireTenant(); err != nil {
			return err
		}
		err = tx.QueryRow(ctx, tenancies.FirstAccount, at.Tenancy, account, uuid.Nil).Scan(&account)
		if err == nil {
			err = cs.checkPayable(ctx, tx, account)
		}
		switch {
		case errors.Is(err, pgx.ErrNoRows) && account != uuid.Nil:
			return problem.Missing("account")
		case errors.Is(err, pgx.ErrNoRows):
			return tenancies.NoAccount()
		case err != nil:
			return err
		}
		codes, err := tenancies.DrawCodes(ctx, tx, 1)
		if err != nil {
			return err
		}
		issued = codes[0]
		if _, err := tx.Exec(ctx, `UPDATE codes SET state = 'superseded', ended_at = $3
			WHERE tenancy_id = $1 AND account_id = $2 AND kind = 'stall' AND state = 'current'`, at.Tenancy, account,
			cs.now()); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO codes (code, kind, market_id, stall_id, tenancy_id, account_id, state,
			issued_at)
			VALUES ($1, 'stall', $2, $3, $4, $5, 'current', $6)`, issued, at.Market, stall, at.Tenancy, account,
			cs.now())
		return err
	})
	if err != nil {
		return "", fmt.Errorf("reissue the code of stall %s: %w", stall, err)
	}
	return issued, nil
}

// checkPayable refuses a bank account for which no transfer code can be made, because it was
// registered before numbers were checked (409).
func (cs *Codes) checkPayable(ctx context.Context, q database.Querier, account uuid.UUID) error {
	o := tenancies.AccountOrder{}
	var sealed []byte
	err := q.QueryRow(ctx, `SELECT kind, coalesce(bank_bin, ''), number FROM accounts WHERE id = $1`, account).Scan(
		&o.Kind, &o.BankBIN, &sealed)
	if err != nil {
		return fmt.Errorf("find account %s: %w", account, err)
	}
	if o.Kind != tenancies.BankAccount {
		return nil
	}
	number, err := cs.keys.Open(ctx, tenancies.AccountPlace(account), sealed)
	if err != nil {
		return err
	}
	o.AccountNumber = string(number)
	if fault := tenancies.BeneficiaryFault(o); fault != nil {
		return problem.New(problem.Conflict, fault.Code, fault.Vi, fault.En)
	}
	return nil
}

// OrderPlace is the stall of an order and the account it pays.
type OrderPlace struct{ Market, Stall, Tenancy, Account uuid.UUID }

// OrderPlace returns the stall's tenancy and the first of its accounts at a bank; a wallet has no
// VietQR. If merchant is not nil, the stall must be that merchant's. It refuses a stall that is
// vacant or not operating, and one without an account at a bank (409).
func (cs *Codes) OrderPlace(ctx context.Context, stall uuid.UUID, merchant *uuid.UUID) (OrderPlace, error) {
	at := OrderPlace{Stall: stall}
	var state string
	var account *uuid.UUID
	err := cs.db.Pool.QueryRow(ctx, `SELECT t.market_id, t.id, coalesce(st.state, 'vacant'),
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
		return at, tenancies.NoAccount()
	}
	at.Account = *account
	return at, cs.checkPayable(ctx, cs.db.Pool, at.Account)
}

// OrderTerms are an order's amount, in đồng, and its time.
type OrderTerms struct {
	Amount              int64
	IssuedAt, ExpiresAt time.Time
}

// IssueOrder issues a code for one purchase in the caller's transaction. It is matched like a
// stall's own code.
func (cs *Codes) IssueOrder(ctx context.Context, tx pgx.Tx, at OrderPlace, terms OrderTerms) (string, error) {
	codes, err := tenancies.DrawCodes(ctx, tx, 1)
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
