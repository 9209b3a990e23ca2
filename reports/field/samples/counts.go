package samples

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/bizday"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
	"market40/payments/money"
	"market40/reports/field/record"
)

// maxSales is the largest number of sales in a half-hour; a larger one is a typing error.
const maxSales = 100_000

// CountOrder is what was counted in a half-hour, as a caller submits it.
type CountOrder struct {
	Sales            int    `json:"sales" doc:"all sales of the half-hour"`
	CashlessSales    int    `json:"cashless_sales" doc:"those without cash"`
	Turnover         string `json:"turnover,omitempty" doc:"đồng of all sales; with cashless_turnover or not at all"`
	CashlessTurnover string `json:"cashless_turnover,omitempty"`
}

// check checks what was counted in a half-hour.
func (o *CountOrder) check(e *record.Faults) {
	if o.Sales < 0 || o.Sales > maxSales {
		e.Fail("sales", "out_of_range", "Số lượt bán từ 0 đến 100.000.", "Sales must be between 0 and 100,000.")
	}
	switch {
	case o.CashlessSales < 0:
		e.Fail("cashless_sales", "negative", "Số lượt không được âm.", "Sales may not be negative.")
	case o.CashlessSales > o.Sales:
		e.Fail("cashless_sales", "more_than_all", "Lượt không dùng tiền mặt nhiều hơn tổng số lượt.",
			"There are more cashless sales than sales.")
	}
	switch {
	case (o.Turnover == "") != (o.CashlessTurnover == ""):
		e.Fail("cashless_turnover", "both_or_none", "Ghi cả hai số tiền, hoặc không ghi số nào.",
			"Give both amounts, or none.")
	case o.Turnover != "":
		all, cashless := e.Dong("turnover", o.Turnover), e.Dong("cashless_turnover", o.CashlessTurnover)
		if e.Sound() {
			o.checkTurnover(e, all, cashless)
		}
	}
}

// checkTurnover refuses amounts that the number of sales makes impossible.
func (o *CountOrder) checkTurnover(e *record.Faults, all, cashless money.Amount) {
	switch {
	case cashless.Cmp(all) > 0:
		e.Fail("cashless_turnover", "more_than_all", "Tiền không dùng tiền mặt nhiều hơn tổng.",
			"The cashless turnover is larger than the turnover.")
	case o.Sales == 0 && all.Sign() != 0:
		e.Fail("turnover", "without_sales", "Không có lượt bán nào thì không có tiền bán hàng.",
			"Without a sale there cannot be any turnover.")
	case o.CashlessSales == 0 && cashless.Sign() != 0:
		e.Fail("cashless_turnover", "without_sales",
			"Không có lượt không dùng tiền mặt thì không có tiền không dùng tiền mặt.",
			"Without a cashless sale there cannot be any cashless turnover.")
	case o.CashlessSales == o.Sales && cashless.Cmp(all) != 0:
		e.Fail("cashless_turnover", "all_were_cashless",
			"Mọi lượt đều không dùng tiền mặt: hai số tiền phải bằng nhau.",
			"All sales were cashless: the two amounts must be equal.")
	}
}

// putCount records what was counted in a half-hour, once. The same content again gets the same
// answer. The person who counted may correct it until midnight of the day of counting. Any other
// change is refused (409), because a sample that can be read and then changed proves nothing.
func (f *Samples) putCount(ctx context.Context, in *struct {
	web.Named
	Body CountOrder
},
) (*web.Body[*Slot], error) {
	who, err := roles.From(ctx)
	if err != nil {
		return nil, err
	}
	id, err := in.UUID("sample slot")
	if err != nil {
		return nil, err
	}
	var starts time.Time
	err = f.db.Pool.QueryRow(ctx, `SELECT starts_at FROM sample_slots WHERE id = $1
		AND market_id IN (SELECT scope_markets($2, $3))`, id, who.ScopeKind, who.ScopeID).Scan(&starts)
	if err := record.MissingRow(err, "sample slot"); err != nil {
		return nil, err
	}
	if err := record.RequireAction(who, roles.RecordFacts); err != nil {
		return nil, err
	}
	now := f.now()
	if starts.Add(slotLength).After(now.Add(record.ClockRuns)) {
		return nil, problem.Of(
			"sales",
			"slot_not_over",
			"Nửa giờ này chưa kết thúc.",
			"This half-hour has not ended yet.",
		)
	}
	faults := &record.Faults{}
	if in.Body.check(faults); !faults.Sound() {
		return nil, faults.Refusal()
	}
	return web.Answer(f.count(ctx, who, id, in.Body))
}

func (f *Samples) count(ctx context.Context, who roles.Principal, id uuid.UUID, o CountOrder) (slot *Slot, err error) {
	now := f.now()
	midnight := bizday.StartOf(bizday.DateOf(now))
	err = f.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE sample_slots SET sales = $2, cashless_sales = $3, turnover = nullif($4,
			'')::numeric, cashless_turnover = nullif($5, '')::numeric, actor_id = $6, counted_at = $7
			WHERE id = $1 AND (sales IS NULL OR actor_id = $6 AND counted_at >= $8)
			AND (sales, cashless_sales, turnover, cashless_turnover) IS DISTINCT
			FROM ($2, $3, nullif($4, '')::numeric, nullif($5, '')::numeric)`,
			id, o.Sales, o.CashlessSales, o.Turnover, o.CashlessTurnover, who.ActorID, now, midnight)
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, selectSlots+` WHERE id = $1
			AND (sales, cashless_sales, turnover, cashless_turnover) IS NOT DISTINCT
			FROM ($2, $3, nullif($4, '')::numeric, nullif($5, '')::numeric)`,
			id, o.Sales, o.CashlessSales, o.Turnover, o.CashlessTurnover)
		if err != nil {
			return err
		}
		found, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByPos[Slot])
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return problem.New(
				problem.Conflict,
				"slot_counted",
				"Nửa giờ này đã có số đếm khác. Chỉ người đếm được sửa, và chỉ trong ngày đếm.",
				"This half-hour already has another count. Only the person who counted may correct it, on the day of counting.",
			)
		}
		slot = found[0]
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("count sample slot %s: %w", id, err)
	}
	return slot, nil
}
