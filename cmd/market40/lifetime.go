package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"market40/merchants/jobs"
	"market40/merchants/siem"
)

// How the program ends: what was taken is posted and answered, streams end, requests under way have a moment, and then
// every connection is closed.
const (
	shutdownPatience = 2500 * time.Millisecond // for requests under way
	closePatience    = 500 * time.Millisecond  // for what is left after each of them
)

// startJobs starts what runs by the clock, and returns what ends and awaits it. A demo prints what people are told; without
// a gateway nobody is told anything, and messages wait in their table until one is set up, three days at most.
func (p *program) startJobs(ctx context.Context, demo bool) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	list := []jobs.Job{p.trail.Job(), p.privacy.Job(), p.registry.Job(), p.reports.Job()}
	if p.settings.Syslog != nil {
		forwarder := &siem.Forwarder{Trail: p.trail, DB: p.db, Receiver: *p.settings.Syslog, Source: auditSource(), Now: p.now}
		running.Go(func() { forwarder.Run(ctx) })
	}
	if sender := p.sender(demo); sender != nil {
		list = append(list, p.messages.Job(sender))
	}
	running.Go(func() { p.payments.Jobs.Run(ctx, list...) })
	return func() {
		cancel()
		waitAtMost(closePatience, "jobs", running.Wait)
	}
}

// shutDown takes no new connection, ends the streams, posts what was taken, and waits for the requests under way, but for
// none of them long.
func (p *program) shutDown(server *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownPatience)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- server.Shutdown(ctx) }()
	waitAtMost(shutdownPatience, "the posting", func() {
		p.boxes.Stop() // they connect to another server, or come again
		p.payments.Stop()
	})
	err := <-done
	if errors.Is(err, context.DeadlineExceeded) {
		slog.Warn("requests under way were cut off")
		err = server.Close()
	}
	waitAtMost(closePatience, "sign-in codes", p.codes.Wait) // what was promised is sent, after the last request that may promise it
	return err
}

// waitAtMost does something, and leaves it behind when it takes longer than patience.
func waitAtMost(patience time.Duration, what string, do func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	select {
	case <-done:
	case <-time.After(patience):
		slog.Warn("the program ends before something was done", "what", what)
	}
}
