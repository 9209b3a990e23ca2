package connections

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
)

// Routes mounts the admins' routes for bank connections.
func (cs *Connections) Routes(e *web.Edge) {
	op := web.Tagged("payments")
	const all, one = "/api/v1/bank-connections", "/api/v1/bank-connections/{id}"
	huma.Register(e.API, op(http.MethodPost, all, "create-bank-connection",
		"Register a bank connection", http.StatusCreated), cs.createConnection)
	huma.Register(e.API, op(http.MethodGet, all, "list-bank-connections", "Bank connections, without secrets", 0),
		cs.listConnections)
	huma.Register(e.API, op(http.MethodGet, one, "get-bank-connection",
		"A bank connection with its health and its secrets' ids", 0), cs.getConnection)
	huma.Register(e.API, op(http.MethodPatch, one, "change-bank-connection",
		"Rename a bank connection, or switch it on or off", 0), cs.changeConnection)
	huma.Register(e.API, op(http.MethodPost, one+"/approve", "approve-bank-connection",
		"Approve a connection without signatures, as a second person", 0), cs.approveConnection)
	huma.Register(e.API, op(http.MethodPost, one+"/secrets", "rotate-bank-connection-secret",
		"Add a secret; the one before stays active", http.StatusNoContent), cs.rotateSecret)
	huma.Register(e.API, op(http.MethodDelete, one+"/secrets/{secret}", "retire-bank-connection-secret",
		"Retire a secret at once", http.StatusNoContent), cs.retireSecret)
}

func (cs *Connections) createConnection(ctx context.Context,
	in *web.Body[ConnectionOrder],
) (*web.Body[*Connection], error) {
	if err := RequirePlatform(ctx); err != nil {
		return nil, err
	}
	return web.Answer(cs.Create(ctx, in.Body))
}

func (cs *Connections) listConnections(ctx context.Context,
	in *struct{ web.Page },
) (*web.Body[*web.List[Connection]], error) {
	if err := RequirePlatform(ctx); err != nil {
		return nil, err
	}
	return web.Answer(cs.List(ctx, in.Page))
}

func (cs *Connections) rotateSecret(ctx context.Context, in *struct {
	web.Named
	Body struct {
		Secrets SecretFields `json:"secrets" doc:"the provider's own fields; never shown again"`
	}
},
) (*struct{}, error) {
	if err := RequirePlatform(ctx); err != nil {
		return nil, err
	}
	id, err := in.UUID("connection")
	if err != nil {
		return nil, err
	}
	return nil, cs.RotateSecret(ctx, id, in.Body.Secrets.RawMessage)
}

// pathConnection returns the connection of a path, for callers who manage all connections.
func pathConnection(ctx context.Context, in web.Named) (uuid.UUID, error) {
	if err := RequirePlatform(ctx); err != nil {
		return uuid.Nil, err
	}
	return in.UUID("connection")
}

func (cs *Connections) getConnection(ctx context.Context,
	in *struct{ web.Named },
) (*web.Body[*ConnectionDetail], error) {
	id, err := pathConnection(ctx, in.Named)
	if err != nil {
		return nil, err
	}
	return web.Answer(cs.Describe(ctx, id))
}

func (cs *Connections) changeConnection(ctx context.Context, in *struct {
	web.Named
	Body ConnectionChange
},
) (*web.Body[*ConnectionDetail], error) {
	id, err := pathConnection(ctx, in.Named)
	if err != nil {
		return nil, err
	}
	return web.Answer(cs.Change(ctx, id, in.Body))
}

func (cs *Connections) approveConnection(ctx context.Context,
	in *struct{ web.Named },
) (*web.Body[*ConnectionDetail], error) {
	id, err := pathConnection(ctx, in.Named)
	if err != nil {
		return nil, err
	}
	who, err := roles.From(ctx)
	if err != nil {
		return nil, err
	}
	return web.Answer(cs.Approve(ctx, who, id))
}

func (cs *Connections) retireSecret(ctx context.Context, in *struct {
	web.Named
	Secret string `path:"secret"`
},
) (*struct{}, error) {
	id, err := pathConnection(ctx, in.Named)
	if err != nil {
		return nil, err
	}
	secret, err := uuid.Parse(in.Secret)
	if err != nil {
		return nil, problem.Missing("secret")
	}
	return nil, cs.RetireSecret(ctx, id, secret)
}

// RequirePlatform refuses callers who may not manage all connections: a connection's secret gives
// access to more than one scope.
func RequirePlatform(ctx context.Context) error {
	who, err := roles.Require(ctx, roles.WriteConnections)
	if err == nil && who.ScopeKind != roles.ScopeAll {
		err = problem.New(problem.Forbidden, "not_allowed", "Cần quyền trên toàn hệ thống.",
			"This needs a key for the whole platform.")
	}
	return err
}
