package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"market40/merchants/jobs"
	"market40/merchants/siem"
	"market40/migrations/database/private"
)

// What one connection may take. Streams set their own write deadline, and files have longer to arrive.
const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = 10 * time.Second // a small body must have arrived by then
	writeTimeout      = 60 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 32 << 10
	// http2Buffer is how much of bodies a connection of HTTP/2 holds before anything reads them.
	http2Buffer = 64 << 10
)

// How the program ends: what was taken is posted and answered, streams end, requests under way have a moment, and then
// every connection is closed.
const (
	shutdownPatience = 2500 * time.Millisecond // for requests under way
	closePatience    = 500 * time.Millisecond  // for what is left after each of them
)

func serveCommand(s *settings) *cobra.Command {
	var demo, lan bool
	c := &cobra.Command{
		Use: "serve [--demo] [--lan]", Short: "Run the server until it is told to stop (SIGINT, SIGTERM)", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s.LAN = lan
			return serve(cmd.Context(), s, demo, cmd.OutOrStdout())
		},
	}
	c.Flags().BoolVar(&demo, "demo", false, "load an invented province into an empty database, and print an API key for each role")
	c.Flags().BoolVar(&lan, "lan", false, "serve https to the phones of this network by a certificate authority of this machine's own (port 8443)")
	return c
}

const (
	// gcPercent lets the heap grow to five times what lives before it is collected: at full load little lives and
	// much is made, and collecting at the default took a sixth of the process's time. GOGC overrules it.
	gcPercent = 400
	// memoryLimit is from where on memory counts more than time, in bytes. GOMEMLIMIT overrules it.
	memoryLimit = 160 << 20
)

// tuneMemory trades memory that is not needed for time that is.
func tuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
}

// serve opens everything, says where it listens, and closes everything in turn when ctx ends.
func serve(ctx context.Context, s *settings, demo bool, out io.Writer) error {
	if err := s.needSecret(); err != nil {
		return err
	}
	tuneMemory()
	f, err := s.openFront(ctx)
	if err != nil {
		return err
	}
	defer f.close() // the servers close it too
	p, closeProgram, err := openProgramOn(ctx, s, private.Start)
	if err != nil {
		return err
	}
	defer closeProgram()
	if err := s.finishOwn(ctx, p.db.Pool); err != nil {
		return err
	}
	routes, err := p.edge(demo)
	if err != nil {
		return err
	}
	mqtt, err := s.openMQTT(ctx, f.tls)
	if err != nil {
		return err
	}
	server := newServer(routes.Engine)
	defer p.startJobs(ctx, demo)()
	p.payments.Start(context.WithoutCancel(ctx)) // until Stop, so that what was taken is posted
	if err := mqtt.serve(ctx, p.boxes); err != nil {
		return errors.Join(err, p.shutDown(server))
	}
	failed := make(chan error, 2)
	go func() { failed <- f.serve(server) }()
	if f.lan != nil {
		go func() { failed <- f.lan.page.Serve(f.lan.listener) }()
	}
	if demo {
		err = p.showDemo(ctx, out, f.address)
	}
	if err == nil {
		mqtt.tell(out)
		f.tell(out)
		later, stopLater := context.WithCancel(ctx)
		var reporting sync.WaitGroup
		if demo {
			reporting.Go(func() { p.reportDemoLater(later) })
		}
		err = waitForEnd(ctx, failed)
		stopLater()
		reporting.Wait()
	}
	return errors.Join(err, p.shutDown(server))
}

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

// waitForEnd returns when the program is told to stop, or the server's own failure.
func waitForEnd(ctx context.Context, failed <-chan error) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-failed:
		return fmt.Errorf("serving: %w", err)
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
