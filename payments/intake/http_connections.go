package intake

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"market40/merchants/auth"
	"market40/merchants/edge"
	"market40/merchants/problem"
)

// connectionRoutes mounts what admins do with bank connections.
func (p *Intake) connectionRoutes(e *edge.Edge) {
	op := edge.Tagged("payments")
	const all, one = "/api/v1/bank-connections", "/api/v1/bank-connections/{id}"
	huma.Register(e.API, op(http.MethodPost, all, "create-bank-connection", "Kết nối báo có / Register a bank connection", http.StatusCreated), p.createConnection)
	huma.Register(e.API, op(http.MethodGet, all, "list-bank-connections", "Bank connections, without secrets", 0), p.listConnections)
	huma.Register(e.API, op(http.MethodGet, one, "get-bank-connection", "A bank connection with its health and its secrets' ids", 0), p.getConnection)
	huma.Register(e.API, op(http.MethodPatch, one, "change-bank-connection", "Rename a bank connection, or switch it on or off", 0), p.changeConnection)
	huma.Register(e.API, op(http.MethodPost, one+"/approve", "approve-bank-connection", "Let a connection that signs nothing take notices: a second person", 0), p.approveConnection)
	huma.Register(e.API, op(http.MethodPost, one+"/test", "test-bank-connection", "Send a signed test through the webhook; its notice is ignored", 0), p.testConnection)
	huma.Register(e.API, op(http.MethodPost, one+"/secrets", "rotate-bank-connection-secret", "Add a secret; the one before stays active", http.StatusNoContent), p.rotateSecret)
	huma.Register(e.API, op(http.MethodDelete, one+"/secrets/{secret}", "retire-bank-connection-secret", "Retire a secret at once", http.StatusNoContent), p.retireSecret)
}

func (p *Intake) createConnection(ctx context.Context, in *edge.Body[ConnectionOrder]) (*edge.Body[*Connection], error) {
	if err := wholePlatform(ctx); err != nil {
		return nil, err
	}
	made, err := p.CreateConnection(ctx, in.Body)
	return edge.Answer(made), err
}

func (p *Intake) listConnections(ctx context.Context, in *struct{ edge.Page }) (*edge.Body[*edge.List[Connection]], error) {
	if err := wholePlatform(ctx); err != nil {
		return nil, err
	}
	list, err := p.Connections(ctx, in.Page)
	return edge.Answer(list), err
}

func (p *Intake) rotateSecret(ctx context.Context, in *struct {
	edge.Named
	Body struct {
		Secrets SecretFields `json:"secrets" doc:"the provider's own fields; never shown again"`
	}
},
) (*struct{}, error) {
	if err := wholePlatform(ctx); err != nil {
		return nil, err
	}
	id, err := in.UUID("connection")
	if err != nil {
		return nil, err
	}
	return nil, p.RotateSecret(ctx, id, in.Body.Secrets.RawMessage)
}

// connectionOf is the connection that a path names, for those who run connections for everybody.
func connectionOf(ctx context.Context, in edge.Named) (uuid.UUID, error) {
	if err := wholePlatform(ctx); err != nil {
		return uuid.Nil, err
	}
	return in.UUID("connection")
}

func (p *Intake) getConnection(ctx context.Context, in *struct{ edge.Named }) (*edge.Body[*ConnectionDetail], error) {
	id, err := connectionOf(ctx, in.Named)
	if err != nil {
		return nil, err
	}
	detail, err := p.Connection(ctx, id)
	return edge.Answer(detail), err
}

func (p *Intake) changeConnection(ctx context.Context, in *struct {
	edge.Named
	Body ConnectionChange
},
) (*edge.Body[*ConnectionDetail], error) {
	id, err := connectionOf(ctx, in.Named)
	if err != nil {
		return nil, err
	}
	detail, err := p.ChangeConnection(ctx, id, in.Body)
	return edge.Answer(detail), err
}

func (p *Intake) approveConnection(ctx context.Context, in *struct{ edge.Named }) (*edge.Body[*ConnectionDetail], error) {
	id, err := connectionOf(ctx, in.Named)
	if err != nil {
		return nil, err
	}
	who, err := auth.From(ctx)
	if err != nil {
		return nil, err
	}
	detail, err := p.ApproveConnection(ctx, who, id)
	return edge.Answer(detail), err
}

func (p *Intake) testConnection(ctx context.Context, in *struct{ edge.Named }) (*edge.Body[*Notice], error) {
	id, err := connectionOf(ctx, in.Named)
	if err != nil {
		return nil, err
	}
	notice, err := p.TestConnection(ctx, id)
	return edge.Answer(notice), err
}

func (p *Intake) retireSecret(ctx context.Context, in *struct {
	edge.Named
	Secret string `path:"secret"`
},
) (*struct{}, error) {
	id, err := connectionOf(ctx, in.Named)
	if err != nil {
		return nil, err
	}
	secret, err := uuid.Parse(in.Secret)
	if err != nil {
		return nil, problem.Missing("secret")
	}
	return nil, p.RetireSecret(ctx, id, secret)
}
