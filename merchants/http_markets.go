package merchants

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/merchants/platform/web"
	"market40/merchants/scope"
)

// Routes mounts markets, read in scope and registered by admins; localities and banks, read by all who sign in.
func (ms *Markets) Routes(e *web.Edge) {
	op := web.Tagged("register")
	e.Scope("markets", `SELECT EXISTS (SELECT FROM markets WHERE id = $1 AND id IN (SELECT scope_markets($2, $3)))`)
	huma.Register(
		e.API,
		op(http.MethodGet, "/api/v1/banks", "list-banks", "List banks", 0),
		ms.listBanks,
	)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/localities", "list-localities",
		"List the units of a reporting basis", 0), ms.listLocalities)
	huma.Register(e.API, op(http.MethodPost, "/api/v1/markets", "register-market", "Register a market",
		http.StatusCreated), ms.registerMarket)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/markets", "list-markets", "The markets in your scope, by code", 0),
		ms.listMarkets)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/markets/{id}", "get-market", "A market", 0), ms.getMarket)
}

func (ms *Markets) registerMarket(ctx context.Context, in *web.Body[MarketOrder]) (*web.Body[Market], error) {
	who, err := roles.Require(ctx, roles.WriteMarkets)
	if err != nil {
		return nil, err
	}
	if who.ScopeKind != roles.ScopeAll {
		return nil, scope.OutOfScope()
	}
	return web.Answer(ms.RegisterMarket(ctx, in.Body))
}

func (ms *Markets) listMarkets(ctx context.Context, in *struct{ web.Page }) (*web.Body[web.List[Market]], error) {
	who, err := roles.Require(ctx, roles.ReadRegister)
	if err != nil {
		return nil, err
	}
	markets, err := ms.readMarkets(ctx, who, uuid.Nil, in.Page)
	if err != nil {
		return nil, err
	}
	items, next := web.Cut(markets, in.Page, func(m Market) web.Mark { return web.Mark{Text: m.Code} })
	return web.Answer(web.List[Market]{Items: items, Next: next}, nil)
}

func (ms *Markets) getMarket(ctx context.Context, in *web.Named) (*web.Body[Market], error) {
	who, id, err := scope.RequireMarket(ctx, ms.db, in.ID, roles.ReadRegister)
	if err != nil {
		return nil, err
	}
	markets, err := ms.readMarkets(ctx, who, id, web.Page{})
	if err != nil {
		return nil, err
	}
	return web.Answer(markets[0], nil)
}

func (ms *Markets) listBanks(ctx context.Context, in *struct{ web.Page }) (*web.Body[*web.List[Bank]], error) {
	if _, err := roles.Require(ctx, roles.ReadRegister); err != nil {
		return nil, err
	}
	return web.Answer(ms.Banks(ctx, in.Page))
}

func (ms *Markets) listLocalities(ctx context.Context, in *struct {
	Basis string `query:"basis" default:"current" doc:"districts_2024, communes_2025 or current"`
	web.Page
},
) (*web.Body[*web.List[Locality]], error) {
	if _, err := roles.Require(ctx, roles.ReadRegister); err != nil {
		return nil, err
	}
	return web.Answer(ms.Localities(ctx, in.Basis, in.Page))
}
