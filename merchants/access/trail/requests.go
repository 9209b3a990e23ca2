package trail

import (
	"context"
	"log/slog"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
)

// unrecorded are the requests under /api that are not GET and yet not in the trail, each with why.
var unrecorded = map[string]string{
	"POST /api/v1/codes/verify": "changes nothing: strangers look up the stall of a payload",
}

// changingGets are the GETs that change something, such as those that another site sends a browser
// back to: they are recorded like POSTs.
var changingGets = map[string]bool{"/api/v1/oidc/:provider/callback": true}

// watchedReads are the reads that the trail records even if they are refused. RecordReading records
// them when they are answered, and every other read of a merchant's data.
var watchedReads = map[string]bool{
	"/api/v1/stalls/:id/payments": true, "/api/v1/stalls/:id/payments/stream": true, "/api/v1/notices": true,
	"/api/v1/cases":                 true,
	"/api/v1/deliveries/unreadable": true, "/api/v1/merchants/:id/export": true,
	"/api/v1/merchants/:id/data-requests": true, "/api/v1/data-requests": true,
}

// acceptRoute accepts an invitation. Its path contains a secret, so the trail records the route
// instead.
const acceptRoute = "/i/:token"

// Record writes the trail of requests under /api, and of those that accept an invitation. It
// records a request that may change something before it runs, and refuses it (503) if it cannot; it
// records the result when the request is answered.
func (t *Trail) Record(c *gin.Context) {
	route, method := c.FullPath(), c.Request.Method
	if !strings.HasPrefix(route, "/api/") && route != acceptRoute {
		return
	}
	who, err := roles.From(c.Request.Context())
	known := err == nil
	e := Event{
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
	case read && !changingGets[route]:
		if known {
			t.watchReading(c, e)
		}
	case unrecorded[method+" "+route] == "":
		t.recordOutcome(c, e)
	}
}

// recordOutcome writes a request's line, runs it, and writes its result: that of a panic is 500.
func (t *Trail) recordOutcome(c *gin.Context, e Event) {
	ctx, line, err := t.Begin(c.Request.Context(), e)
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
		if err := t.End(context.WithoutCancel(ctx), line, status); err != nil {
			slog.ErrorContext(ctx, "the audit trail misses a result", "line", line, "method", e.Method, "route",
				e.Route, "status", status, "error", err)
		}
	}()
	c.Next()
	status = c.Writer.Status()
}

// watchReading lets a reading record itself before it is answered, and records it where it was
// refused.
func (t *Trail) watchReading(c *gin.Context, e Event) {
	ctx := t.Watch(c.Request.Context(), e)
	c.Request = c.Request.WithContext(ctx)
	c.Next()
	status := c.Writer.Status()
	if !watchedReads[e.Route] || status < http.StatusBadRequest || ReadingRecorded(ctx) {
		return
	}
	ctx = context.WithoutCancel(ctx)
	if err := t.Refused(ctx, e, status); err != nil {
		slog.ErrorContext(ctx, "the audit trail misses a refused reading", "method", e.Method, "route", e.Route,
			"status", status, "error", err)
	}
}
