package edge

import (
	"context"
	"log/slog"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"market40/merchants/auth"
	"market40/merchants/problem"
)

// watchedReads are the reads that the trail keeps: of what a merchant was paid and of all that is kept of it, by anyone
// but a merchant.
var watchedReads = map[string]bool{
	"/api/v1/stalls/:id/payments": true, "/api/v1/stalls/:id/payments/stream": true, "/api/v1/notices": true,
	"/api/v1/deliveries/unreadable": true, "/api/v1/merchants/:id/export": true, "/api/v1/merchants/:id/data-requests": true, "/api/v1/data-requests": true,
}

// record adds to the trail what a request under /api did, once it is answered.
func record(trail *auth.Trail) gin.HandlerFunc {
	return func(c *gin.Context) {
		c.Next()
		route := c.FullPath()
		if !strings.HasPrefix(route, "/api/") {
			return
		}
		who, err := auth.From(c.Request.Context())
		known := err == nil
		read := c.Request.Method == http.MethodGet || c.Request.Method == http.MethodHead
		if read && (!watchedReads[route] || who.Role == auth.Merchant) || !known && route != "/api/v1/sessions" {
			return
		}
		if !known && c.Writer.Status() == http.StatusServiceUnavailable {
			return // sent away before anything was looked at: a flood leaves no line for each
		}
		e := auth.Event{
			SessionID: who.SessionID, Address: c.Request.RemoteAddr, Method: c.Request.Method, Route: route,
			Object: c.Request.URL.EscapedPath(), Status: c.Writer.Status(),
		}
		if known {
			e.ActorID = &who.ActorID
		}
		ctx := context.WithoutCancel(c.Request.Context())
		if err := trail.Record(ctx, e); err != nil {
			slog.ErrorContext(ctx, "the audit trail misses a request", "method", e.Method, "route", route, "status", e.Status, "error", err)
		}
	}
}

// TrailRoutes mounts the reading of the trail.
func TrailRoutes(e *Edge, trail *auth.Trail) {
	op := huma.Operation{OperationID: "list-audit-events", Method: http.MethodGet, Path: "/api/v1/audit", Tags: []string{"audit"}, Summary: "Nhật ký kiểm toán: who did what, from where, newest first"}
	huma.Register(e.API, op, func(ctx context.Context, in *struct {
		Page
		Actor string `query:"actor_id" maxLength:"36" doc:"of one user or key"`
	}) (*struct{ Body List[auth.Event] }, error) {
		who, err := auth.Require(ctx, auth.ReadTrail)
		if err == nil && who.ScopeKind != auth.ScopeAll {
			err = problem.New(problem.Forbidden, "not_allowed", "Nhật ký là của toàn hệ thống.", "The trail is the whole platform's.")
		}
		if err != nil {
			return nil, err
		}
		after, err := in.Mark()
		if err != nil {
			return nil, err
		}
		var actor *uuid.UUID
		if in.Actor != "" {
			id, err := uuid.Parse(in.Actor)
			if err != nil {
				return nil, problem.Of("actor_id", "id_form", "Mã không hợp lệ.", "This is no id.")
			}
			actor = &id
		}
		items, err := trail.Events(ctx, after.ID, actor, in.Size()+1)
		if err != nil {
			return nil, err
		}
		items, next := Cut(items, in.Page, func(e auth.Event) Mark { return Mark{ID: e.ID} })
		return &struct{ Body List[auth.Event] }{List[auth.Event]{Items: items, Next: next}}, nil
	})
}
