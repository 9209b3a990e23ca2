package merchants

import (
	"context"
	"fmt"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/merchants/beneficiary"
	"market40/merchants/codes"
	"market40/merchants/encodings"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
	"market40/merchants/scope"
	"market40/merchants/tenancies"
)

// Routes mounts stalls: read in scope, changed by admins and managers.
func (ss *Stalls) Routes(e *web.Edge) {
	op := web.Tagged("register")
	e.Scope("stalls", `SELECT EXISTS (SELECT FROM stalls
		WHERE id = $1 AND market_id IN (SELECT scope_markets($2, $3)) AND sees_stall($2, $3, id))`)
	e.Scope("merchants", `SELECT EXISTS (SELECT FROM tenancies
		WHERE merchant_id = $1 AND market_id IN (SELECT scope_markets($2, $3)) AND sees_stall($2, $3, stall_id))`)
	huma.Register(e.API, op(http.MethodPost, "/api/v1/markets/{id}/stalls", "register-stall",
		"Register a stall, open its tenancy, issue its code", http.StatusCreated), ss.registerStall)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/markets/{id}/stalls", "list-stalls",
		"A market's stalls, by number", 0), ss.listMarketStalls)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/stalls/{id}", "get-stall", "A stall with its present tenant", 0),
		ss.getStall)
	huma.Register(e.API, op(http.MethodPatch, "/api/v1/stalls/{id}", "change-stall",
		"Change number, kind, zone or goods group", 0), ss.patchStall)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/stalls/{id}/readers", "list-readers",
		"List who read the data of the stall's merchant, newest first", 0), ss.listReaders)
	for _, s := range []step{suspend, reopen, closeStall} {
		huma.Register(e.API, op(http.MethodPost, "/api/v1/stalls/{id}/"+string(s), string(s)+"-stall",
			"A stall's state: "+string(s), http.StatusOK), ss.postState(s))
	}
	huma.Register(e.API, mayWait[newAccount](e, op(http.MethodPost, "/api/v1/stalls/{id}/accounts", "add-account",
		"Add an account of the tenant, with its own code; a program's waits for a second person",
		http.StatusCreated)), ss.postAccount)
	huma.Register(e.API, mayWait[Stall](e, op(http.MethodPost, "/api/v1/stalls/{id}/tenancies", "change-tenant",
		"Change the tenant: the old code is revoked, a new one issued; a program's change waits for a second person",
		http.StatusCreated)), ss.postTenancy)
	huma.Register(e.API, op(http.MethodPatch, "/api/v1/merchants/{id}", "correct-merchant",
		"Correct a merchant's name, household or tax code", 0), ss.patchMerchant)
}

type registerStallInput struct {
	web.Named
	Body tenancies.StallOrder
}

func (ss *Stalls) registerStall(ctx context.Context, in *registerStallInput) (*web.Body[Stall], error) {
	who, market, err := scope.RequireMarket(ctx, ss.db, in.ID, roles.WriteStalls)
	if err != nil {
		return nil, err
	}
	if err := ss.mayName(ctx, who, in.Body.Merchant); err != nil {
		return nil, err
	}
	ids, err := ss.writer.RegisterStalls(ctx, market, []tenancies.StallOrder{in.Body})
	if err != nil {
		return nil, err
	}
	return web.Answer(ss.readStall(ctx, who, ids[0]))
}

