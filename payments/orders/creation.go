package orders

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/access/trail"
	"market40/merchants/codes"
	"market40/merchants/platform/problem"
	"market40/payments/ledger"
	"market40/payments/money"
)

// OrderRequest is a request for an order.
type OrderRequest struct {
	StallID     string       `json:"stall_id"`
	Amount      money.Amount `json:"amount" pattern:"^[0-9]{1,13}(\\.00?)?$" patternDescription:"an amount of đồng" doc:"đồng, a decimal string" example:"45000"`
	Note        string       `json:"note,omitempty" maxLength:"100" doc:"only the stall sees it: it is not in the code"`
	Supplements string       `json:"supplements,omitempty" doc:"an order of the same stall that this one completes: it asks for the missing part"`
}

// Create creates an order at a stall in the caller's scope.
func (o *Orders) Create(ctx context.Context, who roles.Principal, in OrderRequest) (*Order, error) {
	stall, err := o.findStall(ctx, who, in.StallID)
	if err != nil {
		return nil, err
	}
	if err := orderAmount(in.Amount); err != nil {
		return nil, err
	}
	at, err := o.codes.OrderPlace(ctx, stall, who.MerchantID)
	if err != nil {
		return nil, err
	}
	made := newOrder{at: at, amount: in.Amount, note: in.Note}
	if in.Supplements != "" {
		first, err := o.findInScope(ctx, who, in.Supplements)
		if err != nil || first.StallID != stall {
			return nil, problem.Of("supplements", "unknown_order", "Không có đơn này tại sạp.",
				"The stall has no such order.")
		}
		if made.supplements = &first.ID; first.Supplements != nil {
			made.supplements = first.Supplements // all supplements are of the first order
		}
	}
	id, err := o.store(ctx, made)
	if err != nil {
		return nil, err
	}
	order, err := o.Find(ctx, who, id.String())
	if err != nil {
		return nil, err
	}
	return order, trail.RecordReading(
		ctx,
		trail.ReadingContact,
		[]uuid.UUID{at.Tenancy},
	) // the payload names the account
}

// CreateForShopper creates an order for a shopper at a printed code, for the account of that code.
func (o *Orders) CreateForShopper(ctx context.Context, shown *codes.Printed, amount money.Amount) (*Order, error) {
	switch {
	case shown.Order || shown.Revoked() || shown.Moved:
		return nil, problem.New(problem.Conflict, "code_not_current", "Mã này không dùng để tạo khoản thanh toán mới.",
			"No order can be created with this code.")
	case shown.StallState != "operating":
		return nil, problem.New(problem.Conflict, "stall_not_operating", "Sạp đang không hoạt động.",
			"The stall is not operating.")
	case shown.Payload == "":
		return nil, problem.New(problem.Conflict, "no_payload", "Ví điện tử không có mã VietQR.",
			"A wallet has no VietQR payload.")
	}
	if err := orderAmount(amount); err != nil {
		return nil, err
	}
	id, err := o.store(ctx, newOrder{at: shown.Place, amount: amount, byShopper: true})
	if err != nil {
		return nil, err
	}
	return o.FindAtCode(ctx, shown, id.String())
}

// CreateSupplement creates a shopper's order for the missing part of the order of a printed code.
func (o *Orders) CreateSupplement(ctx context.Context, shown *codes.Printed) (*Order, error) {
	first, err := o.FindByCode(ctx, shown.Code)
	switch {
	case err != nil:
		return nil, err
	case shown.Revoked() || shown.Moved || first.State != orderUnder:
		return nil, problem.New(problem.Conflict, "nothing_missing", "Khoản này không còn thiếu.",
			"This order has no missing part.")
	}
	supplemented := first.ID
	if first.Supplements != nil {
		supplemented = *first.Supplements
	}
	id, err := o.store(ctx, newOrder{
		at: shown.Place, amount: first.Missing, byShopper: true, supplements: &supplemented,
	})
	if err != nil {
		return nil, err
	}
	return o.FindAtCode(ctx, shown, id.String())
}

func orderAmount(amount money.Amount) error {
	if amount.Sign() <= 0 || amount.Dong() > money.TransferLimit {
		return problem.Of("amount", "amount_range", "Số tiền từ 1 đến 499.999.999 đồng.",
			"The amount is 1 to 499,999,999 đồng.")
	}
	return nil
}

// newOrder is an order to be stored.
type newOrder struct {
	at          codes.OrderPlace
	amount      money.Amount
	note        string
	byShopper   bool
	supplements *uuid.UUID
}

func (o *Orders) store(ctx context.Context, m newOrder) (uuid.UUID, error) {
	id, now := uuid.Must(uuid.NewV7()), o.now()
	err := o.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if m.byShopper {
			if err := limitShoppers(ctx, tx, m.at.Stall, now); err != nil {
				return err
			}
		}
		code, err := o.codes.IssueOrder(ctx, tx, m.at, codes.OrderTerms{
			Amount: m.amount.Dong(), IssuedAt: now,
			ExpiresAt: now.Add(lifetime),
		})
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO orders (id, code, note, by_shopper, supplements, after_version)
			VALUES ($1, $2, $3, $4, $5, coalesce((SELECT version FROM ledger_accounts WHERE id = $6), 0))`,
			id, code, m.note, m.byShopper, m.supplements, ledger.StallAccount(m.at.Market, m.at.Tenancy).ID())
		return err
	})
	if err != nil {
		return id, fmt.Errorf("create an order at stall %s: %w", m.at.Stall, err)
	}
	return id, nil
}

// limitShoppers refuses another shopper's order while too many wait. The stall's own orders have no
// limit.
func limitShoppers(ctx context.Context, tx pgx.Tx, stall uuid.UUID, now time.Time) error {
	var waiting int
	err := tx.QueryRow(ctx, `SELECT count(*) FROM codes c JOIN orders o ON o.code = c.code AND o.by_shopper
		WHERE c.kind = 'order' AND c.stall_id = $1 AND c.issued_at > $2`, stall, now.Add(-lifetime)).Scan(&waiting)
	if err != nil {
		return fmt.Errorf("count orders of stall %s: %w", stall, err)
	}
	if waiting >= maxShopperOrders {
		e := problem.New(problem.TooMany, "too_many_orders", "Sạp đang có quá nhiều khoản chờ. Hãy quét mã in tại sạp.",
			"Too many orders are waiting at this stall: scan its printed code.")
		e.RetryAfter = int(lifetime.Seconds())
		return e
	}
	return nil
}
