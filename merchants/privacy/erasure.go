package privacy

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/platform/bizday"
	"market40/merchants/platform/problem"
	"market40/merchants/tenancies"
)

//go:embed erasure.sql
var erasureSQL string

// pseudonym returns the name of an erased merchant: the books still distinguish one from another,
// without revealing who they were.
func pseudonym(merchant uuid.UUID) string {
	text := merchant.String()
	return "Người đã xóa dữ liệu " + strings.ToUpper(text[len(text)-8:])
}

// erase replaces a merchant's name by a pseudonym and deletes what identifies the merchant
// (erasure.sql). Append-only data stays sealed until its month's key is destroyed. It refuses (409)
// while the merchant has a stall, while a case about its money is open, and as long as the law
// requires names to be stored.
func (d *Desk) erase(ctx context.Context, tx pgx.Tx, merchant uuid.UUID) error {
	if err := lockMerchant(ctx, tx, merchant); err != nil {
		return err
	}
	if err := d.mayErase(ctx, tx, merchant); err != nil {
		return err
	}
	if err := d.emptyNumbers(ctx, tx, merchant); err != nil {
		return err
	}
	named := pgx.NamedArgs{"merchant": merchant, "pseudonym": pseudonym(merchant), "now": d.now()}
	for statement := range strings.SplitSeq(erasureSQL, ";\n") {
		if _, err := tx.Exec(ctx, statement, named); err != nil {
			return fmt.Errorf("erase merchant %s: %w", merchant, err)
		}
	}
	return nil
}

// mayErase refuses while something needs the merchant's name.
func (d *Desk) mayErase(ctx context.Context, tx pgx.Tx, merchant uuid.UUID) error {
	var hasStall, hasCase bool
	var until *time.Time
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM tenancies WHERE merchant_id = $1 AND upper_inf(valid)),
		EXISTS (SELECT FROM cases c JOIN notices n ON n.id = c.notice_id JOIN accounts a ON a.id = n.account_id
			WHERE c.state IN ('open', 'proposed') AND a.merchant_id = $1),
		(SELECT max(l.last_at) + legal_parameter('keep_names', $2::date) * interval '1 day'
			FROM ledger_accounts l JOIN tenancies t ON t.id = l.tenancy_id WHERE t.merchant_id = $1)`, merchant,
		d.today()).
		Scan(&hasStall, &hasCase, &until)
	switch {
	case err != nil:
		return fmt.Errorf("look whether merchant %s may be erased: %w", merchant, err)
	case hasStall:
		return problem.New(problem.Conflict, "tenancy_open", "Người này đang có sạp: hãy kết thúc việc thuê sạp trước.",
			"This merchant has a stall: end its tenancy first.")
	case hasCase:
		return problem.New(problem.Conflict, "case_open",
			"Còn hồ sơ sai lệch về tiền của người này: hãy giải quyết trước.",
			"A case about this merchant's money is open: resolve it first.")
	case until != nil && d.now().Before(*until):
		return problem.New(problem.Conflict, "kept_by_law", "Pháp luật yêu cầu lưu giữ đến ngày "+
			bizday.ShowDay(*until)+".",
			"The law requires this to be stored until "+bizday.DayOf(*until)+".")
	}
	return nil
}

// emptyNumbers replaces the merchant's sealed account numbers by empty ones.
func (d *Desk) emptyNumbers(ctx context.Context, tx pgx.Tx, merchant uuid.UUID) error {
	rows, err := tx.Query(ctx, `SELECT id FROM accounts WHERE merchant_id = $1`, merchant)
	if err != nil {
		return fmt.Errorf("read accounts of merchant %s: %w", merchant, err)
	}
	accounts, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return fmt.Errorf("read accounts of merchant %s: %w", merchant, err)
	}
	for _, id := range accounts {
		empty, err := d.keys.Seal(ctx, tenancies.AccountPlace(id), nil)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE accounts SET number = $2 WHERE id = $1`, id, empty); err != nil {
			return fmt.Errorf("empty account %s: %w", id, err)
		}
	}
	return nil
}
