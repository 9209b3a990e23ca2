package merchants

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
)

// Routes mounts everything about the register.
func (r *Registry) Routes(e *web.Edge) {
	e.Scope("markets", `SELECT EXISTS (SELECT FROM markets WHERE id = $1 AND id IN (SELECT scope_markets($2, $3)))`)
	e.Scope("stalls", `SELECT EXISTS (SELECT FROM stalls
		WHERE id = $1 AND market_id IN (SELECT scope_markets($2, $3)) AND sees_stall($2, $3, id))`)
	e.Scope("merchants", `SELECT EXISTS (SELECT FROM tenancies
		WHERE merchant_id = $1 AND market_id IN (SELECT scope_markets($2, $3)) AND sees_stall($2, $3, stall_id))`)
	e.Scope("complaints", `SELECT EXISTS (SELECT FROM complaints
		WHERE id = $1 AND market_id IN (SELECT scope_markets($2, $3)))`)
	// Everyone who is signed in: what the world is called.
	huma.Register(e.API, op(http.MethodGet, "/api/v1/banks", "list-banks", "Ngân hàng: the bank table", 0), r.listBanks)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/localities", "list-localities",
		"Đơn vị hành chính: the units of a reporting basis", 0), r.listLocalities)

	// Markets: read in scope, registered by admins.
	huma.Register(e.API, op(http.MethodPost, "/api/v1/markets", "register-market", "Đăng ký chợ: register a market",
		http.StatusCreated), r.registerMarket)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/markets", "list-markets", "The markets in your scope, by code", 0),
		r.listMarkets)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/markets/{id}", "get-market", "A market", 0), r.getMarket)

	// Stalls: read in scope, changed by admins and managers.
	huma.Register(e.API, op(http.MethodPost, "/api/v1/markets/{id}/stalls", "register-stall",
		"Đăng ký sạp: register a stall, open its tenancy, issue its code", http.StatusCreated), r.registerStall)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/markets/{id}/stalls", "list-stalls",
		"A market's stalls, by number", 0), r.listMarketStalls)
	r.mountImport(e)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/stalls/{id}", "get-stall", "A stall with its present tenant", 0),
		r.getStall)
	huma.Register(e.API, op(http.MethodPatch, "/api/v1/stalls/{id}", "change-stall",
		"Change number, kind, zone or goods group", 0), r.patchStall)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/stalls/{id}/readers", "list-readers",
		"Ai xem dữ liệu của tôi: who read the data of the stall's merchant, newest first", 0), r.listReaders)
	for _, s := range []step{suspend, reopen, closeStall} {
		huma.Register(e.API, op(http.MethodPost, "/api/v1/stalls/{id}/"+string(s), string(s)+"-stall",
			"A stall's state: "+string(s), http.StatusOK), r.takeStep(s))
	}
	huma.Register(e.API, mayWait[newAccount](e, op(http.MethodPost, "/api/v1/stalls/{id}/accounts", "add-account",
		"A further account of the tenant, with its own code; a program's waits for a second person",
		http.StatusCreated)), r.postAccount)
	huma.Register(e.API, mayWait[Stall](e, op(http.MethodPost, "/api/v1/stalls/{id}/tenancies", "change-tenant",
		"Đổi người thuê: the old code is revoked, a new one issued; a program's change waits for a second person",
		http.StatusCreated)), r.postTenancy)
	huma.Register(e.API, op(http.MethodPatch, "/api/v1/merchants/{id}", "correct-merchant",
		"Sửa thông tin tiểu thương: name, household or tax code", 0), r.patchMerchant)

	r.mountChanges(e)

	// Codes: issued by admins and managers, checked by whoever stands before a stall.
	huma.Register(e.API, op(http.MethodPost, "/api/v1/stalls/{id}/codes", "reissue-code",
		"A new code; the old one is superseded and still matched", http.StatusCreated), r.postCode)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/stalls/{id}/codes", "list-stall-codes",
		"A stall's codes, newest first", 0), r.listStallCodes)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/codes", "list-codes", "The codes in your scope, newest first", 0),
		r.listMarketCodes)
	huma.Register(e.API, op(http.MethodPost, "/api/v1/stalls/{id}/checks", "check-sticker",
		"Record what the sticker at a stall is", http.StatusCreated), r.postCheck)

	huma.Register(e.API, op(http.MethodGet, "/api/v1/stalls/{id}/checks", "list-checks",
		"Checks of a stall's sticker, newest first", 0), r.listChecks)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/markets/{id}/unchecked", "list-unchecked",
		"Tem chưa kiểm tra: stalls whose sticker was not found in order lately, by number", 0), r.listUnchecked)

	// Boards: what shoppers reported on the page of a code.
	huma.Register(e.API, op(http.MethodGet, "/api/v1/complaints", "list-complaints",
		"Phản ánh: what shoppers reported, newest first", 0), r.listComplaints)
	huma.Register(e.API, op(http.MethodPost, "/api/v1/complaints/{id}/close", "close-complaint",
		"Close a complaint and forget how to reach who made it", http.StatusOK), r.postCloseComplaint)

	// Strangers: what a code is.
	huma.Register(e.API, forStrangers(op(http.MethodPost, "/api/v1/codes/verify", "verify-code",
		"Kiểm tra mã: whose code a payload is", http.StatusOK)), r.verifyCode)
}

