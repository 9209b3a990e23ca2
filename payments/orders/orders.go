// Package orders makes codes with an amount inside, for one purchase each, and says what came for
// them. Whether an order is paid is stored nowhere: it is read from the stall's payments.
package orders

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants"
	"market40/merchants/access/roles"
	"market40/merchants/access/trail"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
	"market40/migrations/database"
	"market40/payments/ledger"
	"market40/payments/money"
)

//go:embed orders.sql
var ordersSQL string

const (
	// Lifetime is how long an order waits for its money. What comes later still reaches the stall,
	// and pays it.
	Lifetime = 15 * time.Minute
	// MaxNote is the longest note, in characters.
	MaxNote = 100
	// openOrdersOfShoppers is how many orders that nobody paid may wait at one stall: a stranger
	// makes them.
	openOrdersOfShoppers = 200
	// listedOrders is how far back a list of orders reaches: what came since each was made is
	// looked through.
	listedOrders = 48 * time.Hour
)

// States of an order. Only what a bank told changes them.
const (
	orderOpen    = "open"    // nothing came yet
	orderUnder   = "under"   // less than its amount came
	orderPaid    = "paid"    // exactly its amount came
	orderOver    = "over"    // more came
	orderExpired = "expired" // nothing came in its time
)

// Order is one purchase: a code with its amount inside, and what came for it.
type Order struct {
	ID          uuid.UUID    `json:"id"`
	StallID     uuid.UUID    `json:"stall_id"`
	Code        string       `json:"code" doc:"what stands in the transfer note: a payment with this memo_code is of this order"`
	Amount      money.Amount `json:"amount" doc:"đồng"`
	Currency    string       `json:"currency"`
	Note        string       `json:"note"`
	Supplements *uuid.UUID   `json:"supplements" doc:"the order whose missing part this one asks for"`
	CreatedAt   time.Time    `json:"created_at"`
	ExpiresAt   time.Time    `json:"expires_at"`
	Received    money.Amount `json:"received" doc:"đồng; what banks told us, with what came for its supplements, less what was taken back"`
	PaidAt      *time.Time   `json:"paid_at" doc:"when its last payment was posted; null: nothing came"`

	Missing money.Amount `json:"missing" db:"-" doc:"đồng that have not come; 0 when paid or over"`
	State   string       `json:"state" db:"-" enum:"open,under,paid,over,expired"`
	Image   string       `json:"image" db:"-" doc:"the code as SVG; .png and .txt beside it"`
	Payload *string      `json:"payload" db:"-" doc:"VietQR with the amount inside; null in lists"`
}

// judge says what state an order is in.
func (o *Order) judge(now time.Time) {
	o.Image = "/q/" + o.Code + ".svg"
	if o.Missing = o.Amount.Sub(o.Received); o.Missing.Sign() < 0 {
		o.Missing = money.Amount{}
	}
	switch {
	case o.Received.Sign() > 0 && o.Missing.Sign() > 0:
		o.State = orderUnder
	case o.Received.Sign() > 0 && o.Received.Sub(o.Amount).Sign() > 0:
		o.State = orderOver
	case o.Received.Sign() > 0:
		o.State = orderPaid
	case now.After(o.ExpiresAt):
		o.State = orderExpired
	default:
		o.State = orderOpen
	}
}

// Orders makes codes for single purchases and tells what came for them.
type Orders struct {
	db       *database.DB
	register *merchants.Registry
	now      func() time.Time
}

// New makes orders at the stalls of a register, and looks for their payments in the ledger.
func New(db *database.DB, register *merchants.Registry, now func() time.Time) *Orders {
	return &Orders{db, register, now}
}

// OrderRequest is what an order is made of.
type OrderRequest struct {
	StallID     string       `json:"stall_id"`
	Amount      money.Amount `json:"amount" pattern:"^[0-9]{1,13}(\\.00?)?$" patternDescription:"an amount of đồng" doc:"đồng, a decimal string" example:"45000"`
	Note        string       `json:"note,omitempty" maxLength:"100" doc:"for the stall's own eyes: it is not in the code"`
	Supplements string       `json:"supplements,omitempty" doc:"the order of the same stall whose missing part this one asks for"`
}

