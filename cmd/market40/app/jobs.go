package app

import (
	"context"
	"sync"

	"market40/merchants/platform/jobs"
	"market40/merchants/platform/siem"
)

// StartJobs starts the jobs that run by the clock, and returns a function that ends them and waits
// for them. A demo prints the messages to phones. Without a gateway none is sent: messages wait in
// their table until one is set up, three days at most.
func (p *Program) StartJobs(ctx context.Context, demo bool) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	list := []jobs.Job{p.trail.Job(), p.privacy.Job(), p.Registry.Changes.Job(), p.reports.Job()}
	if p.Settings.Syslog != nil {
		forwarder := &siem.Forwarder{
			Trail: p.trail, DB: p.DB, Receiver: *p.Settings.Syslog, Source: AuditSource(),
			Now: p.Now,
		}
		running.Go(func() { forwarder.Run(ctx) })
	}
	if sender := p.smsSender(demo); sender != nil {
		list = append(list, p.messages.Job(sender))
	}
	running.Go(func() { p.leader.Run(ctx) })
	running.Go(func() { p.Intake.Jobs.Run(ctx, list...) })
	return func() {
		cancel()
		waitAtMost(closePatience, "jobs", running.Wait)
	}
}
