package web

import (
	"net/http"
	"testing"
	"time"
)

// CountedCallers returns how many addresses of strangers are counted.
func CountedCallers(e *Edge) int { return len(e.limits.anonymous.young) + len(e.limits.anonymous.old) }

// HalfPair reports whether a JSON text escapes half of a surrogate pair.
func HalfPair(body []byte) bool { return halfPair(body) }

// CostlyRequests is how many costly requests run at once on this machine.
var CostlyRequests = costlyRequests

// AllocationsOfCounting returns how many allocations it costs to count one more answer of a route.
func AllocationsOfCounting(e *Edge, method, route string) float64 {
	r := e.metrics.byRoute[route][method]
	return testing.AllocsPerRun(100, func() {
		r.count(http.StatusOK)
		r.observe(time.Millisecond)
	})
}
