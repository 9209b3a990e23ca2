// Package jobs runs scheduled work. Each job has a deadline. If replicas must not do it at the same
// time, it runs under a lock that a hanging replica loses within seconds.
package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"market40/migrations/database"
)

const (
	// Deadline is how long one round of a job may take, unless the job says otherwise.
	Deadline = time.Minute
	// RetryAfter is the longest pause after a round that failed.
	RetryAfter = time.Minute
)

// Job is work that is done again and again.
type Job struct {
	Name     string        // in the log, the metrics and the lock
	Every    time.Duration // the pause between two rounds
	First    time.Duration // the pause before the first round
	Deadline time.Duration // of one round; 0: Deadline
	Shared   bool          // every replica does it; otherwise one at a time
	LockOn   *database.DB  // the database that holds the lock; nil: the runner's
	Do       func(context.Context) error
}

// Runner runs jobs on one database and counts how they fare.
type Runner struct {
	db       *database.DB
	success  *prometheus.GaugeVec
	failures *prometheus.CounterVec
	interval *prometheus.GaugeVec
}

// New prepares a runner.
func New(db *database.DB) *Runner {
	labels := []string{"name"} // Prometheus has its own label "job"
	return &Runner{
		db: db,
		success: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: "market40", Name: "job_last_success_timestamp_seconds",
			Help: "When a round of the job last succeeded in this process.",
		}, labels),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: "market40", Name: "job_failures_total",
			Help: "Rounds of the job that failed or passed their deadline.",
		}, labels),
		interval: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: "market40", Name: "job_interval_seconds", Help: "The pause between two rounds of the job.",
		}, labels),
	}
}

// Collectors returns the metrics of all jobs, for /metrics.
func (r *Runner) Collectors() []prometheus.Collector {
	return []prometheus.Collector{r.success, r.failures, r.interval}
}

// Run runs jobs, each beside the others, until ctx ends and the last round is over.
func (r *Runner) Run(ctx context.Context, list ...Job) {
	var running sync.WaitGroup
	for _, j := range list {
		running.Go(func() { r.repeat(ctx, j) })
	}
	running.Wait()
}

func (r *Runner) repeat(ctx context.Context, j Job) {
	r.failures.WithLabelValues(j.Name).Add(0) // a job that never failed shows too
	r.interval.WithLabelValues(j.Name).Set(j.Every.Seconds())
	for wait := j.First; ; {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		wait = j.Every
		switch err := r.round(ctx, j); {
		case ctx.Err() != nil:
			return
		case err == nil:
			r.success.WithLabelValues(j.Name).SetToCurrentTime()
		case !errors.Is(err, ErrElsewhere):
			r.failures.WithLabelValues(j.Name).Inc()
			if !database.IsUnreachable(err) {
				slog.WarnContext(ctx, "a job failed", "job", j.Name, "error", err)
			}
			wait = min(wait, RetryAfter)
		}
	}
}

// round does a job once, within its deadline.
func (r *Runner) round(ctx context.Context, j Job) error {
	deadline := j.Deadline
	if deadline == 0 {
		deadline = Deadline
	}
	ctx, cancel := context.WithTimeoutCause(ctx, deadline, fmt.Errorf("no end within %s", deadline))
	defer cancel()
	if j.Shared {
		return withCause(ctx, j.Do(ctx))
	}
	lockOn := j.LockOn
	if lockOn == nil {
		lockOn = r.db
	}
	return RunExclusive(ctx, lockOn, j.Name, j.Do)
}

// withCause adds why a context ended to the error that came of it.
func withCause(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); err != nil && cause != nil && !errors.Is(err, cause) {
		return fmt.Errorf("%w: %w", cause, err)
	}
	return err
}
