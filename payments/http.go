package payments

import (
	"context"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"market40/merchants/auth"
	"market40/merchants/dates"
	"market40/merchants/edge"
	"market40/merchants/problem"
	"market40/payments/ledger"
	"market40/payments/money"
)

// Routes mounts everything about payments: first what banks call, then what people and programs read.
func (p *Payments) Routes(e *edge.Edge) {
	// Banks and wallets: signed by themselves, no key of ours.
	p.hooks = e.Engine
	hook := e.Engine.Group("/webhooks/:provider/:connection")
	hook.POST("", problem.Handle(p.postNotice))
	hook.GET("", problem.Handle(p.postNotice)) // VNPAY asks by GET
	hook.POST("/api/token_generate", problem.Handle(p.token))
	hook.POST("/bank/api/transaction-sync", problem.Handle(p.postNotice))
	documentWebhooks(e)

	// Operators: connections, notices, cases, the book.
	p.connectionRoutes(e)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/notices", "list-notices", "What banks and wallets told us", 0), p.listNotices)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/deliveries/unreadable", "list-unreadable-deliveries", "Signed requests of which nothing could be read", 0), p.listUnreadable)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/cases", "list-cases", "What a person has to look at", 0), p.listCases)
	huma.Register(e.API, op(http.MethodPost, "/api/v1/cases/{id}/resolve", "resolve-case", "Assign, return or dismiss; a second person approves what moves money", 0), p.resolveCase)
	huma.Register(e.API, op(http.MethodPost, "/api/v1/cases/{id}/reopen", "reopen-case", "Take a decision back; an assignment is reversed by a contra payment", 0), p.reopenCase)
	huma.Register(e.API, op(http.MethodPost, "/api/v1/cases/{id}/retry", "retry-case", "Try a pending notice again at once", 0), p.retryCase)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/ledger/trial-balance", "trial-balance", "Debits, credits and balance of every ledger account", 0), p.trialBalance)

	// A stall's own.
	huma.Register(e.API, op(http.MethodGet, "/api/v1/stalls/{id}/payments", "list-stall-payments", "A stall's payments, newest first", 0), p.listStallPayments)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/stalls/{id}/days", "list-stall-days", "Từng ngày: a stall's business days with count, sum and hours, newest first", 0), p.listDays)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/stalls/{id}/shifts", "list-shifts", "Ca bán: the shifts of the stall's staff with count and sum, newest first", 0), p.listShifts)
	huma.Register(e.API, op(http.MethodPost, "/api/v1/stalls/{id}/confirmations", "confirm-payment", "An owner's word that money came (evidence B)", http.StatusCreated), p.confirm)
	e.Engine.GET("/api/v1/stalls/:id/payments/stream", problem.Handle(p.stream))
	e.Document(huma.Operation{
		OperationID: "stream-stall-payments", Method: http.MethodGet, Path: "/api/v1/stalls/{id}/payments/stream",
		Summary: "A stall's payments as Server-Sent Events; Last-Event-ID resumes without loss",
		Responses: map[string]*huma.Response{"200": {
			Description: "event: payment, id: the account's version, data: the payment; pings are comments. Where a soundbox is connected, also event: speaker, without id: {active, heard}, heard being the version up to which it has taken payments to speak them",
			Content:     map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{Type: "string"}}},
		}},
	})
}

func op(method, path, id, summary string, status int) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, DefaultStatus: status, Tags: []string{"payments"}}
}

