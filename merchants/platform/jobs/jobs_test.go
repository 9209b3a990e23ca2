package jobs_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"market40/merchants/platform/jobs"
	"market40/migrations/database"
	"market40/migrations/database/dbtest"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// opened opens a database until the test's end.
func opened(t *testing.T, url string) *database.DB {
	t.Helper()
	db, err := database.Open(t.Context(), url, database.Options{MaxConns: 4})
	must(t, err)
	t.Cleanup(db.Close)
	return db
}

// run runs jobs until the function that it returns is called.
func run(t *testing.T, r *jobs.Runner, list ...jobs.Job) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { r.Run(ctx, list...) })
	return func() {
		cancel()
		running.Wait()
	}
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s", what)
		}
	}
}

// TestJobsComeBackAfterASilentFailover: the connections that hold the lock and do the work lead
// nowhere any more, while their sessions stay on the server.
func TestJobsComeBackAfterASilentFailover(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	proxy := dbtest.NewProxy(t, url)
	db := opened(t, proxy.URL)
	var rounds atomic.Int64
	inside := make(chan struct{}, 1)
	defer run(t, jobs.New(db), jobs.Job{
		Name: "work", Every: 10 * time.Millisecond,
		Do: func(ctx context.Context) error {
			select {
			case inside <- struct{}{}:
			default:
			}
			_, err := db.Pool.Exec(ctx, `SELECT pg_sleep(0.05)`)
			if err == nil {
				rounds.Add(1)
			}
			return err
		},
	})()
	eventually(t, "the first round", func() bool { return rounds.Load() > 0 })
	<-inside
	<-inside
	proxy.BlackHole()
	before := rounds.Load()
	eventually(t, "a round after the failover", func() bool { return rounds.Load() > before+1 })
}

// TestSilentHolderLosesLock: a replica whose way to the database is frozen loses the lock to
// another one, and its work is ended.
func TestSilentHolderLosesLock(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	proxy := dbtest.NewProxy(t, url)
	stalled, healthy := opened(t, proxy.URL), opened(t, url)
	ended, holds := make(chan error, 1), make(chan struct{})
	go func() {
		ended <- jobs.RunExclusive(t.Context(), stalled, "work", func(ctx context.Context) error {
			close(holds)
			<-ctx.Done()
			return ctx.Err()
		})
	}()
	<-holds
	work := func() error {
		return jobs.RunExclusive(t.Context(), healthy, "work", func(context.Context) error { return nil })
	}
	if err := work(); !errors.Is(err, jobs.ErrElsewhere) {
		t.Fatalf("two replicas hold one lock: %v", err)
	}
	proxy.Freeze()
	eventually(t, "the healthy replica has the lock", func() bool { return work() == nil })
	if err := <-ended; err == nil {
		t.Error("the stalled replica's work went on without the lock")
	}
}

// TestDeadlinesAndMetrics: a round ends at its deadline and counts as a failure; the next one is
// tried.
func TestDeadlinesAndMetrics(t *testing.T) {
	t.Parallel()
	r := jobs.New(opened(t, dbtest.Empty(t)))
	var rounds atomic.Int64
	stop := run(t, r, jobs.Job{
		Name: "hangs", Every: time.Millisecond, Deadline: 20 * time.Millisecond,
		Do: func(ctx context.Context) error {
			rounds.Add(1)
			<-ctx.Done()
			return ctx.Err()
		},
	}, jobs.Job{
		Name: "works", Every: time.Millisecond, Shared: true,
		Do: func(context.Context) error { return nil },
	})
	eventually(t, "three rounds", func() bool { return rounds.Load() > 2 })
	stop()
	if n := series(t, r, "market40_job_last_success_timestamp_seconds"); n != 1 {
		t.Errorf("%d jobs have succeeded, want 1", n)
	}
	if n := series(t, r, "market40_job_failures_total"); n != 2 {
		t.Errorf("%d jobs are counted, want 2", n)
	}
}

// series returns how many jobs a metric has.
func series(t *testing.T, r *jobs.Runner, name string) int {
	t.Helper()
	registry := prometheus.NewRegistry()
	for _, c := range r.Collectors() {
		must(t, registry.Register(c))
	}
	families, err := registry.Gather()
	must(t, err)
	for _, f := range families {
		if f.GetName() == name {
			return len(f.GetMetric())
		}
	}
	return 0
}

// TestEveryJobEndsInTime holds the shipped limits against what operators are promised: jobs are
// back within 30 s.
func TestEveryJobEndsInTime(t *testing.T) {
	t.Parallel()
	if jobs.Deadline != time.Minute || jobs.RetryAfter > time.Minute {
		t.Errorf("a round may take %s and is repeated after %s", jobs.Deadline, jobs.RetryAfter)
	}
}
