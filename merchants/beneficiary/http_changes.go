package beneficiary

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/merchants/platform/web"
	"market40/merchants/scope"
)

// Routes mounts the routes about receiving accounts. Admins, managers and the tenant may change
// them, always with a second person or after a day. Callers read them in their scope.
func (cs *Changes) Routes(e *web.Edge) {
	op := web.Tagged("register")
	e.Scope("beneficiary-changes", `SELECT EXISTS (SELECT FROM beneficiary_changes
		WHERE id = $1 AND market_id IN (SELECT scope_markets($2, $3)) AND sees_stall($2, $3, stall_id))`)
	huma.Register(e.API, op(http.MethodPost, "/api/v1/stalls/{id}/beneficiary-changes", "propose-beneficiary-change",
		"Replace the stall's account, after 24 hours or a second person's approval",
		http.StatusCreated), cs.postChange)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/stalls/{id}/beneficiary-changes", "list-stall-beneficiary-changes",
		"A stall's changes of account, newest first", 0), cs.listStallChanges)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/markets/{id}/beneficiary-changes",
		"list-market-beneficiary-changes", "A market's changes of account in the last 90 days, newest first", 0),
		cs.listMarketChanges)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/beneficiary-changes", "list-beneficiary-changes",
		"List changes of accounts and tenants of the last 90 days, newest first", 0), cs.getChanges)
	huma.Register(e.API, op(http.MethodPost, "/api/v1/beneficiary-changes/{id}/approve", "approve-beneficiary-change",
		"Approve a change as a second person; it is effective at once", http.StatusOK), cs.postApproval)
	huma.Register(e.API, op(http.MethodPost, "/api/v1/beneficiary-changes/{id}/cancel", "cancel-beneficiary-change",
		"Cancel a change that waits, or an addition within a day", http.StatusOK), cs.postCancel)
}

func (cs *Changes) postChange(ctx context.Context, in *struct {
	web.Named
	Body ChangeOrder
},
) (*web.Body[BeneficiaryChange], error) {
	who, stall, err := scope.RequireStall(ctx, cs.db, in.ID, roles.ChangeAccounts)
	if err != nil {
		return nil, err
	}
	id, err := cs.proposeChange(ctx, who, stall, in.Body)
	if err != nil {
		return nil, err
	}
	return web.Answer(cs.ReadChange(ctx, who, id))
}

func (cs *Changes) listStallChanges(ctx context.Context, in *struct {
	web.Named
	web.Page
},
) (*web.Body[*web.List[BeneficiaryChange]], error) {
	who, stall, err := scope.RequireStall(ctx, cs.db, in.ID, roles.ReadChanges)
	if err != nil {
		return nil, err
	}
	return web.Answer(cs.listChanges(ctx, who, changeFilter{stall: stall}, in.Page))
}

func (cs *Changes) listMarketChanges(ctx context.Context, in *struct {
	web.Named
	web.Page
},
) (*web.Body[*web.List[BeneficiaryChange]], error) {
	who, market, err := scope.RequireMarket(ctx, cs.db, in.ID, roles.ReadChanges)
	if err != nil {
		return nil, err
	}
	return web.Answer(cs.listChanges(ctx, who, changeFilter{market: market, since: cs.now().Add(-listedFor)}, in.Page))
}

func (cs *Changes) getChanges(ctx context.Context, in *struct {
	State string `query:"state" enum:"pending,effective,cancelled,refused"`
	web.Page
},
) (*web.Body[*web.List[BeneficiaryChange]], error) {
	who, err := roles.Require(ctx, roles.ReadChanges)
	if err != nil {
		return nil, err
	}
	return web.Answer(
		cs.listChanges(ctx, who, changeFilter{state: in.State, since: cs.now().Add(-listedFor)}, in.Page),
	)
}

// changeFor returns the caller and the change of the path. It checks the scope first (404), then
// the role (403).
func (cs *Changes) changeFor(ctx context.Context, in web.Named) (roles.Principal, uuid.UUID, error) {
	who, err := roles.From(ctx)
	if err != nil {
		return who, uuid.Nil, err
	}
	id, err := in.UUID("change")
	if err != nil {
		return who, id, err
	}
	if _, err := cs.ReadChange(ctx, who, id); err != nil {
		return who, id, err
	}
	return who, id, who.Allow(roles.ChangeAccounts)
}

func (cs *Changes) postApproval(ctx context.Context, in *struct{ web.Named }) (*web.Body[BeneficiaryChange], error) {
	who, id, err := cs.changeFor(ctx, in.Named)
	if err != nil {
		return nil, err
	}
	if err := cs.approveChange(ctx, who, id); err != nil {
		return nil, err
	}
	return web.Answer(cs.ReadChange(ctx, who, id))
}

type stepInput struct {
	web.Named
	Body *struct {
		Reason string `json:"reason,omitempty" maxLength:"500"`
	}
}

func (cs *Changes) postCancel(ctx context.Context, in *stepInput) (*web.Body[BeneficiaryChange], error) {
	who, id, err := cs.changeFor(ctx, in.Named)
	if err != nil {
		return nil, err
	}
	reason := ""
	if in.Body != nil {
		reason = in.Body.Reason
	}
	if err := cs.cancelChange(ctx, who, id, reason); err != nil {
		return nil, err
	}
	return web.Answer(cs.ReadChange(ctx, who, id))
}