func op(method, path, id, summary string, status int) huma.Operation {
	return huma.Operation{
		OperationID: id, Method: method, Path: path, Summary: summary, DefaultStatus: status,
		Tags: []string{"register"},
	}
}

func forStrangers(o huma.Operation) huma.Operation {
	o.Security = []map[string][]string{{}}
	return o
}

func (r *Registry) listBanks(ctx context.Context, in *struct{ web.Page }) (*web.Body[*web.List[Bank]], error) {
	if _, err := roles.Require(ctx, roles.ReadRegister); err != nil {
		return nil, err
	}
	return web.Answer(r.Banks(ctx, in.Page))
}

func (r *Registry) listLocalities(ctx context.Context, in *struct {
	Basis string `query:"basis" default:"current" doc:"districts_2024, communes_2025 or current"`
	web.Page
},
) (*web.Body[*web.List[Locality]], error) {
	if _, err := roles.Require(ctx, roles.ReadRegister); err != nil {
		return nil, err
	}
	return web.Answer(r.Localities(ctx, in.Basis, in.Page))
}

func (r *Registry) registerMarket(ctx context.Context, in *web.Body[MarketOrder]) (*web.Body[Market], error) {
	who, err := roles.Require(ctx, roles.WriteMarkets)
	if err != nil {
		return nil, err
	}
	if who.ScopeKind != roles.ScopeAll {
		return nil, notHere()
	}
	return web.Answer(r.RegisterMarket(ctx, in.Body))
}

// notHere is the refusal for a role that may do a thing, but only within a narrower scope.
func notHere() error {
	return problem.New(problem.Forbidden, "not_allowed", "Việc này nằm ngoài phạm vi của bạn.",
		"This lies outside your scope.")
}

func (r *Registry) listMarkets(ctx context.Context, in *struct{ web.Page }) (*web.Body[web.List[Market]], error) {
	who, err := roles.Require(ctx, roles.ReadRegister)
	if err != nil {
		return nil, err
	}
	markets, err := r.readMarkets(ctx, who, uuid.Nil, in.Page)
	if err != nil {
		return nil, err
	}
	items, next := web.Cut(markets, in.Page, func(m Market) web.Mark { return web.Mark{Text: m.Code} })
	return web.Answer(web.List[Market]{Items: items, Next: next}, nil)
}

func (r *Registry) getMarket(ctx context.Context, in *web.Named) (*web.Body[Market], error) {
	who, id, err := r.marketFor(ctx, in.ID, roles.ReadRegister)
	if err != nil {
		return nil, err
	}
	markets, err := r.readMarkets(ctx, who, id, web.Page{})
	if err != nil {
		return nil, err
	}
	return web.Answer(markets[0], nil)
}

// marketFor is the caller and the market of the path: first in scope (404), then allowed (403).
func (r *Registry) marketFor(ctx context.Context, text string, a roles.Action) (roles.Principal, uuid.UUID, error) {
	who, err := roles.From(ctx)
	if err != nil {
		return who, uuid.Nil, err
	}
	id, err := r.market(ctx, who, text)
	if err != nil {
		return who, id, err
	}
	if a == roles.WriteStalls && who.ScopeKind == roles.ScopeStall {
		return who, id, notHere()
	}
	return who, id, who.Allow(a)
}

// stallFor is the caller and the stall of the path: first in scope (404), then allowed (403).
func (r *Registry) stallFor(ctx context.Context, text string, a roles.Action) (roles.Principal, uuid.UUID, error) {
	who, err := roles.From(ctx)
	if err != nil {
		return who, uuid.Nil, err
	}
	id, err := r.stall(ctx, who, text)
	if err != nil {
		return who, id, err
	}
	return who, id, who.Allow(a)
}
