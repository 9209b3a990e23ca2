package web_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
)

// TestRequestID: each answer has an id, a refusal and a panic too; a caller's own id counts only from a trusted
// proxy, and in a safe form.
func TestRequestID(t *testing.T) {
	t.Parallel()
	proxies, err := web.ParseProxies("10.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	e := web.New(web.Parts{Proxies: proxies, Now: time.Now})
	seen := ""
	e.Engine.GET("/seen", func(c *gin.Context) { seen = web.RequestID(c.Request.Context()) })
	e.Engine.GET("/panics", func(*gin.Context) { panic("boom") })
	const own, short = "5f2b0c1e-0f1d-4c56-9f43-0d2f3b9e1a77", "0123456789abcdef0123456789ABCDEF"
	ids := map[string]bool{}
	for _, c := range []struct {
		path, from, sent string
		believed         bool
	}{
		{"/seen", "10.0.0.1:1", own, true},
		{"/seen", "10.0.0.1:1", short, true},
		{"/seen", "10.0.0.2:1", own, false},
		{"/seen", "10.0.0.1:1", "0905123456", false},
		{"/seen", "10.0.0.1:1", own + "\nlevel=ERROR", false},
		{"/seen", "10.0.0.1:1", "", false},
		{"/missing", "10.0.0.2:1", "", false},
		{"/panics", "10.0.0.2:1", "", false},
	} {
		r := httptest.NewRequest(http.MethodGet, c.path, nil)
		r.RemoteAddr = c.from
		r.Header.Set("X-Request-Id", c.sent)
		w := httptest.NewRecorder()
		e.Engine.ServeHTTP(w, r)
		id := w.Header().Get("X-Request-Id")
		if (id == c.sent) != c.believed {
			t.Errorf("%s from %s with %q is answered with the id %q", c.path, c.from, c.sent, id)
		}
		if c.path == "/seen" && seen != id {
			t.Errorf("the request's context has the id %q, its answer %q", seen, id)
		}
		if made, err := uuid.Parse(id); !c.believed && (err != nil || made.Version() != 4 || ids[id]) {
			t.Errorf("%q is no new UUID of version 4", id)
		}
		ids[id] = true
	}
}

// metricsText returns what an edge counted, as Prometheus reads it.
func metricsText(t *testing.T, e *web.Edge) string {
	t.Helper()
	registry := prometheus.NewRegistry()
	for _, c := range e.Collectors() {
		if err := registry.Register(c); err != nil {
			t.Fatal(err)
		}
	}
	w := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	return w.Body.String()
}

// TestRequestsAreCountedByRoute: a path that has no route, and a method that does not exist, make no series of
// their own. A stream's length is no latency.
func TestRequestsAreCountedByRoute(t *testing.T) { // not parallel: it counts the process's allocations
	e := web.New(web.Parts{Now: time.Now})
	e.Engine.GET("/stalls/:id", func(c *gin.Context) { c.String(http.StatusOK, "stall") })
	e.Engine.GET("/panics", func(*gin.Context) { panic("boom") })
	e.Engine.GET("/stream", func(c *gin.Context) {
		c.Header("Content-Type", "text/event-stream")
		c.Status(http.StatusOK)
	})
	for _, request := range []string{
		"GET /stalls/1", "GET /stalls/2", "GET /nowhere/0905123456", "BREW /stalls/1", "POST /stalls/1", "GET /panics",
		"GET /stream",
	} {
		method, path, _ := strings.Cut(request, " ")
		e.Engine.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(method, path, nil))
	}
	text := metricsText(t, e)
	for _, line := range []string{
		`market40_http_requests_total{method="GET",route="/stalls/:id",status="2xx"} 2`,
		`market40_http_requests_total{method="GET",route="/stalls/:id",status="5xx"} 0`,
		`market40_http_requests_total{method="any",route="none",status="4xx"} 3`,
		`market40_http_requests_total{method="GET",route="/panics",status="5xx"} 1`,
		`market40_http_requests_total{method="GET",route="/stream",status="2xx"} 1`,
		`market40_http_request_duration_seconds_count{method="GET",route="/stalls/:id"} 2`,
		`market40_http_requests_in_flight 0`,
	} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("%s is missing in\n%s", line, text)
		}
	}
	if n := web.AllocationsOfCounting(e, http.MethodGet, "/stalls/:id"); n != 0 {
		t.Errorf("to count an answer costs %v allocations", n)
	}
	if found := regexp.MustCompile(`0905123456|BREW|duration_seconds_count\{[^}]*stream`).
		FindString(text); found != "" {
		t.Errorf("the metrics hold %s", found)
	}
}

// TestCallerWhoLeavesIsNoFailure: a caller gives up while its request waits. What fails then is answered to no one,
// and is counted as 4xx, whether or not the handler knows why it failed.
func TestCallerWhoLeavesIsNoFailure(t *testing.T) {
	t.Parallel()
	e := web.New(web.Parts{Now: time.Now})
	begun, done := make(chan struct{}), make(chan struct{}, 2)
	waits := func(answer func(c *gin.Context)) gin.HandlerFunc {
		return func(c *gin.Context) {
			begun <- struct{}{}
			<-c.Request.Context().Done()
			answer(c)
			done <- struct{}{}
		}
	}
	e.Engine.GET(
		"/returns",
		waits(problem.Handle(func(c *gin.Context) error { return context.Cause(c.Request.Context()) })),
	)
	e.Engine.GET("/answers", waits(func(c *gin.Context) { c.Status(http.StatusInternalServerError) }))
	server := httptest.NewServer(e.Engine)
	defer server.Close()
	for _, path := range []string{"/returns", "/answers"} {
		ctx, leave := context.WithCancel(t.Context())
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			<-begun
			leave()
		}()
		if res, err := http.DefaultClient.Do(r); err == nil {
			_, _ = io.Copy(io.Discard, res.Body)
			_ = res.Body.Close()
			t.Errorf("%s was answered %d", path, res.StatusCode)
		}
		<-done
	}
	server.Close() // its requests have ended
	text := metricsText(t, e)
	for _, route := range []string{"/returns", "/answers"} {
		for class, n := range map[string]string{"4xx": "1", "5xx": "0"} {
			if line := `market40_http_requests_total{method="GET",route="` + route + `",status="` + class + `"} ` + n +
				"\n"; !strings.Contains(text, line) {
				t.Errorf("%s is missing in\n%s", line, text)
			}
		}
	}
}