func documentWebhooks(e *edge.Edge) {
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

type body[T any] struct{ Body T }

// wholePlatform lets those pass who run connections for everybody: a connection's secret opens more than one scope.
func wholePlatform(ctx context.Context) error {
	who, err := auth.Require(ctx, auth.WriteConnections)
	if err == nil && who.ScopeKind != auth.ScopeAll {
		err = problem.New(problem.Forbidden, "not_allowed", "Cần quyền trên toàn hệ thống.", "This wants a key for the whole platform.")
	}
	return err
}

func (p *Payments) listNotices(ctx context.Context, in *struct {
	NoticeFilter
	edge.Page
},
) (*body[*edge.List[Notice]], error) {
	who, err := auth.Require(ctx, auth.ReadNotices)
	if err != nil {
		return nil, err
	}
	list, err := p.Notices(ctx, who, in.NoticeFilter, in.Page)
	return &body[*edge.List[Notice]]{list}, err
}

func (p *Payments) listUnreadable(ctx context.Context, in *struct{ edge.Page }) (*body[*edge.List[UnreadableDelivery]], error) {
	if err := wholePlatform(ctx); err != nil {
		return nil, err
	}
	list, err := p.Unreadable(ctx, in.Page)
	return &body[*edge.List[UnreadableDelivery]]{list}, err
}

func (p *Payments) listCases(ctx context.Context, in *struct {
	State    string `query:"state" enum:"open,proposed,assigned,returned,dismissed"`
	MarketID string `query:"market_id"`
	edge.Page
},
) (*body[*edge.List[Case]], error) {
	who, err := auth.Require(ctx, auth.ReadCases)
	if err != nil {
		return nil, err
	}
	list, err := p.Cases(ctx, who, in.State, in.MarketID, in.Page)
	return &body[*edge.List[Case]]{list}, err
}

func (p *Payments) resolveCase(ctx context.Context, in *struct {
	edge.Named
	Body Resolution
},
) (*body[*Case], error) {
	who, err := auth.From(ctx)
	if err != nil {
		return nil, err
	}
	id, err := in.UUID("case")
	if err != nil {
		return nil, err
	}
	after, err := p.Resolve(ctx, who, id, in.Body)
	return &body[*Case]{after}, err
}

func (p *Payments) reopenCase(ctx context.Context, in *struct {
	edge.Named
	Body struct {
		Reason string `json:"reason" minLength:"3" maxLength:"500"`
	}
},
) (*body[*Case], error) {
	who, err := auth.From(ctx)
	if err != nil {
		return nil, err
	}
	id, err := in.UUID("case")
	if err != nil {
		return nil, err
	}
	after, err := p.Reopen(ctx, who, id, in.Body.Reason)
	return &body[*Case]{after}, err
}

func (p *Payments) retryCase(ctx context.Context, in *edge.Named) (*body[*Case], error) {
	who, err := auth.From(ctx)
	if err != nil {
		return nil, err
	}
	id, err := in.UUID("case")
	if err != nil {
		return nil, err
	}
	after, err := p.RetryCase(ctx, who, id)
	return &body[*Case]{after}, err
}

func (p *Payments) trialBalance(ctx context.Context, in *struct {
	MarketID string `query:"market_id" doc:"a market's id or code; absent: every market in scope"`
},
) (*body[*ledger.TrialBalance], error) {
	who, err := auth.Require(ctx, auth.ReadLedger)
	if err != nil {
		return nil, err
	}
	balance, err := ledger.Balance(ctx, p.db.Pool, string(who.ScopeKind), who.ScopeID, in.MarketID)
	return &body[*ledger.TrialBalance]{balance}, err
}

// minReference is how much of a reference finds payments, in characters.
const minReference = 3

func (p *Payments) listStallPayments(ctx context.Context, in *struct {
	edge.Named
	From string `query:"from" doc:"a day (00:00 Asia/Ho_Chi_Minh) or an RFC 3339 time; payments that occurred from then on"`
	To   string `query:"to" doc:"the same; payments before it"`

	Amount    string `query:"amount" maxLength:"40" doc:"exactly, in đồng" example:"45000"`
	Reference string `query:"reference" maxLength:"60" doc:"the last characters of the bank's reference, 3 or more"`
	edge.Page
},
) (*body[*edge.List[Payment]], error) {
	who, err := auth.From(ctx)
	if err != nil {
		return nil, err
	}
	f := PaymentFilter{Reference: strings.TrimSpace(in.Reference)}
	if f.From, err = moment("from", in.From); err != nil {
		return nil, err
	}
	if f.To, err = moment("to", in.To); err != nil {
		return nil, err
	}
	if in.Amount != "" {
		amount, err := money.Parse(in.Amount)
		if err != nil {
			return nil, problem.InFields(problem.AmountForm("amount"))
		}
		f.Amount = &amount
	}
	if n := utf8.RuneCountInString(f.Reference); n > 0 && n < minReference || strings.ContainsRune(f.Reference, 0) || !utf8.ValidString(f.Reference) {
		return nil, problem.Of("reference", "too_short", "Cần ít nhất 3 ký tự cuối của mã tham chiếu.", "At least the last 3 characters of a reference are wanted.")
	}
	list, err := p.StallPayments(ctx, who, in.ID, f, in.Page)
	return &body[*edge.List[Payment]]{list}, err
}

// moment reads a day or a time of a query parameter; empty is none.
func moment(field, s string) (*time.Time, error) {
	t, err := dates.Moment(s)
	if err != nil {
		return nil, problem.Of(field, "time_form", "Cần ngày YYYY-MM-DD hoặc thời điểm RFC 3339.", "A day YYYY-MM-DD or an RFC 3339 time is wanted.")
	}
	return t, nil
}

func (p *Payments) confirm(ctx context.Context, in *struct {
	edge.Named
	Body struct {
		Amount     money.Amount `json:"amount" pattern:"^[0-9]{1,13}(\\.00?)?$" patternDescription:"an amount of đồng" doc:"đồng, a decimal string" example:"45000"`
		OccurredAt time.Time    `json:"occurred_at"`
	}
},
) (*body[*Confirmation], error) {
	who, err := auth.From(ctx)
	if err != nil {
		return nil, err
	}
	made, err := p.Confirm(ctx, who, in.ID, in.Body.Amount, in.Body.OccurredAt)
	return &body[*Confirmation]{made}, err
}
