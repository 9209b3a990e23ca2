package payments

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/access/trail"
	"market40/merchants/platform/bizday"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
	"market40/payments/money"
)

// Payment is a stall's payment as the API shows it.
type Payment struct {
	ID         uuid.UUID    `json:"id"`
	Amount     money.Amount `json:"amount" doc:"đồng; negative for a reversal"`
	Currency   string       `json:"currency" doc:"always VND"`
	OccurredAt time.Time    `json:"occurred_at" doc:"the bank's time of the transfer"`
	RecordedAt time.Time    `json:"recorded_at" doc:"when we posted it"`
	Reference  string       `json:"reference" doc:"the bank's reference, normalised"`
	MemoCode   *string      `json:"memo_code" doc:"the code found in the memo"`
	Version    int64        `json:"version" doc:"1, 2, 3… on the stall's ledger account, in commit order"`
	State      string       `json:"state" enum:"posted,reversed,reversal" doc:"reversed: a later payment took it back; reversal: it takes one back"`
	Reverses   *uuid.UUID   `json:"reverses,omitempty" doc:"the payment that a reversal takes back"`
	Precision  *string      `json:"precision" enum:"second,minute,day" doc:"how exact the bank's occurred_at is; null: a person assigned the payment"`
	BankTime   *time.Time   `json:"told_at,omitempty" doc:"the bank's own date if it was over an hour ahead; absent: occurred_at"`
}

// stallPaymentsSQL reads payments of ledger accounts $1: of each the newest $6 below version $2. A
// stall is credited by payments and debited by reversals. Both branches are read in the order of
// their index and end after a page. Payments occurred in [$3, $4), in shift $5; rows recorded long
// before are not read. $7 is an amount, $8 the end of the reference.
var stallPaymentsSQL = `WITH page AS MATERIALIZED (
	SELECT a.id AS account, p.* FROM (SELECT u.id, u.below, greatest(version_before(u.id, $3), version_before(u.id,
	lower(shift_span($5)))) AS above
			FROM unnest($1::uuid[], $2::bigint[]) AS u (id, below)) a CROSS JOIN LATERAL (
		(SELECT p.id, p.amount, p.occurred_at, p.recorded_at, p.reference, p.memo_code, p.credit_version AS version,
		NULL::uuid AS reverses
		FROM payments p WHERE p.credit_account = a.id AND p.credit_version < a.below AND p.credit_version > a.above AND` + narrowed + `
		ORDER BY p.credit_version DESC LIMIT $6)
		UNION ALL
		(SELECT p.id, -p.amount, p.occurred_at, p.recorded_at, p.reference, p.memo_code, p.debit_version, p.reverses
		FROM payments p WHERE p.debit_account = a.id AND p.reverses IS NOT NULL AND p.debit_version < a.below
		AND p.debit_version > a.above AND` + narrowed + `
		ORDER BY p.debit_version DESC LIMIT $6)) p
), reversed AS MATERIALIZED (
	SELECT r.reverses AS id FROM payments r WHERE r.reverses IS NOT NULL AND r.reverses = ANY (ARRAY(SELECT id FROM page
	WHERE reverses IS NULL))
), exact AS MATERIALIZED (
	SELECT n.id, n.precision, n.told_at FROM notices n WHERE n.id = ANY (ARRAY(SELECT id FROM page))
)
SELECT id, amount::text, 'VND', occurred_at, recorded_at, reference, memo_code, version,
	CASE WHEN reverses IS NOT NULL THEN 'reversal' WHEN EXISTS (SELECT FROM reversed r
	WHERE r.id = page.id) THEN 'reversed' ELSE 'posted' END,
	reverses, (SELECT n.precision FROM exact n WHERE n.id = page.id), (SELECT n.told_at FROM exact n
	WHERE n.id = page.id), account
FROM page ORDER BY account, version DESC`

// narrowed are the conditions of a list of payments p.
var narrowed = ` ($3::timestamptz IS NULL OR p.occurred_at >= $3) AND ($4::timestamptz IS NULL OR p.occurred_at < $4)
	AND` + inShift(5) + `
	AND ($7::numeric IS NULL OR p.amount = $7) AND right(p.reference, length($8)) = $8`

