package jobs_test

import (
	"context"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"market40/merchants/platform/jobs"
	"market40/migrations/database/dbtest"
)

// TestOneReplicaLeads: of two replicas one leads and exports, and the other follows when the way of the first one to
// the database is frozen.
func TestOneReplicaLeads(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	proxy := dbtest.NewProxy(t, url)
	first, second := jobs.NewLeader(opened(t, proxy.URL), "metrics"), jobs.NewLeader(opened(t, url), "metrics")
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	defer func() {
		cancel()
		running.Wait()
	}()
	running.Go(func() { first.Run(ctx) })
	eventually(t, "the first replica leads", first.Leads)
	running.Go(func() { second.Run(ctx) })
	exports := func(l *jobs.Leader) bool {
		registry := prometheus.NewRegistry()
		must(t, registry.Register(l.Only(prometheus.NewGauge(prometheus.GaugeOpts{Name: "number", Help: "A number."}))))
		families, err := registry.Gather()
		must(t, err)
		return len(families) == 1
	}
	if second.Leads() || !exports(first) || exports(second) {
		t.Error("the second replica leads or exports beside the first")
	}
	proxy.Freeze()
	eventually(t, "the second replica leads and exports", func() bool { return second.Leads() && exports(second) })
	eventually(t, "the first replica leads no more", func() bool { return !first.Leads() && !exports(first) })
}
