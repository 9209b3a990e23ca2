package codes

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
	"market40/merchants/scope"
)

// Routes mounts codes: issued by admins and managers, verified by anyone.
func (cs *Codes) Routes(e *web.Edge) {
	op := web.Tagged("register")
	huma.Register(e.API, op(http.MethodPost, "/api/v1/stalls/{id}/codes", "reissue-code",
		"Issue a new code; the old one is superseded but still matches payments", http.StatusCreated), cs.postCode)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/stalls/{id}/codes", "list-stall-codes",
		"A stall's codes, newest first", 0), cs.listStallCodes)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/codes", "list-codes", "The codes in your scope, newest first", 0),
		cs.listMarketCodes)
	huma.Register(e.API, web.WithoutSignIn(op(http.MethodPost, "/api/v1/codes/verify", "verify-code",
		"Find the stall of a code's payload", http.StatusOK)), cs.verifyCode)
}

type reissueInput struct {
	web.Named
	Body *struct {
		AccountID string `json:"account_id,omitempty" doc:"absent: the tenant's first account"`
	}
}

func (cs *Codes) postCode(ctx context.Context, in *reissueInput) (*web.Body[ListedCode], error) {
	who, id, err := scope.RequireStall(ctx, cs.db, in.ID, roles.WriteStalls)
	if err != nil {
		return nil, err
	}
	var account uuid.UUID
	if in.Body != nil && in.Body.AccountID != "" {
		if account, err = uuid.Parse(in.Body.AccountID); err != nil {
			return nil, problem.Missing("account")
		}
	}
	code, err := cs.reissue(ctx, id, account)
	if err != nil {
		return nil, err
	}
	codes, err := cs.ListCodes(ctx, who, CodeFilter{Stall: id, code: code}, web.Page{Limit: 1})
	if err != nil {
		return nil, err
	}
	if len(codes.Items) != 1 {
		return nil, errors.New("the issued code is not in the register")
	}
	return web.Answer(codes.Items[0], nil)
}

func (cs *Codes) listStallCodes(ctx context.Context, in *struct {
	web.Named
	web.Page
},
) (*web.Body[*web.List[ListedCode]], error) {
	who, id, err := scope.RequireStall(ctx, cs.db, in.ID, roles.ReadRegister)
	if err != nil {
		return nil, err
	}
	return web.Answer(cs.ListCodes(ctx, who, CodeFilter{Stall: id}, in.Page))
}

func (cs *Codes) listMarketCodes(ctx context.Context, in *struct {
	MarketID string `query:"market_id" doc:"absent: every market in your scope"`
	web.Page
},
) (*web.Body[*web.List[ListedCode]], error) {
	who, err := roles.Require(ctx, roles.ReadRegister)
	if err != nil {
		return nil, err
	}
	var f CodeFilter
	if in.MarketID != "" {
		if f.market, err = scope.FindMarket(ctx, cs.db, who, in.MarketID); err != nil {
			return nil, err
		}
	}
	return web.Answer(cs.ListCodes(ctx, who, f, in.Page))
}

// payloadBody is what was scanned.
type payloadBody struct {
	Payload string `json:"payload" doc:"the text of the QR code"`
}

func (cs *Codes) verifyCode(ctx context.Context, in *web.Body[payloadBody]) (*web.Body[*Verdict], error) {
	return web.Answer(cs.Verify(ctx, in.Body.Payload))
}
