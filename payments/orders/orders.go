// Package orders creates codes with an amount, for one purchase each, and reports what was paid for
// them. Whether an order is paid is not stored: it is read from the stall's payments.
package orders

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/access/trail"
	"market40/merchants/codes"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
	"market40/migrations/database"
	"market40/payments/money"
)

//go:embed orders.sql
var ordersSQL string

const (
	// lifetime is how long an order waits for its money. A later payment is still posted to the stall
	// and pays the order.
	lifetime = 15 * time.Minute
	// maxShopperOrders is how many orders of shoppers may be created at one stall within Lifetime.
	// Strangers create them, so there must be a limit.
	maxShopperOrders = 200
	// listedOrders is the age of the oldest order in a list. For each order all later payments are
	// searched.
	listedOrders = 48 * time.Hour
)

// States of an order. Only notices of banks change them.
const (
	orderOpen    = "open"    // not paid yet
	orderUnder   = "under"   // paid less than its amount
	orderPaid    = "paid"    // paid exactly its amount
	orderOver    = "over"    // paid more
	orderExpired = "expired" // not paid within Lifetime
)

// Order is one purchase: a code with its amount, and what was paid for it.
type Order struct {
	ID          uuid.UUID    `json:"id"`
	StallID     uuid.UUID    `json:"stall_id"`
	Code        string       `json:"code" doc:"the code in the transfer note: a payment with this memo_code belongs to this order"`
	Amount      money.Amount `json:"amount" doc:"đồng"`
	Currency    string       `json:"currency" doc:"always VND"`
	Note        string       `json:"note" doc:"of the stall; not in the code"`
	Supplements *uuid.UUID   `json:"supplements" doc:"the order that this one completes: it asks for the missing part"`
	CreatedAt   time.Time    `json:"created_at"`
	ExpiresAt   time.Time    `json:"expires_at" doc:"from then on the code must not be shown"`
	Received    money.Amount `json:"received" doc:"đồng; payments of the order and its supplements, less what was taken back"`
	PaidAt      *time.Time   `json:"paid_at" doc:"when its last payment was posted; null: no payment"`

	Missing money.Amount `json:"missing" db:"-" doc:"đồng that are not paid yet; 0 when paid or over"`
	State   string       `json:"state" db:"-" enum:"open,under,paid,over,expired" doc:"open: not paid; under, paid, over: what was received against the amount; expired: not paid in time"`
	Image   string       `json:"image" db:"-" doc:"the code as SVG; also as .png and .txt"`
	Payload *string      `json:"payload" db:"-" doc:"VietQR with the amount; null in lists"`
}

// complete sets the fields that follow from the amount, the payments and the time.
func (o *Order) complete(now time.Time) {
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

// Orders creates and reads orders.
type Orders struct {
	db    *database.DB
	codes *codes.Codes
	now   func() time.Time
}

// New returns the orders of the register's stalls, with their payments from the ledger.
func New(db *database.DB, codes *codes.Codes, now func() time.Time) *Orders {
	return &Orders{db, codes, now}
}

// findStall returns the id of a stall in the caller's scope.
func (o *Orders) findStall(ctx context.Context, who roles.Principal, text string) (uuid.UUID, error) {
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

// Find returns an order in the caller's scope, with its payload.
func (o *Orders) Find(ctx context.Context, who roles.Principal, text string) (*Order, error) {
	order, err := o.findInScope(ctx, who, text)
	if err != nil {
		return nil, err
	}
	shown, err := o.codes.FindPrinted(ctx, order.Code)
	if err != nil {
		return nil, err
	}
	order.Payload = &shown.Payload
	return order, trail.RecordReading(ctx, trail.ReadingContact, []uuid.UUID{shown.Place.Tenancy})
}

// findInScope returns an order in the caller's scope, without its payload.
func (o *Orders) findInScope(ctx context.Context, who roles.Principal, text string) (*Order, error) {
	id, err := uuid.Parse(text)
	if err != nil {
		return nil, problem.Missing("order")
	}
	found, err := o.read(ctx, query{who: &who, id: &id, limit: 1})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, problem.Missing("order")
	}
	return &found[0], nil
}

// FindAtCode returns an order for the shopper who created it at a stall's code, or who has the order's
// own code.
func (o *Orders) FindAtCode(ctx context.Context, shown *codes.Printed, text string) (*Order, error) {
	id, err := uuid.Parse(text)
	if err != nil {
		return nil, problem.Missing("order")
	}
	return o.findForShopper(ctx, query{id: &id, stall: &shown.Place.Stall, limit: 1})
}

// FindByCode returns the order of a code, for a shopper.
func (o *Orders) FindByCode(ctx context.Context, code string) (*Order, error) {
	return o.findForShopper(ctx, query{code: code, limit: 1})
}

// findForShopper returns an order with its payload and without the stall's note.
func (o *Orders) findForShopper(ctx context.Context, q query) (*Order, error) {
	found, err := o.read(ctx, q)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, problem.Missing("order")
	}
	order := &found[0]
	order.Note = "" // only for the stall
	printed, err := o.codes.FindPrinted(ctx, order.Code)
	if err != nil {
		return nil, err
	}
	order.Payload = &printed.Payload
	return order, nil
}

// Filter selects the orders of a list; an empty State selects all.
type Filter struct {
	StallID string `query:"stall_id" required:"true"`
	State   string `query:"state" enum:"open,under,paid,over,expired"`
}

// List returns a page of a stall's orders of the last two days, newest first.
func (o *Orders) List(ctx context.Context, who roles.Principal, f Filter, page web.Page) (*web.List[Order], error) {
	id, err := o.findStall(ctx, who, f.StallID)
	if err != nil {
		return nil, err
	}
	after, err := page.Mark()
	if err != nil {
		return nil, err
	}
	found, err := o.read(ctx, query{
		who: &who, stall: &id, state: f.State, since: o.now().Add(-listedOrders),
		after: after, limit: page.Size() + 1,
	})
	if err != nil {
		return nil, err
	}
	items, next := web.Cut(found, page, func(x Order) web.Mark { return web.Mark{At: &x.CreatedAt, ID: x.ID} })
	return &web.List[Order]{Items: items, Next: next}, nil
}

// query selects orders. who is nil for a shopper.
type query struct {
	who       *roles.Principal
	id, stall *uuid.UUID
	code      string
	state     string
	since     time.Time
	after     web.Mark
	limit     int
}

func (o *Orders) read(ctx context.Context, q query) ([]Order, error) {
	kind, scope, merchant, shift := roles.ScopeAll, (*uuid.UUID)(nil), (*uuid.UUID)(nil), (*uuid.UUID)(nil)
	if q.who != nil {
		kind, scope, merchant, shift = q.who.ScopeKind, q.who.ScopeID, q.who.MerchantID, q.who.Shift()
	}
	rows, err := o.db.Pool.Query(ctx, ordersSQL, kind, scope, merchant, shift, q.id, q.stall, q.code, q.after.At,
		q.after.ID, o.now(), q.state, q.limit, q.since)
	if err != nil {
		return nil, fmt.Errorf("read orders: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Order])
	if err != nil {
		return nil, fmt.Errorf("read orders: %w", err)
	}
	for i := range found {
		found[i].complete(o.now())
	}
	return found, nil
}
