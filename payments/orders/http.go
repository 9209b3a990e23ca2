package orders

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"market40/merchants/access/roles"
	"market40/merchants/platform/web"
)

// Routes mounts orders for who sells; shoppers make theirs on the page of a code.
func (o *Orders) Routes(e *web.Edge) {
	op := web.Tagged("orders")
	e.Scope("orders", `SELECT EXISTS (SELECT FROM orders o JOIN codes c ON c.code = o.code
		WHERE o.id = $1 AND c.market_id IN (SELECT scope_markets($2, $3)) AND sees_stall($2, $3, c.stall_id))`)
	huma.Register(e.API, op(http.MethodPost, "/api/v1/orders", "make-order",
		"Tạo mã có số tiền: a code for one purchase, for 15 minutes", http.StatusCreated), o.postOrder)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/orders", "list-orders",
		"A stall's orders of the last two days, newest first", 0), o.listOrders)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/orders/{id}", "get-order", "An order and what came for it", 0),
		o.getOrder)
}

func (o *Orders) postOrder(ctx context.Context, in *web.Body[OrderRequest]) (*web.Body[*Order], error) {
	who, err := roles.Require(ctx, roles.TakeOrders)
	if err != nil {
		return nil, err
	}
	return web.Answer(o.Make(ctx, who, in.Body))
}

func (o *Orders) listOrders(ctx context.Context, in *struct {
	StallID string `query:"stall_id" required:"true"`
	State   string `query:"state" enum:"open,under,paid,over,expired"`
	web.Page
},
) (*web.Body[*web.List[Order]], error) {
	who, err := roles.Require(ctx, roles.ReadPayments)
	if err != nil {
		return nil, err
	}
	return web.Answer(o.List(ctx, who, in.StallID, in.State, in.Page))
}

func (o *Orders) getOrder(ctx context.Context, in *web.Named) (*web.Body[*Order], error) {
	who, err := roles.Require(ctx, roles.ReadPayments)
	if err != nil {
		return nil, err
	}
	if _, err := in.UUID("order"); err != nil {
		return nil, err
	}
	order, err := o.find(ctx, who, in.ID)
	if err != nil || !who.Role.May(roles.TakeOrders) { // an auditor sees what came, and no account
		return web.Answer(order, err)
	}
	return web.Answer(o.Order(ctx, who, in.ID))
}
