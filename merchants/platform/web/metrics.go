package web

import (
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"

	"market40/merchants/platform/problem"
)

// durationBuckets are the bounds of how long answers take, in seconds.
var durationBuckets = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}

// requestMetrics count requests by route and method. Their labels are found once for each route, so
// that a request costs neither a lock nor an allocation.
type requestMetrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	current  prometheus.Gauge
	once     sync.Once
	byRoute  map[string]map[string]*routeMetrics // by route and method; complete after the first request
	other    *routeMetrics                       // of no route
}

// routeMetrics are the metrics of one route and method. Each is made when it is first needed.
type routeMetrics struct {
	of            *requestMetrics
	route, method string
	duration      atomic.Pointer[prometheus.Observer]
	classes       [6]atomic.Pointer[prometheus.Counter] // by the first digit of the status
}

func newRequestMetrics() *requestMetrics {
	return &requestMetrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: "market40", Name: "http_requests_total",
			Help: "Requests answered, by route, method and class of the status. A caller that left counts as 4xx.",
		}, []string{"route", "method", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: "market40", Name: "http_request_duration_seconds",
			Help: "How long requests took, by route and method; live streams are left out.", Buckets: durationBuckets,
		}, []string{"route", "method"}),
		current: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: "market40", Name: "http_requests_in_flight", Help: "Requests under way, live streams included.",
		}),
	}
}

// Collectors returns the metrics of requests, for /metrics.
func (e *Edge) Collectors() []prometheus.Collector {
	return []prometheus.Collector{e.metrics.requests, e.metrics.duration, e.metrics.current}
}

// learn makes the metrics of all routes that are mounted.
func (m *requestMetrics) learn(routes gin.RoutesInfo) {
	m.other = &routeMetrics{of: m, route: "none", method: "any"}
	m.byRoute = map[string]map[string]*routeMetrics{}
	for _, r := range routes {
		if m.byRoute[r.Path] == nil {
			m.byRoute[r.Path] = map[string]*routeMetrics{}
		}
		m.byRoute[r.Path][r.Method] = &routeMetrics{of: m, route: r.Path, method: r.Method}
	}
}

// measure returns a middleware that measures the requests of an engine.
func (m *requestMetrics) measure(engine *gin.Engine) gin.HandlerFunc {
	return func(c *gin.Context) {
		m.once.Do(func() { m.learn(engine.Routes()) })
		began, ctx := time.Now(), c.Request.Context()
		m.current.Inc()
		defer m.current.Dec()
		c.Next()
		status, took := c.Writer.Status(), time.Since(began)
		if status >= 500 && ctx.Err() != nil { // what failed was to answer someone who left
			status = problem.Left
		}
		logAnswer(c, status, took)
		r := m.byRoute[c.FullPath()][c.Request.Method]
		if r == nil {
			r = m.other
		}
		r.count(status)
		if !strings.HasPrefix(c.Writer.Header().Get("Content-Type"), "text/event-stream") {
			r.observe(took)
		}
	}
}

// logAnswer writes one line for each answer of 5xx, and with LOG_LEVEL=debug for every other one too. A
// 503 counts among the others: in a flood there are thousands of them, and a failure behind one was
// logged where it was found.
func logAnswer(c *gin.Context, status int, took time.Duration) {
	level := slog.LevelDebug
	if status >= 500 && status != http.StatusServiceUnavailable {
		level = slog.LevelInfo
	}
	if ctx := c.Request.Context(); slog.Default().Enabled(ctx, level) {
		slog.Log(ctx, level, "answered", "status", status, "method", c.Request.Method, "route", c.FullPath(),
			"bytes", max(0, c.Writer.Size()), "took", took.Round(100*time.Microsecond))
	}
}

// count counts an answer. The counter of failures begins at zero with the first answer, so that the
// first failure is an increase.
func (r *routeMetrics) count(status int) {
	r.class(5)
	if class := status / 100; class > 0 && class < len(r.classes) {
		(*r.class(class)).Inc()
	}
}

func (r *routeMetrics) class(n int) *prometheus.Counter {
	if known := r.classes[n].Load(); known != nil {
		return known
	}
	made := r.of.requests.WithLabelValues(r.route, r.method, strconv.Itoa(n)+"xx")
	r.classes[n].Store(&made)
	return &made
}

func (r *routeMetrics) observe(took time.Duration) {
	known := r.duration.Load()
	if known == nil {
		made := r.of.duration.WithLabelValues(r.route, r.method)
		known = &made
		r.duration.Store(known)
	}
	(*known).Observe(took.Seconds())
}
