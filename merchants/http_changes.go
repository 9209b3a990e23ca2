package merchants

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/merchants/platform/web"
)

// mountChanges mounts what is about where money goes: changed by admins, managers and the tenant,
// and always by two persons or after a day; read in scope.
func (r *Registry) mountChanges(e *web.Edge) {
	e.Scope("beneficiary-changes", `SELECT EXISTS (SELECT FROM beneficiary_changes
		WHERE id = $1 AND market_id IN (SELECT scope_markets($2, $3)) AND sees_stall($2, $3, stall_id))`)
	e.Scope(
		"alerts",
		`SELECT EXISTS (SELECT FROM alerts WHERE id = $1 AND market_id IN (SELECT scope_markets($2, $3)))`,
	)
	huma.Register(e.API, op(http.MethodPost, "/api/v1/stalls/{id}/beneficiary-changes", "propose-beneficiary-change",
		"Đổi tài khoản nhận tiền: another account instead, after 24 hours or a second person's approval",
		http.StatusCreated), r.postChange)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/stalls/{id}/beneficiary-changes", "list-stall-beneficiary-changes",
		"A stall's changes of account, newest first", 0), r.listStallChanges)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/markets/{id}/beneficiary-changes",
		"list-market-beneficiary-changes", "A market's changes of account in the last 90 days, newest first", 0),
		r.listMarketChanges)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/beneficiary-changes", "list-beneficiary-changes",
		"Đổi tài khoản, đổi người thuê: the changes in scope in the last 90 days, newest first", 0), r.getChanges)
	huma.Register(e.API, op(http.MethodPost, "/api/v1/beneficiary-changes/{id}/approve", "approve-beneficiary-change",
		"Duyệt: effective at once, by a second person", http.StatusOK), r.postApproval)
	huma.Register(e.API, op(http.MethodPost, "/api/v1/beneficiary-changes/{id}/cancel", "cancel-beneficiary-change",
		"Hủy: while it waits; an addition for a day", http.StatusOK), r.postCancel)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/alerts", "list-alerts",
		"Cảnh báo: what a board should look at, newest first", 0), r.getAlerts)
	huma.Register(e.API, op(http.MethodPost, "/api/v1/alerts/{id}/close", "close-alert",
		"Close an alert, and say why: by a person who signed in", http.StatusOK), r.postAlertClose)
}

func (r *Registry) postChange(ctx context.Context, in *struct {
	web.Named
	Body ChangeOrder
},
) (*web.Body[BeneficiaryChange], error) {
	who, stall, err := r.stallFor(ctx, in.ID, roles.ChangeAccounts)
	if err != nil {
		return nil, err
	}
	id, err := r.proposeChange(ctx, who, stall, in.Body)
	if err != nil {
		return nil, err
	}
	return web.Answer(r.readChange(ctx, who, id))
}

func (r *Registry) listStallChanges(ctx context.Context, in *struct {
	web.Named
	web.Page
},
) (*web.Body[*web.List[BeneficiaryChange]], error) {
	who, stall, err := r.stallFor(ctx, in.ID, roles.ReadChanges)
	if err != nil {
		return nil, err
	}
	return web.Answer(r.listChanges(ctx, who, changeFilter{stall: stall}, in.Page))
}

func (r *Registry) listMarketChanges(ctx context.Context, in *struct {
	web.Named
	web.Page
},
) (*web.Body[*web.List[BeneficiaryChange]], error) {
	who, market, err := r.marketFor(ctx, in.ID, roles.ReadChanges)
	if err != nil {
		return nil, err
	}
	return web.Answer(r.listChanges(ctx, who, changeFilter{market: market, since: r.now().Add(-listedFor)}, in.Page))
}

func (r *Registry) getChanges(ctx context.Context, in *struct {
	State string `query:"state" enum:"pending,effective,cancelled,refused"`
	web.Page
},
) (*web.Body[*web.List[BeneficiaryChange]], error) {
	who, err := roles.Require(ctx, roles.ReadChanges)
	if err != nil {
		return nil, err
	}
	return web.Answer(r.listChanges(ctx, who, changeFilter{state: in.State, since: r.now().Add(-listedFor)}, in.Page))
}

// changeFor is the caller and the change of the path: first in scope (404), then allowed (403).
func (r *Registry) changeFor(ctx context.Context, in web.Named) (roles.Principal, uuid.UUID, error) {
	who, err := roles.From(ctx)
	if err != nil {
		return who, uuid.Nil, err
	}
	id, err := in.UUID("change")
	if err != nil {
		return who, id, err
	}
	if _, err := r.readChange(ctx, who, id); err != nil {
		return who, id, err
	}
	return who, id, who.Allow(roles.ChangeAccounts)
}

func (r *Registry) postApproval(ctx context.Context, in *struct{ web.Named }) (*web.Body[BeneficiaryChange], error) {
	who, id, err := r.changeFor(ctx, in.Named)
	if err != nil {
		return nil, err
	}
	if err := r.approveChange(ctx, who, id); err != nil {
		return nil, err
	}
	return web.Answer(r.readChange(ctx, who, id))
}

func (r *Registry) postCancel(ctx context.Context, in *stepInput) (*web.Body[BeneficiaryChange], error) {
	who, id, err := r.changeFor(ctx, in.Named)
	if err != nil {
		return nil, err
	}
	reason := ""
	if in.Body != nil {
		reason = in.Body.Reason
	}
	if err := r.cancelChange(ctx, who, id, reason); err != nil {
		return nil, err
	}
	return web.Answer(r.readChange(ctx, who, id))
}

func (r *Registry) getAlerts(ctx context.Context, in *struct {
	State string `query:"state" enum:"open,closed"`
	web.Page
},
) (*web.Body[*web.List[Alert]], error) {
	who, err := roles.Require(ctx, roles.ReadAlerts)
	if err != nil {
		return nil, err
	}
	return web.Answer(r.listAlerts(ctx, who, in.State, in.Page))
}

func (r *Registry) postAlertClose(ctx context.Context, in *struct {
	web.Named
	Body struct {
		Reason string `json:"reason" minLength:"3" maxLength:"500"`
	}
},
) (*web.Body[*Alert], error) {
	who, err := roles.From(ctx)
	if err != nil {
		return nil, err
	}
	id, err := in.UUID("alert")
	if err != nil {
		return nil, err
	}
	return web.Answer(r.closeAlert(ctx, who, id, in.Body.Reason))
}
