package privacy

import (
	"context"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/access/trail"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
)

// Routes mounts everything about people's own data.
func (d *Desk) Routes(e *web.Edge) {
	h, op := handlers{d}, web.Tagged("privacy")
	// Everyone who is signed in.
	huma.Register(e.API, op(http.MethodGet, "/api/v1/consent-texts", "list-consent-texts",
		"List the consent texts, every version", 0), h.listTexts)

	// A merchant's own, and its board's.
	huma.Register(e.API, op(http.MethodGet, "/api/v1/me/visibility", "read-visibility",
		"Read what each role sees of a merchant, who looked, what it agreed to", 0), d.getVisibility)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/merchants/{id}/consents", "list-consents",
		"List a merchant's answer to each purpose", 0), h.listConsents)
	huma.Register(e.API, op(http.MethodPost, "/api/v1/merchants/{id}/consents", "record-consent",
		"Record a consent or its withdrawal, effective at once", http.StatusCreated), h.postConsent)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/merchants/{id}/data-requests", "list-own-data-requests",
		"A merchant's requests about its data", 0), h.listOwnRequests)
	huma.Register(e.API, op(http.MethodPost, "/api/v1/merchants/{id}/data-requests", "make-data-request",
		"Request access, correction, erasure, restriction or objection", http.StatusCreated), h.postRequest)
	e.Engine.GET("/api/v1/merchants/:id/export", problem.Handle(d.export))
	exported := op(http.MethodGet, "/api/v1/merchants/{id}/export", "export-merchant",
		"Export all stored data of a merchant, as JSON", 0)
	exported.Responses = map[string]*huma.Response{"200": {
		Description: "tables with their rows, by the names of /docs/columns; recorded in the trail unless the merchant reads it",
		Content:     map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{Type: huma.TypeObject}}},
	}}
	e.Document(exported)

	// The platform's.
	huma.Register(e.API, op(http.MethodGet, "/api/v1/data-requests", "list-data-requests",
		"Requests about data, the next due first", 0), h.listRequests)
	huma.Register(e.API, op(http.MethodPost, "/api/v1/data-requests/{id}/resolve", "resolve-data-request",
		"Answer, carry out or refuse; an erasure is final", http.StatusOK), h.resolveRequest)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/data-subjects", "count-data-subjects",
		"How many people's data is stored", 0), h.countSubjects)
}

// handlers answer the requests about people's own data.
type handlers struct{ *Desk }

// fullList returns a list that is never cut.
func fullList[T any](items []T, err error) (*web.Body[web.List[T]], error) {
	return web.Answer(web.List[T]{Items: items}, err)
}

func (h handlers) listTexts(ctx context.Context, _ *struct{}) (*web.Body[web.List[ConsentText]], error) {
	if _, err := roles.From(ctx); err != nil {
		return nil, err
	}
	return fullList(h.texts(ctx))
}

func (h handlers) listConsents(ctx context.Context, in *web.Named) (*web.Body[web.List[Consent]], error) {
	_, merchant, err := h.merchantFor(ctx, in.ID, roles.ReadConsents)
	if err != nil {
		return nil, err
	}
	return fullList(h.consents(ctx, h.db.Pool, merchant, ""))
}

func (h handlers) postConsent(ctx context.Context, in *struct {
	web.Named
	Body ConsentOrder
},
) (*web.Body[Consent], error) {
	who, merchant, err := h.merchantFor(ctx, in.ID, roles.WriteConsents)
	if err != nil {
		return nil, err
	}
	return web.Answer(h.consent(ctx, who, merchant, in.Body))
}

func (h handlers) listOwnRequests(ctx context.Context, in *struct {
	web.Named
	web.Page
},
) (*web.Body[*web.List[Request]], error) {
	_, merchant, err := h.merchantFor(ctx, in.ID, roles.MakeDataRequests)
	if err != nil {
		return nil, err
	}
	return h.answerRequests(ctx, requestFilter{merchant: merchant}, in.Page)
}

func (h handlers) postRequest(ctx context.Context, in *struct {
	web.Named
	Body RequestOrder
},
) (*web.Body[*Request], error) {
	who, merchant, err := h.merchantFor(ctx, in.ID, roles.MakeDataRequests)
	if err != nil {
		return nil, err
	}
	return web.Answer(h.addRequest(ctx, who, merchant, in.Body))
}

func (h handlers) listRequests(ctx context.Context, in *struct {
	State   string `query:"state" enum:"received,done,refused"`
	Overdue bool   `query:"overdue" doc:"true: only those past their deadline"`
	web.Page
},
) (*web.Body[*web.List[Request]], error) {
	if _, err := roles.Require(ctx, roles.ReadDataRequests); err != nil {
		return nil, err
	}
	return h.answerRequests(ctx, requestFilter{State: in.State, Overdue: in.Overdue}, in.Page)
}

// answerRequests answers requests and records the reading of each merchant's data.
func (h handlers) answerRequests(
	ctx context.Context,
	f requestFilter,
	page web.Page,
) (*web.Body[*web.List[Request]], error) {
	list, err := h.requests(ctx, f, page)
	if err != nil {
		return nil, err
	}
	merchants := make([]uuid.UUID, len(list.Items))
	for i, r := range list.Items {
		merchants[i] = r.MerchantID
	}
	return web.Answer(list, h.recordReading(ctx, merchants...))
}

// recordReading records that the caller is about to read merchants' data.
func (d *Desk) recordReading(ctx context.Context, merchants ...uuid.UUID) error {
	rows, err := d.db.Pool.Query(ctx, `SELECT id FROM tenancies WHERE merchant_id = ANY ($1)`, merchants)
	if err != nil {
		return fmt.Errorf("tenancies of merchants: %w", err)
	}
	tenancies, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return fmt.Errorf("tenancies of merchants: %w", err)
	}
	return trail.RecordReading(ctx, trail.ReadingPersonal, tenancies)
}

// resolveRequest requires a recent proof from a person, because an erasure cannot be undone.
func (h handlers) resolveRequest(ctx context.Context, in *struct {
	web.Named
	Body Decision
},
) (*web.Body[*Request], error) {
	who, err := roles.Require(ctx, roles.ResolveDataRequests)
	if err == nil {
		err = who.RefuseStaleProof(h.now())
	}
	if err != nil {
		return nil, err
	}
	id, err := in.UUID("request")
	if err != nil {
		return nil, err
	}
	return web.Answer(h.resolve(ctx, who, id, in.Body))
}

func (h handlers) countSubjects(ctx context.Context, _ *struct{}) (*web.Body[Subjects], error) {
	if _, err := roles.Require(ctx, roles.CountSubjects); err != nil {
		return nil, err
	}
	return web.Answer(h.Subjects(ctx))
}
