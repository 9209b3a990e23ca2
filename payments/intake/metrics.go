package intake

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"market40/payments/banks"
)

// counts are the counters of the intake.
type counts struct {
	notices, refusals, unread *prometheus.CounterVec
}

func newCounts() *counts {
	count := func(name, help string, more ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "market40", Name: name, Help: help},
			append([]string{"provider"}, more...))
	}
	return &counts{
		notices: count("notices_total", "Notices acknowledged after commit, repeats included."),
		refusals: count("webhook_refusals_total",
			"Webhook requests refused: bad_signature, or stale with a good signature.", "reason"),
		unread: count("webhook_unreadable_total", "Signed webhook requests that could not be read."),
	}
}

func (c *counts) acknowledged(provider string, n int) {
	c.notices.WithLabelValues(provider).Add(float64(n))
}

func (c *counts) refused(provider string, why banks.Refusal) {
	c.refusals.WithLabelValues(provider, string(why)).Inc()
}
func (c *counts) unreadable(provider string) { c.unread.WithLabelValues(provider).Inc() }

// Collectors returns the metrics of the intake, for /metrics.
func (in *Intake) Collectors() []prometheus.Collector {
	return append(in.Jobs.Collectors(), in.counts.notices, in.counts.refusals, in.counts.unread, &gauges{in})
}

var (
	clockOffset = prometheus.NewDesc("market40_clock_ahead_seconds",
		"How far this machine's clock is ahead: of the database's, or of the stamps of signed notices.", []string{"of"},
		nil)
	pendingNotices = prometheus.NewDesc("market40_pending_notices",
		"Notices that could not be processed and are retried.", nil, nil)
	oldestPending = prometheus.NewDesc("market40_oldest_pending_notice_seconds",
		"How long the oldest of them has waited; 0: none waits.", nil, nil)
)

// gauges are values in memory. They need no query, because /metrics is public.
type gauges struct{ intake *Intake }

// Describe sends the descriptions of what Collect sends.
func (g *gauges) Describe(to chan<- *prometheus.Desc) {
	to <- clockOffset
	to <- pendingNotices
	to <- oldestPending
}

// Collect sends the known values.
func (g *gauges) Collect(to chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	now := g.intake.now()
	if by, known := g.intake.clock.Ahead(); known {
		gauge(clockOffset, by.Seconds(), "database")
	}
	if by, known := g.intake.stamps.Ahead(now); known {
		gauge(clockOffset, by.Seconds(), "notices")
	}
	waiting, since, known := g.intake.pending.read()
	if !known {
		return
	}
	age := time.Duration(0)
	if waiting > 0 {
		age = max(0, now.Sub(since))
	}
	gauge(pendingNotices, float64(waiting))
	gauge(oldestPending, age.Seconds())
}

// pendingEvery is how often the pending notices are counted.
const pendingEvery = 10 * time.Second

// pendingCount is the number of pending notices, as last counted.
type pendingCount struct {
	mu      sync.Mutex
	counted bool
	waiting int64
	since   time.Time // of the oldest
}

func (c *pendingCount) read() (waiting int64, since time.Time, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.waiting, c.since, c.counted
}

// count counts the pending notices for the metrics.
func (c *pendingCount) count(ctx context.Context, pool *pgxpool.Pool) error {
	var waiting int64
	var since *time.Time
	if err := pool.QueryRow(ctx, `SELECT count(*), min(since) FROM notice_retries`).Scan(&waiting, &since); err != nil {
		return fmt.Errorf("count pending notices: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting, c.counted = waiting, true
	if since != nil {
		c.since = *since
	}
	return nil
}
