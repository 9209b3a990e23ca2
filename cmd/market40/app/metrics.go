package app

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"market40/cmd/market40/metrics"
	"market40/merchants/platform/web"
	"market40/migrations"
)

// scrapesAtOnce is how many answers of /metrics are written at the same time; a further one gets a 503.
const scrapesAtOnce = 4

// scrapeHandler answers /metrics. No label of a metric holds a person, an account or free text.
func (p *Program) scrapeHandler(e *web.Edge) (http.Handler, error) {
	schema, err := migrations.Latest()
	if err != nil {
		return nil, err
	}
	receiver := ""
	if p.Settings.Syslog != nil {
		receiver = p.Settings.Syslog.Address
	}
	all := slices.Concat(e.Collectors(), p.Intake.Collectors(), p.payments.Collectors(), p.pushes.Collectors(),
		p.Boxes.Collectors(), p.messages.Collectors(), []prometheus.Collector{
			metrics.NewDatabase(p.DB), metrics.Build(Version(), schema),
			p.leader.Only(slices.Concat([]prometheus.Collector{metrics.NewInstallation(p.DB, receiver)},
				p.Intake.InstallationCollectors(), p.privacy.InstallationCollectors())...),
			collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		})
	registry := prometheus.NewRegistry()
	for _, c := range all {
		if err := registry.Register(c); err != nil {
			return nil, fmt.Errorf("registering metrics: %w", err)
		}
	}
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{MaxRequestsInFlight: scrapesAtOnce}), nil
}
