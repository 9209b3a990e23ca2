package web

import (
	"context"
	"log/slog"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"market40/merchants/access/roles"
	"market40/merchants/access/trail"
	"market40/merchants/platform/problem"
)

// Unrecorded are the requests under /api that are not GET and yet not in the trail, each with why.
var Unrecorded = map[string]string{
	"POST /api/v1/codes/verify": "changes nothing: strangers look up the stall of a payload",
}

// ChangingGets are the GETs that change something, such as those that another site sends a browser
// back to: they are recorded like POSTs.
var ChangingGets = map[string]bool{"/api/v1/oidc/:provider/callback": true}

// watchedReads are the reads that the trail keeps when they are refused too. When they are
// answered, and whichever else shows a merchant's data, auth.Seen records them.
var watchedReads = map[string]bool{
	"/api/v1/stalls/:id/payments": true, "/api/v1/stalls/:id/payments/stream": true, "/api/v1/notices": true,
	"/api/v1/cases":                 true,
	"/api/v1/deliveries/unreadable": true, "/api/v1/merchants/:id/export": true,
	"/api/v1/merchants/:id/data-requests": true, "/api/v1/data-requests": true,
}

// acceptRoute accepts an invitation. Its path contains a secret, so the trail records the route
// instead.
const acceptRoute = "/i/:token"

// recordRequests writes the trail of requests under /api, and of those that accept an invitation. It
// records a request that may change something before it runs, and refuses it (503) if it cannot; it
// records the result when the request is answered.
func recordRequests(audit *trail.Trail) gin.HandlerFunc {
	return func(c *gin.Context) {
		route, method := c.FullPath(), c.Request.Method
		if !strings.HasPrefix(route, "/api/") && route != acceptRoute {
			return
		}
		who, err := roles.From(c.Request.Context())
		known := err == nil
		e := trail.Event{
			SessionID: who.SessionID, Address: c.Request.RemoteAddr, Method: method, Route: route,
			Object: c.Request.URL.EscapedPath(),
		}
		if known {
			e.ActorID = &who.ActorID
		}
		if route == acceptRoute {
			e.Object = route
		}
		switch read := method == http.MethodGet || method == http.MethodHead; {
		case read && !ChangingGets[route]:
			if known {
				watchReading(c, audit, e)
			}
		case Unrecorded[method+" "+route] == "":
			recordOutcome(c, audit, e)
		}
	}
}

// recordOutcome writes a request's line, runs it, and writes its result: that of a panic is 500.
func recordOutcome(c *gin.Context, audit *trail.Trail, e trail.Event) {
	ctx, line, err := audit.Begin(c.Request.Context(), e)
	if err != nil {
		slog.ErrorContext(ctx, "a request is refused because the audit trail cannot be written", "method", e.Method,
			"route", e.Route, "error", err)
		refusal := problem.New(problem.Unavailable, "trail_unavailable", "Hệ thống tạm gián đoạn, xin gửi lại.",
			"The audit trail cannot be written, so nothing was done: please send the request again.")
		refusal.RetryAfter = 30
		problem.Write(c, refusal)
		return
	}
	c.Request = c.Request.WithContext(ctx)
	status := http.StatusInternalServerError
	defer func() {
		if err := audit.End(context.WithoutCancel(ctx), line, status); err != nil {
			slog.ErrorContext(ctx, "the audit trail misses a result", "line", line, "method", e.Method, "route",
				e.Route, "status", status, "error", err)
		}
	}()
	c.Next()
	status = c.Writer.Status()
}

// watchReading lets a reading record itself before it is answered, and records it where it was refused.
func watchReading(c *gin.Context, audit *trail.Trail, e trail.Event) {
	ctx := audit.Watch(c.Request.Context(), e)
	c.Request = c.Request.WithContext(ctx)
	c.Next()
	status := c.Writer.Status()
	if !watchedReads[e.Route] || status < http.StatusBadRequest || trail.ReadingRecorded(ctx) {
		return
	}
	ctx = context.WithoutCancel(ctx)
	if err := audit.Refused(ctx, e, status); err != nil {
		slog.ErrorContext(ctx, "the audit trail misses a refused reading", "method", e.Method, "route", e.Route,
			"status", status, "error", err)
	}
}
