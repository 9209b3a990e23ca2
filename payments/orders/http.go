package orders

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"market40/merchants/access/roles"
	"market40/merchants/platform/web"
)

// Routes mounts the sellers' orders. Shoppers create theirs on the page of a code.
func (o *Orders) Routes(e *web.Edge) {
	op := web.Tagged("orders")
	e.Scope("orders", `SELECT EXISTS (SELECT FROM orders o JOIN codes c ON c.code = o.code
		WHERE o.id = $1 AND c.market_id IN (SELECT scope_markets($2, $3)) AND sees_stall($2, $3, c.stall_id))`)
	huma.Register(e.API, op(http.MethodPost, "/api/v1/orders", "make-order",
		"Create a code for one purchase, valid for 15 minutes", http.StatusCreated), o.postOrder)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/orders", "list-orders",
		"A stall's orders of the last two days, newest first", 0), o.listOrders)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/orders/{id}", "get-order", "An order and what was paid for it", 0),
		o.getOrder)
}

func (o *Orders) postOrder(ctx context.Context, in *web.Body[OrderRequest]) (*web.Body[*Order], error) {
	who, err := roles.Require(ctx, roles.TakeOrders)
	if err != nil {
		return nil, err
	}
	return web.Answer(o.Create(ctx, who, in.Body))
}

func (o *Orders) listOrders(ctx context.Context, in *struct {
	Filter
	web.Page
},
) (*web.Body[*web.List[Order]], error) {
	who, err := roles.Require(ctx, roles.ReadPayments)
	if err != nil {
		return nil, err
	}
	return web.Answer(o.List(ctx, who, in.Filter, in.Page))
}

func (o *Orders) getOrder(ctx context.Context, in *web.Named) (*web.Body[*Order], error) {
	who, err := roles.Require(ctx, roles.ReadPayments)
	if err != nil {
		return nil, err
	}
	if _, err := in.UUID("order"); err != nil {
		return nil, err
	}
	order, err := o.findInScope(ctx, who, in.ID)
	if err != nil || !who.Role.May(roles.TakeOrders) { // an auditor sees what was paid, and no account
		return web.Answer(order, err)
	}
	return web.Answer(o.Find(ctx, who, in.ID))
}