// FindStall returns the stall's tenancies that the caller may read, the present one first, and their
// ledger accounts. It does not find a stall of another scope, and refuses a role that may not read
// payments.
func (p *Payments) FindStall(ctx context.Context, who roles.Principal,
	stall string,
) (tenancies, accounts []uuid.UUID, err error) {
	id, err := uuid.Parse(stall)
	if err != nil {
		return nil, nil, problem.Missing("stall")
	}
	rows, err := p.db.Pool.Query(ctx, `SELECT l.id, t.id, t.merchant_id
		FROM stalls s LEFT JOIN tenancies t ON t.stall_id = s.id LEFT JOIN ledger_accounts l ON l.tenancy_id = t.id
		AND l.kind = 'stall'
		WHERE s.id = $1 AND s.market_id IN (SELECT scope_markets($2, $3)) AND sees_stall($2, $3, s.id)
		ORDER BY upper_inf(t.valid) DESC NULLS LAST, upper(t.valid) DESC`, id, who.ScopeKind, who.ScopeID)
	if err != nil {
		return nil, nil, fmt.Errorf("find stall %s: %w", id, err)
	}
	found := false
	var account, tenancy, merchant *uuid.UUID
	_, err = pgx.ForEachRow(rows, []any{&account, &tenancy, &merchant}, func() error {
		found = true
		if tenancy == nil || who.MerchantID != nil && *merchant != *who.MerchantID {
			return nil
		}
		tenancies = append(tenancies, *tenancy)
		if account != nil {
			accounts = append(accounts, *account)
		}
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("find stall %s: %w", id, err)
	}
	if !found {
		return nil, nil, problem.Missing("stall")
	}
	return tenancies, accounts, who.Allow(roles.ReadPayments)
}

// inShift returns a condition for payments p: recorded within the shift $n, or $n is NULL.
func inShift(n int) string {
	return fmt.Sprintf(` ($%d::uuid IS NULL OR p.recorded_at <@ shift_span($%d))`, n, n)
}

// PaymentFilter selects the payments of a list; an empty field selects all.
type PaymentFilter struct {
	From, To  *time.Time    // when they occurred: [From, To)
	Amount    *money.Amount // exactly
	Reference string        // the end of the bank's reference
}

// StallPayments returns a stall's payments, newest first; for staff, those of their own shift.
func (p *Payments) StallPayments(ctx context.Context, who roles.Principal, stall string, f PaymentFilter,
	page web.Page,
) (*web.List[Payment], error) {
	tenancies, accounts, err := p.FindStall(ctx, who, stall)
	if err != nil {
		return nil, err
	}
	position, err := readPositions(page)
	if err != nil {
		return nil, err
	}
	below := make([]int64, len(accounts))
	for i, account := range accounts {
		below[i] = position.below(account)
	}
	rows, err := p.db.Pool.Query(ctx, stallPaymentsSQL, accounts, below, f.From, f.To, who.Shift(), page.Size()+1,
		f.Amount, strings.ToUpper(f.Reference))
	if err != nil {
		return nil, fmt.Errorf("list payments of stall %s: %w", stall, err)
	}
	read, err := pgx.CollectRows(rows, pgx.RowToStructByPos[accountPayment])
	if err != nil {
		return nil, fmt.Errorf("list payments of stall %s: %w", stall, err)
	}
	items, next := position.merge(read, page.Size())
	return &web.List[Payment]{Items: items, Next: next}, trail.RecordReading(ctx, trail.ReadingPayments, tenancies)
}

// Confirmation is an owner's statement that money was received: evidence B, never in the ledger.
type Confirmation struct {
	ID         uuid.UUID    `json:"id"`
	Amount     money.Amount `json:"amount"`
	OccurredAt time.Time    `json:"occurred_at"`
}

// Confirm records an owner's statement for the stall's present tenancy.
func (p *Payments) Confirm(ctx context.Context, who roles.Principal, stall string, amount money.Amount,
	at time.Time,
) (*Confirmation, error) {
	id, err := uuid.Parse(stall)
	if err != nil {
		return nil, problem.Missing("stall")
	}
	var market, merchant uuid.UUID
	var tenancy *uuid.UUID
	err = p.db.Pool.QueryRow(ctx, `SELECT s.market_id, t.id, coalesce(t.merchant_id, s.id) FROM stalls s
		LEFT JOIN tenancies t ON t.stall_id = s.id AND upper_inf(t.valid)
		WHERE s.id = $1 AND s.market_id IN (SELECT scope_markets($2, $3)) AND sees_stall($2, $3, s.id)`,
		id, who.ScopeKind, who.ScopeID).Scan(&market, &tenancy, &merchant)
	if errors.Is(err, pgx.ErrNoRows) || (err == nil && who.MerchantID != nil && *who.MerchantID != merchant) {
		return nil, problem.Missing("stall")
	}
	if err != nil {
		return nil, fmt.Errorf("find stall %s: %w", id, err)
	}
	if err := who.Allow(roles.Confirm); err != nil {
		return nil, err
	}
	switch {
	case tenancy == nil:
		return nil, problem.New(problem.Conflict, "stall_vacant", "Sạp đang trống.", "The stall is vacant.")
	case amount.Sign() <= 0 || amount.Dong() > money.TransferLimit:
		return nil, problem.Of("amount", "amount_range", "Số tiền từ 1 đến 499.999.999 đồng.",
			"The amount is 1 to 499,999,999 đồng.")
	case !bizday.Within(at):
		return nil, problem.Of("occurred_at", "time_form", "Thời điểm nằm ngoài các năm 1900 đến 2100.",
			"The time is outside the years 1900 to 2100.")
	case at.After(p.now().Add(5 * time.Minute)):
		return nil, problem.Of("occurred_at", "in_future", "Thời điểm ở tương lai.", "The time is in the future.")
	}
	c := &Confirmation{uuid.Must(uuid.NewV7()), amount, at}
	_, err = p.db.Pool.Exec(ctx, `INSERT INTO confirmations (id, market_id, tenancy_id, amount, occurred_at,
		recorded_at, actor_id) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		c.ID, market, tenancy, amount.Dong(), at, p.now(), who.ActorID)
	if err != nil {
		return nil, fmt.Errorf("store confirmation for stall %s: %w", id, err)
	}
	return c, nil
}