// mayName refuses a merchant without id and phone, and an id that is unknown in the caller's scope.
// A board's list may leave the phone out.
func (ss *Stalls) mayName(ctx context.Context, who roles.Principal, m *tenancies.MerchantOrder) error {
	switch {
	case m == nil:
		return nil
	case m.ID == "" && m.Phone == "":
		return problem.InFields(problem.Required("merchant.phone"))
	case m.ID == "" || who.ScopeKind == roles.ScopeAll:
		return nil
	}
	id, err := uuid.Parse(m.ID)
	if err != nil {
		return problem.InFields(tenancies.MerchantUnknown())
	}
	var known bool
	err = ss.db.Pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM tenancies
		WHERE merchant_id = $1 AND market_id IN (SELECT scope_markets($2, $3))
		AND sees_stall($2, $3, stall_id))`, id, who.ScopeKind, who.ScopeID).Scan(&known)
	if err != nil {
		return fmt.Errorf("find merchant %s: %w", id, err)
	}
	if !known {
		return problem.InFields(tenancies.MerchantUnknown())
	}
	return nil
}

// readStall returns one stall as the caller may see it.
func (ss *Stalls) readStall(ctx context.Context, who roles.Principal, id uuid.UUID) (Stall, error) {
	stalls, err := ss.ReadStalls(ctx, ss.db.Pool, who, []uuid.UUID{id})
	if err != nil {
		return Stall{}, err
	}
	return stalls[0], recordReading(ctx, who, stalls[0])
}

func (ss *Stalls) listMarketStalls(ctx context.Context, in *struct {
	web.Named
	StallFilter
	web.Page
},
) (*web.Body[*web.List[Stall]], error) {
	who, market, err := scope.RequireMarket(ctx, ss.db, in.ID, roles.ReadRegister)
	if err != nil {
		return nil, err
	}
	return web.Answer(ss.listStalls(ctx, who, market, in.StallFilter, in.Page))
}

func (ss *Stalls) getStall(ctx context.Context, in *web.Named) (*web.Body[Stall], error) {
	who, id, err := scope.RequireStall(ctx, ss.db, in.ID, roles.ReadRegister)
	if err != nil {
		return nil, err
	}
	return web.Answer(ss.readStall(ctx, who, id))
}

func (ss *Stalls) patchStall(ctx context.Context, in *struct {
	web.Named
	Body stallChange
},
) (*web.Body[Stall], error) {
	who, id, err := scope.RequireStall(ctx, ss.db, in.ID, roles.WriteStalls)
	if err != nil {
		return nil, err
	}
	if err := ss.changeStall(ctx, who, id, in.Body); err != nil {
		return nil, err
	}
	return web.Answer(ss.readStall(ctx, who, id))
}

type stepInput struct {
	web.Named
	Body *struct {
		Reason string `json:"reason,omitempty" maxLength:"500"`
	}
}

func (ss *Stalls) postState(s step) func(context.Context, *stepInput) (*web.Body[Stall], error) {
	return func(ctx context.Context, in *stepInput) (*web.Body[Stall], error) {
		who, id, err := scope.RequireStall(ctx, ss.db, in.ID, roles.WriteStalls)
		if err != nil {
			return nil, err
		}
		reason := ""
		if in.Body != nil {
			reason = encodings.OneLine(in.Body.Reason)
		}
		if err := ss.changeState(ctx, s, id, reason); err != nil {
			return nil, err
		}
		return web.Answer(ss.readStall(ctx, who, id))
	}
}

// madeOrWaiting is what was made at once (201), or the change that waits for a second person (202).
type madeOrWaiting struct {
	Status int
	Body   any
}

// mayWait documents an operation that answers T, or the change that waits.
func mayWait[T any](e *web.Edge, o huma.Operation) huma.Operation {
	answered := func(of reflect.Type) map[string]*huma.MediaType {
		return map[string]*huma.MediaType{"application/json": {Schema: e.API.OpenAPI().Components.Schemas.Schema(of,
			true, "")}}
	}
	o.Responses = map[string]*huma.Response{
		"201": {Content: answered(reflect.TypeFor[T]())},
		"202": {
			Description: "called by a program: the change waits for a second person",
			Content:     answered(reflect.TypeFor[beneficiary.BeneficiaryChange]()),
		},
	}
	return o
}

// answerWaiting returns the change that waits, with 202.
func (ss *Stalls) answerWaiting(ctx context.Context, who roles.Principal, change uuid.UUID) (*madeOrWaiting, error) {
	c, err := ss.changes.ReadChange(ctx, who, change)
	return &madeOrWaiting{Status: http.StatusAccepted, Body: c}, err
}

func (ss *Stalls) postTenancy(ctx context.Context, in *struct {
	web.Named
	Body tenancies.TenancyOrder
},
) (*madeOrWaiting, error) {
	who, id, err := scope.RequireStall(ctx, ss.db, in.ID, roles.WriteStalls)
	if err != nil {
		return nil, err
	}
	if err := ss.mayName(ctx, who, in.Body.Merchant); err != nil {
		return nil, err
	}
	waiting, err := ss.changes.ChangeTenant(ctx, who, id, in.Body)
	if err != nil {
		return nil, err
	}
	if waiting != uuid.Nil {
		return ss.answerWaiting(ctx, who, waiting)
	}
	stall, err := ss.readStall(ctx, who, id)
	return &madeOrWaiting{Status: http.StatusCreated, Body: stall}, err
}

// newAccount is a further account with the code that was issued for it.
type newAccount struct {
	Account
	Code codes.ListedCode `json:"code"`
}

func (ss *Stalls) postAccount(ctx context.Context, in *struct {
	web.Named
	Body tenancies.AccountOrder
},
) (*madeOrWaiting, error) {
	who, id, err := scope.RequireStall(ctx, ss.db, in.ID, roles.WriteStalls)
	if err != nil {
		return nil, err
	}
	added, err := ss.changes.AddAccount(ctx, who, id, in.Body)
	if err != nil {
		return nil, err
	}
	if added.Waiting != uuid.Nil {
		return ss.answerWaiting(ctx, who, added.Waiting)
	}
	stall, err := ss.readStall(ctx, who, id)
	if err != nil {
		return nil, err
	}
	made := newAccount{}
	for _, a := range stall.Accounts {
		if a.ID == added.Account {
			made.Account = a
		}
	}
	issued, err := ss.codes.ListCodes(ctx, who, codes.CodeFilter{Stall: id}, web.Page{Limit: web.MaxLimit})
	if err != nil {
		return nil, err
	}
	for _, c := range issued.Items {
		if c.AccountID == added.Account && c.State == codes.Current {
			made.Code = c
		}
	}
	return &madeOrWaiting{Status: http.StatusCreated, Body: made}, nil
}
