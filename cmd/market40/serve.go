package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"market40/migrations/database/private"
)

// What one connection may take. Streams clear their write deadline; an import of 5 MB must fit the read.
const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = 60 * time.Second
	writeTimeout      = 60 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 32 << 10
	shutdownPatience  = 15 * time.Second // for requests under way, once streams were told to end
)

func serveCommand(s *settings) *cobra.Command {
	var demo bool
	c := &cobra.Command{
		Use: "serve [--demo]", Short: "Run the server until it is told to stop (SIGINT, SIGTERM)", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return serve(cmd.Context(), s, demo, cmd.OutOrStdout()) },
	}
	c.Flags().BoolVar(&demo, "demo", false, "load an invented province into an empty database, and print an API key for each role")
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
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.ListenAddr)
	if err != nil {
		return fmt.Errorf("listening on LISTEN_ADDR: %w", err)
	}
	defer listener.Close() // the server closes it too
	p, closeProgram, err := openProgramOn(ctx, s, private.Start)
	if err != nil {
		return err
	}
	defer closeProgram()
	routes, err := p.edge(demo)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           routes.Engine,
		ReadHeaderTimeout: readHeaderTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeaderBytes,
		ErrorLog:       slog.NewLogLogger(slog.Default().Handler(), slog.LevelWarn),
	}
	sealing, endSealing := context.WithCancel(ctx)
	var jobs sync.WaitGroup
	jobs.Go(func() { p.trail.Run(sealing) })
	jobs.Go(func() { p.privacy.Run(sealing) })
	defer func() {
		endSealing()
		jobs.Wait()
	}()
	p.payments.Start(context.WithoutCancel(ctx)) // until Stop, so that what was taken is posted
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	address := "http://" + listener.Addr().String()
	if demo {
		err = p.showDemo(ctx, out, address)
	}
	if err == nil {
		fmt.Fprintf(out, "listening on %s\n", address)
		err = waitForEnd(ctx, failed)
	}
	return errors.Join(err, p.shutDown(server))
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

// shutDown takes no new connection, ends the streams, finishes what was taken, and waits for the requests under way.
func (p *program) shutDown(server *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownPatience)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- server.Shutdown(ctx) }()
	p.payments.Stop()
	if err := <-done; err != nil {
		return errors.Join(fmt.Errorf("waiting for requests: %w", err), server.Close())
	}
	return nil
}
