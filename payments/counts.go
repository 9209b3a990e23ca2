package payments

import (
	"github.com/prometheus/client_golang/prometheus"

	"market40/payments/banks"
)

// counts are what operators watch of the way in.
type counts struct {
	notices, refusals, unread *prometheus.CounterVec
}

func newCounts() *counts {
	count := func(name, help string, more ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "market40", Name: name, Help: help}, append([]string{"provider"}, more...))
	}
	return &counts{
		notices:  count("notices_total", "Notices acknowledged after commit, repeats included."),
		refusals: count("webhook_refusals_total", "Webhook requests refused: bad_signature, or stale with a good signature.", "reason"),
		unread:   count("webhook_unreadable_total", "Signed webhook requests of which nothing could be read."),
	}
}

func (c *counts) kept(provider string, n int) { c.notices.WithLabelValues(provider).Add(float64(n)) }
func (c *counts) refused(provider string, why banks.Refusal) {
	c.refusals.WithLabelValues(provider, string(why)).Inc()
}
func (c *counts) unreadable(provider string) { c.unread.WithLabelValues(provider).Inc() }

// Collectors are the metrics of the way in, for /metrics.
func (p *Payments) Collectors() []prometheus.Collector {
	return append(p.Jobs.Collectors(), p.counts.notices, p.counts.refusals, p.counts.unread)
}
