package intake

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"market40/payments/banks"
	"market40/payments/connections"
)

// counts are the counters of the intake.
type counts struct {
	notices, refusals, unread, refusedBy *prometheus.CounterVec
	latency, groups                      prometheus.Histogram
}

// latencyBuckets are the bounds of how long a notice takes from its reception to its posting, in seconds:
// fine around what is usual, up to answerWithin.
var latencyBuckets = []float64{.002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 7.5}

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
		refusedBy: count("connection_refusals_total", "Webhook requests that a connection refused.", "connection",
			"reason"),
		latency: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: "market40", Name: "posting_duration_seconds", Buckets: latencyBuckets,
			Help: "Time from the reception of a webhook request until its notices are posted or a case.",
		}),
		groups: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: "market40",
			Name:      "posting_group_deliveries",
			Buckets:   []float64{1, 2, 4, 8, 16, 32, 64, 128, 256},
			Help:      "Webhook requests that were posted in one database transaction.",
		}),
	}
}

// acknowledged counts the notices of a delivery that took some time from its reception.
func (c *counts) acknowledged(provider string, n int, took time.Duration) {
	c.notices.WithLabelValues(provider).Add(float64(n))
	c.latency.Observe(took.Seconds())
}

func (c *counts) refused(connection *connections.Sender, why banks.Refusal) {
	provider := connection.Provider.Name()
	if why != banks.Unreadable {
		c.refusals.WithLabelValues(provider, string(why)).Inc()
	} else {
		c.unread.WithLabelValues(provider).Inc()
	}
	c.refusedBy.WithLabelValues(provider, connection.ID.String(), string(why)).Inc()
}

// Collectors returns the metrics of the intake, for /metrics.
func (in *Intake) Collectors() []prometheus.Collector {
	c := in.counts
	return append(in.Jobs.Collectors(), c.notices, c.refusals, c.unread, c.refusedBy, c.latency, c.groups,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Namespace: "market40", Name: "posting_waiting_deliveries",
			Help: "Webhook requests that wait for a worker in this process.",
		}, func() float64 { return float64(in.workers.lanes.length()) }), &clockGauges{in})
}

// InstallationCollectors returns the metrics that are the same in each replica.
func (in *Intake) InstallationCollectors() []prometheus.Collector {
	return []prometheus.Collector{&pendingGauges{in}}
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

// clockGauges report this process's clock, from memory.
type clockGauges struct{ intake *Intake }

// Describe sends the description of what Collect sends.
func (g *clockGauges) Describe(to chan<- *prometheus.Desc) { to <- clockOffset }

// Collect sends the offsets that are known.
func (g *clockGauges) Collect(to chan<- prometheus.Metric) {
	if by, known := g.intake.clock.Ahead(); known {
		to <- newGauge(clockOffset, by.Seconds(), "database")
	}
	if by, known := g.intake.stamps.Ahead(g.intake.now()); known {
		to <- newGauge(clockOffset, by.Seconds(), "notices")
	}
}

// pendingGauges report the pending notices, from memory.
type pendingGauges struct{ intake *Intake }

// Describe sends the descriptions of what Collect sends.
func (g *pendingGauges) Describe(to chan<- *prometheus.Desc) {
	to <- pendingNotices
	to <- oldestPending
}

// Collect sends the last count.
func (g *pendingGauges) Collect(to chan<- prometheus.Metric) {
	waiting, since, known := g.intake.pending.read()
	if !known {
		return
	}
	age := time.Duration(0)
	if waiting > 0 {
		age = max(0, g.intake.now().Sub(since))
	}
	to <- newGauge(pendingNotices, float64(waiting))
	to <- newGauge(oldestPending, age.Seconds())
}

func newGauge(d *prometheus.Desc, value float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
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
