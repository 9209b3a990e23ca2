package payments

import (
	"context"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"market40/merchants/access/roles"
	"market40/merchants/platform/bizday"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
	"market40/payments/ledger"
	"market40/payments/money"
)

// Routes mounts the lists and the stream of a stall's payments, and the trial balance.
func (p *Payments) Routes(e *web.Edge) {
	op := web.Tagged("payments")
	huma.Register(e.API, op(http.MethodGet, "/api/v1/ledger/trial-balance", "trial-balance",
		"Debits, credits and balance of every ledger account", 0), p.trialBalance)

	// A stall's own.
	huma.Register(e.API, op(http.MethodGet, "/api/v1/stalls/{id}/payments", "list-stall-payments",
		"A stall's payments, newest first", 0), p.listStallPayments)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/stalls/{id}/days", "list-stall-days",
		"List a stall's business days with count, sum and hours, newest first", 0), p.listDays)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/stalls/{id}/shifts", "list-shifts",
		"List the shifts of the stall's staff with count and sum, newest first", 0), p.listShifts)
	huma.Register(e.API, op(http.MethodPost, "/api/v1/stalls/{id}/confirmations", "confirm-payment",
		"An owner confirms that money was received (evidence B)", http.StatusCreated), p.confirm)
	e.Engine.GET("/api/v1/stalls/:id/payments/stream", problem.Handle(p.stream))
	e.Document(huma.Operation{
		OperationID: "stream-stall-payments",
		Method:      http.MethodGet,
		Path:        "/api/v1/stalls/{id}/payments/stream",
		Summary:     "A stall's payments as Server-Sent Events; Last-Event-ID resumes without loss",
		Tags:        []string{"payments"},
		Responses: map[string]*huma.Response{"200": {
			Description: "event: payment, id: the account's version, data: the payment; pings are comments. Where a soundbox is connected, also event: speaker, without id: {active, heard}; heard is the version up to which the soundbox has received payments to announce",
			Headers: map[string]*huma.Param{newestVersion: {
				Description: "the newest version at the time of opening: payments up to it came before",
				Schema:      &huma.Schema{Type: "integer", Format: "int64"},
			}},
			Content: map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{Type: "string"}}},
		}},
	})
}

func (p *Payments) trialBalance(ctx context.Context, in *struct {
	MarketID string `query:"market_id" doc:"a market's id or code; absent: every market in scope"`
},
) (*web.Body[*ledger.TrialBalance], error) {
	who, err := roles.Require(ctx, roles.ReadLedger)
	if err != nil {
		return nil, err
	}
	return web.Answer(ledger.ReadTrialBalance(ctx, p.db.Pool, ledger.BalanceScope{
		Kind: string(who.ScopeKind), ID: who.ScopeID, Market: in.MarketID,
	}))
}

// minReference is the shortest end of a reference that a list may search for, in characters.
const minReference = 3

func (p *Payments) listStallPayments(ctx context.Context, in *struct {
	web.Named
	From string `query:"from" doc:"a day (00:00 Asia/Ho_Chi_Minh) or an RFC 3339 time; payments that occurred at or after it"`
	To   string `query:"to" doc:"the same; payments before it"`

	Amount    string `query:"amount" maxLength:"40" doc:"exactly, in đồng" example:"45000"`
	Reference string `query:"reference" maxLength:"60" doc:"the last characters of the bank's reference, 3 or more"`
	web.Page
},
) (*web.Body[*web.List[Payment]], error) {
	who, err := roles.From(ctx)
	if err != nil {
		return nil, err
	}
	f := PaymentFilter{Reference: strings.TrimSpace(in.Reference)}
	if f.From, err = bizday.MomentField("from", in.From); err != nil {
		return nil, err
	}
	if f.To, err = bizday.MomentField("to", in.To); err != nil {
		return nil, err
	}
	if in.Amount != "" {
		amount, err := money.Parse(in.Amount)
		if err != nil {
			return nil, problem.InFields(problem.AmountForm("amount"))
		}
		f.Amount = &amount
	}
	if n := utf8.RuneCountInString(f.Reference); n > 0 && n < minReference || strings.ContainsRune(f.Reference, 0) ||
		!utf8.ValidString(f.Reference) {
		return nil, problem.Of("reference", "too_short", "Cần ít nhất 3 ký tự cuối của mã tham chiếu.",
			"Enter at least the last 3 characters of the reference.")
	}
	return web.Answer(p.StallPayments(ctx, who, in.ID, f, in.Page))
}

func (p *Payments) confirm(ctx context.Context, in *struct {
	web.Named
	Body struct {
		Amount     money.Amount `json:"amount" pattern:"^[0-9]{1,13}(\\.00?)?$" patternDescription:"an amount of đồng" doc:"đồng, a decimal string" example:"45000"`
		OccurredAt time.Time    `json:"occurred_at"`
	}
},
) (*web.Body[*Confirmation], error) {
	who, err := roles.From(ctx)
	if err != nil {
		return nil, err
	}
	return web.Answer(p.Confirm(ctx, who, in.ID, in.Body.Amount, in.Body.OccurredAt))
}
