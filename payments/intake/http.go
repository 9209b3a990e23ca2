package intake

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
	"market40/payments/connections"
	"market40/payments/received"
)

// Routes mounts the webhooks, the lists of what was received, and tests of connections.
func (in *Intake) Routes(e *web.Edge) {
	// Banks and wallets: they sign their calls and need no key of ours.
	in.routes = e.Engine
	hook := e.Engine.Group("/webhooks/:provider/:connection")
	hook.POST("", problem.Handle(in.webhooks.receive))
	hook.GET("", problem.Handle(in.webhooks.receive)) // VNPAY calls by GET
	hook.POST("/api/token_generate", problem.Handle(in.webhooks.issueToken))
	hook.POST("/bank/api/transaction-sync", problem.Handle(in.webhooks.receive))
	documentWebhooks(e)

	op := web.Tagged("payments")
	huma.Register(e.API, op(http.MethodPost, "/api/v1/bank-connections/{id}/test", "test-bank-connection",
		"Send a signed test through the webhook; its notice is ignored", 0), in.testConnection)
	in.received.Routes(e)
}

func documentWebhooks(e *web.Edge) {
	none := []map[string][]string{{}}
	responses := map[string]*huma.Response{
		"200": {Description: "stored, matched and posted (or a case): the provider's own success body"},
		"204": {Description: "the same, for MoMo"},
		"400": {Description: "nothing readable; the delivery is stored"},
		"401": {Description: "bad, missing or stale signature; nothing is stored"},
		"404": {Description: "unknown connection"},
		"413": {Description: "a body over 256 KiB"},
		"503": {Description: "the database cannot be reached: send it again"},
	}
	for _, w := range []struct{ method, path, id, summary string }{
		{http.MethodPost, "", "post-notice", "Report payments, as a bank or wallet does"},
		{http.MethodGet, "", "get-notice", "The same by GET (VNPAY)"},
		{http.MethodPost, "/api/token_generate", "issue-provider-token", "VietQR.vn requests its token (Basic)"},
		{http.MethodPost, "/bank/api/transaction-sync", "sync-notice", "VietQR.vn's notice"},
	} {
		e.Document(huma.Operation{
			OperationID: w.id, Method: w.method, Path: "/webhooks/{provider}/{connection}" + w.path, Summary: w.summary,
			Tags: []string{"webhooks"}, Security: none, Responses: responses,
		})
	}
}

func (in *Intake) testConnection(ctx context.Context, input *struct{ web.Named }) (*web.Body[*received.Notice], error) {
	if err := connections.RequirePlatform(ctx); err != nil {
		return nil, err
	}
	id, err := input.UUID("connection")
	if err != nil {
		return nil, err
	}
	return web.Answer(in.TestConnection(ctx, id))
}
