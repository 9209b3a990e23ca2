package intake

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
	"market40/payments/connections"
)

// Routes mounts what banks and wallets call, and what operators see and do of connections and
// notices.
func (in *Intake) Routes(e *web.Edge) {
	// Banks and wallets: signed by themselves, no key of ours.
	in.hooks = e.Engine
	hook := e.Engine.Group("/webhooks/:provider/:connection")
	hook.POST("", problem.Handle(in.postNotice))
	hook.GET("", problem.Handle(in.postNotice)) // VNPAY asks by GET
	hook.POST("/api/token_generate", problem.Handle(in.token))
	hook.POST("/bank/api/transaction-sync", problem.Handle(in.postNotice))
	documentWebhooks(e)

	op := web.Tagged("payments")
	huma.Register(e.API, op(http.MethodPost, "/api/v1/bank-connections/{id}/test", "test-bank-connection",
		"Send a signed test through the webhook; its notice is ignored", 0), in.testConnection)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/notices", "list-notices", "What banks and wallets told us", 0),
		in.listNotices)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/deliveries/unreadable", "list-unreadable-deliveries",
		"Signed requests of which nothing could be read", 0), in.listUnreadable)
}

func documentWebhooks(e *web.Edge) {
	none := []map[string][]string{{}}
	responses := map[string]*huma.Response{
		"200": {Description: "kept, matched and posted (or a case): the provider's own success body"},
		"204": {Description: "the same, for MoMo"},
		"400": {Description: "nothing readable; the delivery is kept"},
		"401": {Description: "bad, missing or stale signature; nothing is kept"},
		"404": {Description: "unknown connection"},
		"413": {Description: "a body over 256 KiB"},
		"503": {Description: "the database cannot be reached: send it again"},
	}
	for _, w := range []struct{ method, path, id, summary string }{
		{http.MethodPost, "", "post-notice", "Báo có: what a bank or wallet calls"},
		{http.MethodGet, "", "get-notice", "The same by GET (VNPAY)"},
		{http.MethodPost, "/api/token_generate", "issue-provider-token", "VietQR.vn asks for its token (Basic)"},
		{http.MethodPost, "/bank/api/transaction-sync", "sync-notice", "VietQR.vn's notice"},
	} {
		e.Document(huma.Operation{
			OperationID: w.id, Method: w.method, Path: "/webhooks/{provider}/{connection}" + w.path, Summary: w.summary,
			Tags: []string{"webhooks"}, Security: none, Responses: responses,
		})
	}
}

func (in *Intake) listNotices(ctx context.Context, input *struct {
	NoticeFilter
	web.Page
},
) (*web.Body[*web.List[Notice]], error) {
	who, err := roles.Require(ctx, roles.ReadNotices)
	if err != nil {
		return nil, err
	}
	return web.Answer(in.Notices(ctx, who, input.NoticeFilter, input.Page))
}

func (in *Intake) listUnreadable(ctx context.Context,
	input *struct{ web.Page },
) (*web.Body[*web.List[UnreadableDelivery]], error) {
	if err := connections.RequirePlatform(ctx); err != nil {
		return nil, err
	}
	return web.Answer(in.Unreadable(ctx, input.Page))
}

func (in *Intake) testConnection(ctx context.Context, input *struct{ web.Named }) (*web.Body[*Notice], error) {
	if err := connections.RequirePlatform(ctx); err != nil {
		return nil, err
	}
	id, err := input.UUID("connection")
	if err != nil {
		return nil, err
	}
	return web.Answer(in.TestConnection(ctx, id))
}
