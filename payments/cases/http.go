package cases

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"market40/merchants/access/roles"
	"market40/merchants/platform/web"
)

// Routes mounts the list of cases and the decisions.
func (cs *Cases) Routes(e *web.Edge) {
	op := web.Tagged("payments")
	e.Scope("cases", `SELECT EXISTS (SELECT FROM cases
		WHERE id = $1 AND ($2 = 'all' OR market_id IN (SELECT scope_markets($2, $3))))`)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/cases", "list-cases", "Cases that a person has to decide", 0),
		cs.listCases)
	huma.Register(e.API, op(http.MethodPost, "/api/v1/cases/{id}/resolve", "resolve-case",
		"Assign, return or dismiss; a second person approves what moves money", 0), cs.resolveCase)
	huma.Register(e.API, op(http.MethodPost, "/api/v1/cases/{id}/reopen", "reopen-case",
		"Reverse a decision; an assignment is reversed by a contra payment", 0), cs.reopenCase)
	huma.Register(e.API, op(http.MethodPost, "/api/v1/cases/{id}/retry", "retry-case",
		"Retry a pending notice at once", 0), cs.retryCase)
}

func (cs *Cases) listCases(ctx context.Context, in *struct {
	Filter
	web.Page
},
) (*web.Body[*web.List[Case]], error) {
	who, err := roles.Require(ctx, roles.ReadCases)
	if err != nil {
		return nil, err
	}
	return web.Answer(cs.List(ctx, who, in.Filter, in.Page))
}

func (cs *Cases) resolveCase(ctx context.Context, in *struct {
	web.Named
	Body Resolution
},
) (*web.Body[*Case], error) {
	who, err := roles.From(ctx)
	if err != nil {
		return nil, err
	}
	id, err := in.UUID("case")
	if err != nil {
		return nil, err
	}
	return web.Answer(cs.Resolve(ctx, who, id, in.Body))
}

func (cs *Cases) reopenCase(ctx context.Context, in *struct {
	web.Named
	Body struct {
		Reason string `json:"reason" minLength:"3" maxLength:"500"`
	}
},
) (*web.Body[*Case], error) {
	who, err := roles.From(ctx)
	if err != nil {
		return nil, err
	}
	id, err := in.UUID("case")
	if err != nil {
		return nil, err
	}
	return web.Answer(cs.Reopen(ctx, who, id, in.Body.Reason))
}

func (cs *Cases) retryCase(ctx context.Context, in *web.Named) (*web.Body[*Case], error) {
	who, err := roles.From(ctx)
	if err != nil {
		return nil, err
	}
	id, err := in.UUID("case")
	if err != nil {
		return nil, err
	}
	return web.Answer(cs.Retry(ctx, who, id))
}
