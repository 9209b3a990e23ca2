package merchants

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
)

type registerStallInput struct {
	web.Named
	Body StallOrder
}

func (r *Registry) registerStall(ctx context.Context, in *registerStallInput) (*web.Body[Stall], error) {
	who, market, err := r.marketFor(ctx, in.ID, roles.WriteStalls)
	if err != nil {
		return nil, err
	}
	if err := r.mayName(ctx, who, in.Body.Merchant); err != nil {
		return nil, err
	}
	ids, err := r.registerStalls(ctx, market, []StallOrder{in.Body})
	if err != nil {
		return nil, err
	}
	return web.Answer(r.readStall(ctx, who, ids[0]))
}

// mayName refuses what the API asks of a merchant beyond what a board's list must hold: a phone
// without an id, and an id that the caller's scope knows.
func (r *Registry) mayName(ctx context.Context, who roles.Principal, m *MerchantOrder) error {
	switch {
	case m == nil:
		return nil
	case m.ID == "" && m.Phone == "":
		return problem.InFields(required("merchant.phone"))
	case m.ID == "" || who.ScopeKind == roles.ScopeAll:
		return nil
	}
	id, err := uuid.Parse(m.ID)
	if err != nil {
		return problem.InFields(merchantUnknown())
	}
	var known bool
	err = r.db.Pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM tenancies
		WHERE merchant_id = $1 AND market_id IN (SELECT scope_markets($2, $3))
		AND sees_stall($2, $3, stall_id))`, id, who.ScopeKind, who.ScopeID).Scan(&known)
	if err != nil {
		return fmt.Errorf("find merchant %s: %w", id, err)
	}
	if !known {
		return problem.InFields(merchantUnknown())
	}
	return nil
}

// readStall is one stall as the caller may see it.
func (r *Registry) readStall(ctx context.Context, who roles.Principal, id uuid.UUID) (Stall, error) {
	stalls, err := r.readStalls(ctx, r.db.Pool, who, []uuid.UUID{id})
	if err != nil {
		return Stall{}, err
	}
	return stalls[0], seen(ctx, who, stalls[0])
}

func (r *Registry) listMarketStalls(ctx context.Context, in *struct {
	web.Named
	StallFilter
	web.Page
},
) (*web.Body[*web.List[Stall]], error) {
	who, market, err := r.marketFor(ctx, in.ID, roles.ReadRegister)
	if err != nil {
		return nil, err
	}
	return web.Answer(r.listStalls(ctx, who, market, in.StallFilter, in.Page))
}

func (r *Registry) getStall(ctx context.Context, in *web.Named) (*web.Body[Stall], error) {
	who, id, err := r.stallFor(ctx, in.ID, roles.ReadRegister)
	if err != nil {
		return nil, err
	}
	return web.Answer(r.readStall(ctx, who, id))
}

func (r *Registry) patchStall(ctx context.Context, in *struct {
	web.Named
	Body stallChange
},
) (*web.Body[Stall], error) {
	who, id, err := r.stallFor(ctx, in.ID, roles.WriteStalls)
	if err != nil {
		return nil, err
	}
	if err := r.changeStall(ctx, who, id, in.Body); err != nil {
		return nil, err
	}
	return web.Answer(r.readStall(ctx, who, id))
}

type stepInput struct {
	web.Named
	Body *struct {
		Reason string `json:"reason,omitempty" maxLength:"500"`
	}
}

func (r *Registry) takeStep(s step) func(context.Context, *stepInput) (*web.Body[Stall], error) {
	return func(ctx context.Context, in *stepInput) (*web.Body[Stall], error) {
		who, id, err := r.stallFor(ctx, in.ID, roles.WriteStalls)
		if err != nil {
			return nil, err
		}
		reason := ""
		if in.Body != nil {
			reason = oneLine(in.Body.Reason)
		}
		if err := r.take(ctx, s, id, reason); err != nil {
			return nil, err
		}
		return web.Answer(r.readStall(ctx, who, id))
	}
}

// madeOrWaiting answers what was made at once (201), or the change that waits for a second person
// (202).
type madeOrWaiting struct {
	Status int
	Body   any
}

// mayWait describes an operation that answers T, or the change that waits.
func mayWait[T any](e *web.Edge, o huma.Operation) huma.Operation {
	answered := func(of reflect.Type) map[string]*huma.MediaType {
		return map[string]*huma.MediaType{"application/json": {Schema: e.API.OpenAPI().Components.Schemas.Schema(of,
			true, "")}}
	}
	o.Responses = map[string]*huma.Response{
		"201": {Content: answered(reflect.TypeFor[T]())},
		"202": {
			Description: "a program asked: the change waits for a second person",
			Content:     answered(reflect.TypeFor[BeneficiaryChange]()),
		},
	}
	return o
}

// answerWaiting answers the change that waits.
func (r *Registry) answerWaiting(ctx context.Context, who roles.Principal, change uuid.UUID) (*madeOrWaiting, error) {
	c, err := r.readChange(ctx, who, change)
	return &madeOrWaiting{Status: http.StatusAccepted, Body: c}, err
}

func (r *Registry) postTenancy(ctx context.Context, in *struct {
	web.Named
	Body tenancyOrder
},
) (*madeOrWaiting, error) {
	who, id, err := r.stallFor(ctx, in.ID, roles.WriteStalls)
	if err != nil {
		return nil, err
	}
	if err := r.mayName(ctx, who, in.Body.Merchant); err != nil {
		return nil, err
	}
	waiting, err := r.changeTenant(ctx, who, id, in.Body)
	if err != nil {
		return nil, err
	}
	if waiting != uuid.Nil {
		return r.answerWaiting(ctx, who, waiting)
	}
	stall, err := r.readStall(ctx, who, id)
	return &madeOrWaiting{Status: http.StatusCreated, Body: stall}, err
}

// newAccount is a further account with the code that was issued for it.
type newAccount struct {
	Account
	Code ListedCode `json:"code"`
}

func (r *Registry) postAccount(ctx context.Context, in *struct {
	web.Named
	Body AccountOrder
},
) (*madeOrWaiting, error) {
	who, id, err := r.stallFor(ctx, in.ID, roles.WriteStalls)
	if err != nil {
		return nil, err
	}
	added, err := r.addAccount(ctx, who, id, in.Body)
	if err != nil {
		return nil, err
	}
	if added.waiting != uuid.Nil {
		return r.answerWaiting(ctx, who, added.waiting)
	}
	stall, err := r.readStall(ctx, who, id)
	if err != nil {
		return nil, err
	}
	made := newAccount{}
	for _, a := range stall.Accounts {
		if a.ID == added.account {
			made.Account = a
		}
	}
	codes, err := r.listCodes(ctx, who, codeFilter{stall: id}, web.Page{Limit: web.MaxLimit})
	if err != nil {
		return nil, err
	}
	for _, c := range codes.Items {
		if c.AccountID == added.account && c.State == codeCurrent {
			made.Code = c
		}
	}
	return &madeOrWaiting{Status: http.StatusCreated, Body: made}, nil
}

type reissueInput struct {
	web.Named
	Body *struct {
		AccountID string `json:"account_id,omitempty" doc:"absent: the tenant's first account"`
	}
}

func (r *Registry) postCode(ctx context.Context, in *reissueInput) (*web.Body[ListedCode], error) {
	who, id, err := r.stallFor(ctx, in.ID, roles.WriteStalls)
	if err != nil {
		return nil, err
	}
	var account uuid.UUID
	if in.Body != nil && in.Body.AccountID != "" {
		if account, err = uuid.Parse(in.Body.AccountID); err != nil {
			return nil, problem.Missing("account")
		}
	}
	code, err := r.reissue(ctx, id, account)
	if err != nil {
		return nil, err
	}
	codes, err := r.listCodes(ctx, who, codeFilter{stall: id, code: code}, web.Page{Limit: 1})
	if err != nil {
		return nil, err
	}
	if len(codes.Items) != 1 {
		return nil, errors.New("the issued code is not in the register")
	}
	return web.Answer(codes.Items[0], nil)
}

func (r *Registry) listStallCodes(ctx context.Context, in *struct {
	web.Named
	web.Page
},
) (*web.Body[*web.List[ListedCode]], error) {
	who, id, err := r.stallFor(ctx, in.ID, roles.ReadRegister)
	if err != nil {
		return nil, err
	}
	return web.Answer(r.listCodes(ctx, who, codeFilter{stall: id}, in.Page))
}

func (r *Registry) listMarketCodes(ctx context.Context, in *struct {
	MarketID string `query:"market_id" doc:"absent: every market in your scope"`
	web.Page
},
) (*web.Body[*web.List[ListedCode]], error) {
	who, err := roles.Require(ctx, roles.ReadRegister)
	if err != nil {
		return nil, err
	}
	var f codeFilter
	if in.MarketID != "" {
		if f.market, err = r.market(ctx, who, in.MarketID); err != nil {
			return nil, err
		}
	}
	return web.Answer(r.listCodes(ctx, who, f, in.Page))
}
