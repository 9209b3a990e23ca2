package metrics

import (
	"context"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"market40/migrations/database"
)

var (
	databaseUp = number("database_up", "1: the database answered this process within two seconds.")
	poolConns  = number("database_connections", "Connections of this process to the database, by pool and state.",
		"pool", "state")
	poolMax = number("database_connections_max", "The most connections that the pool opens.", "pool")
	waited  = number("database_acquire_waits_total", "Times that a connection was waited for.", "pool")
	waitSum = number("database_acquire_wait_seconds_total", "How long connections were waited for, in all.", "pool")
	gaveUp  = number("database_acquire_canceled_total", "Waits for a connection that were given up.", "pool")
)

// Database collects what this process knows of its database.
type Database struct {
	db *database.DB

	mu    sync.Mutex
	asked time.Time
	up    float64
}

// NewDatabase watches the two pools of db.
func NewDatabase(db *database.DB) *Database { return &Database{db: db} }

// Describe sends the descriptions of what Collect sends.
func (d *Database) Describe(to chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{databaseUp, poolConns, poolMax, waited, waitSum, gaveUp} {
		to <- desc
	}
}

// Collect asks the database for a sign of life, and sends the state of the pools.
func (d *Database) Collect(to chan<- prometheus.Metric) {
	to <- prometheus.MustNewConstMetric(databaseUp, prometheus.GaugeValue, d.answers())
	for name, pool := range map[string]*pgxpool.Pool{"main": d.db.Pool, "money": d.db.Money().Pool} {
		s := pool.Stat()
		gauge := func(desc *prometheus.Desc, value int32, labels ...string) {
			to <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, float64(value),
				append([]string{name}, labels...)...)
		}
		counter := func(desc *prometheus.Desc, value float64) {
			to <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, value, name)
		}
		gauge(poolConns, s.AcquiredConns(), "in_use")
		gauge(poolConns, s.IdleConns(), "idle")
		gauge(poolConns, s.ConstructingConns(), "opening")
		gauge(poolMax, s.MaxConns())
		counter(waited, float64(s.EmptyAcquireCount()))
		counter(waitSum, s.EmptyAcquireWaitTime().Seconds())
		counter(gaveUp, float64(s.CanceledAcquireCount()))
	}
}

// answers returns 1 if the database answers. It is asked on the money lane, which no flood of readers
// fills, and at most every few seconds.
func (d *Database) answers() float64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	if time.Since(d.asked) < readEvery {
		return d.up
	}
	ctx, cancel := context.WithTimeout(context.Background(), readWithin)
	defer cancel()
	d.up = 1
	if err := d.db.Money().Pool.Ping(ctx); err != nil {
		d.up = 0
	}
	d.asked = time.Now()
	return d.up
}

// Build returns a metric that names the program: its version, Go's, and the schema that it needs.
func Build(version string, schema int64) prometheus.Collector {
	g := prometheus.NewGauge(prometheus.GaugeOpts{
		Namespace: "market40", Name: "build_info", Help: "1, with what the program is: its version, Go's, its schema.",
		ConstLabels: prometheus.Labels{
			"version": version, "go": runtime.Version(), "schema": strconv.FormatInt(schema, 10),
		},
	})
	g.Set(1)
	return g
}