// Make makes an order at a stall in the caller's scope.
func (o *Orders) Make(ctx context.Context, who roles.Principal, in OrderRequest) (*Order, error) {
	stall, err := o.stall(ctx, who, in.StallID)
	if err != nil {
		return nil, err
	}
	if err := orderAmount(in.Amount); err != nil {
		return nil, err
	}
	at, err := o.register.OrderPlace(ctx, stall, who.MerchantID)
	if err != nil {
		return nil, err
	}
	made := making{at: at, amount: in.Amount, note: in.Note}
	if in.Supplements != "" {
		first, err := o.find(ctx, who, in.Supplements)
		if err != nil || first.StallID != stall {
			return nil, problem.Of("supplements", "unknown_order", "Không có đơn này tại sạp.",
				"The stall has no such order.")
		}
		if made.supplements = &first.ID; first.Supplements != nil {
			made.supplements = first.Supplements // all supplements are of the first order
		}
	}
	id, err := o.make(ctx, made)
	if err != nil {
		return nil, err
	}
	order, err := o.Order(ctx, who, id.String())
	if err != nil {
		return nil, err
	}
	return order, trail.Seen(ctx, trail.ReadingContact, []uuid.UUID{at.Tenancy}) // the payload names the account
}

// CreateForShopper makes an order of a shopper who stands before a code, for the account of that code.
func (o *Orders) CreateForShopper(ctx context.Context, shown *merchants.Printed, amount money.Amount) (*Order, error) {
	switch {
	case shown.Order || shown.Revoked() || shown.Moved:
		return nil, problem.New(problem.Conflict, "code_not_current", "Mã này không dùng để tạo khoản thanh toán mới.",
			"No order can be made with this code.")
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
	id, err := o.make(ctx, making{at: shown.Place, amount: amount, byShopper: true})
	if err != nil {
		return nil, err
	}
	return o.FindAtCode(ctx, shown, id.String())
}

// CreateSupplement makes a shopper's order of what is missing of the one whose code is shown.
func (o *Orders) CreateSupplement(ctx context.Context, shown *merchants.Printed) (*Order, error) {
	first, err := o.FindByCode(ctx, shown.Code)
	switch {
	case err != nil:
		return nil, err
	case shown.Revoked() || shown.Moved || first.State != orderUnder:
		return nil, problem.New(problem.Conflict, "nothing_missing", "Khoản này không còn thiếu.",
			"Nothing is missing of this order.")
	}
	of := first.ID
	if first.Supplements != nil {
		of = *first.Supplements
	}
	id, err := o.make(ctx, making{at: shown.Place, amount: first.Missing, byShopper: true, supplements: &of})
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

// making is an order to be written.
type making struct {
	at          merchants.OrderPlace
	amount      money.Amount
	note        string
	byShopper   bool
	supplements *uuid.UUID
}

func (o *Orders) make(ctx context.Context, m making) (uuid.UUID, error) {
	id, now := uuid.Must(uuid.NewV7()), o.now()
	err := o.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if m.byShopper {
			if err := o.room(ctx, tx, m.at.Stall, now); err != nil {
				return err
			}
		}
		code, err := o.register.IssueOrder(ctx, tx, m.at, merchants.OrderTerms{
			Amount: m.amount.Dong(), IssuedAt: now,
			ExpiresAt: now.Add(Lifetime),
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
		return id, fmt.Errorf("make an order at stall %s: %w", m.at.Stall, err)
	}
	return id, nil
}

// room refuses a further order of a shopper where too many wait: the stall's own are never refused.
func (o *Orders) room(ctx context.Context, tx pgx.Tx, stall uuid.UUID, now time.Time) error {
	var waiting int
	err := tx.QueryRow(ctx, `SELECT count(*) FROM codes c JOIN orders o ON o.code = c.code AND o.by_shopper
		WHERE c.kind = 'order' AND c.stall_id = $1 AND c.issued_at > $2`, stall, now.Add(-Lifetime)).Scan(&waiting)
	if err != nil {
		return fmt.Errorf("count orders of stall %s: %w", stall, err)
	}
	if waiting >= openOrdersOfShoppers {
		e := problem.New(problem.TooMany, "too_many_orders", "Sạp đang có quá nhiều khoản chờ. Hãy quét mã in tại sạp.",
			"Too many orders wait at this stall: scan its printed code.")
		e.RetryAfter = int(Lifetime.Seconds())
		return e
	}
	return nil
}

// stall is a stall in the caller's scope, of which it may take orders.
func (o *Orders) stall(ctx context.Context, who roles.Principal, text string) (uuid.UUID, error) {
	id, err := uuid.Parse(text)
	if err != nil {
		return id, problem.Missing("stall")
	}
	var found bool
	err = o.db.Pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM stalls s
		WHERE s.id = $1 AND s.market_id IN (SELECT scope_markets($2, $3)) AND sees_stall($2, $3, s.id)
		AND ($4::uuid IS NULL OR EXISTS (SELECT FROM tenancies t WHERE t.stall_id = s.id AND t.merchant_id = $4)))`,
		id, who.ScopeKind, who.ScopeID, who.MerchantID).Scan(&found)
	if err != nil {
		return id, fmt.Errorf("find stall %s: %w", id, err)
	}
	if !found {
		return id, problem.Missing("stall")
	}
	return id, nil
}

// Order is an order in the caller's scope, with its payload.
func (o *Orders) Order(ctx context.Context, who roles.Principal, text string) (*Order, error) {
	order, err := o.find(ctx, who, text)
	if err != nil {
		return nil, err
	}
	shown, err := o.register.Printed(ctx, order.Code)
	if err != nil {
		return nil, err
	}
	order.Payload = &shown.Payload
	return order, trail.Seen(ctx, trail.ReadingContact, []uuid.UUID{shown.Place.Tenancy})
}

func (o *Orders) find(ctx context.Context, who roles.Principal, text string) (*Order, error) {
	id, err := uuid.Parse(text)
	if err != nil {
		return nil, problem.Missing("order")
	}
	found, err := o.read(ctx, asking{who: &who, id: &id, limit: 1})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, problem.Missing("order")
	}
	return &found[0], nil
}

// FindAtCode is an order as the shopper sees it who made it at a stall's code, or holds the order's own
// code.
func (o *Orders) FindAtCode(ctx context.Context, shown *merchants.Printed, text string) (*Order, error) {
	id, err := uuid.Parse(text)
	if err != nil {
		return nil, problem.Missing("order")
	}
	return o.shown(ctx, asking{id: &id, stall: &shown.Place.Stall, limit: 1})
}

// FindByCode is the order that a code names.
func (o *Orders) FindByCode(ctx context.Context, code string) (*Order, error) {
	return o.shown(ctx, asking{code: code, limit: 1})
}

func (o *Orders) shown(ctx context.Context, a asking) (*Order, error) {
	found, err := o.read(ctx, a)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, problem.Missing("order")
	}
	order := &found[0]
	order.Note = "" // the stall's own words
	printed, err := o.register.Printed(ctx, order.Code)
	if err != nil {
		return nil, err
	}
	order.Payload = &printed.Payload
	return order, nil
}

// List is a page of a stall's orders of the last two days, newest first.
func (o *Orders) List(ctx context.Context, who roles.Principal, stall, state string,
	page web.Page,
) (*web.List[Order], error) {
	id, err := o.stall(ctx, who, stall)
	if err != nil {
		return nil, err
	}
	after, err := page.Mark()
	if err != nil {
		return nil, err
	}
	found, err := o.read(ctx, asking{
		who: &who, stall: &id, state: state, since: o.now().Add(-listedOrders),
		after: after, limit: page.Size() + 1,
	})
	if err != nil {
		return nil, err
	}
	items, next := web.Cut(found, page, func(x Order) web.Mark { return web.Mark{At: &x.CreatedAt, ID: x.ID} })
	return &web.List[Order]{Items: items, Next: next}, nil
}

// asking is which orders are wanted. Without who the asker is a shopper.
type asking struct {
	who       *roles.Principal
	id, stall *uuid.UUID
	code      string
	state     string
	since     time.Time
	after     web.Mark
	limit     int
}

func (o *Orders) read(ctx context.Context, a asking) ([]Order, error) {
	kind, scope, merchant, shift := roles.ScopeAll, (*uuid.UUID)(nil), (*uuid.UUID)(nil), (*uuid.UUID)(nil)
	if a.who != nil {
		kind, scope, merchant, shift = a.who.ScopeKind, a.who.ScopeID, a.who.MerchantID, a.who.Shift()
	}
	rows, err := o.db.Pool.Query(ctx, ordersSQL, kind, scope, merchant, shift, a.id, a.stall, a.code, a.after.At,
		a.after.ID, o.now(), a.state, a.limit, a.since)
	if err != nil {
		return nil, fmt.Errorf("read orders: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Order])
	if err != nil {
		return nil, fmt.Errorf("read orders: %w", err)
	}
	for i := range found {
		found[i].judge(o.now())
	}
	return found, nil
}
