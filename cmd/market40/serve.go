package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"sync"

	"github.com/spf13/cobra"
)

func serveCommand(s *settings) *cobra.Command {
	var withDemo, lan bool
	c := &cobra.Command{
		Use: "serve [--demo] [--lan]", Short: "Run the server until it is told to stop (SIGINT, SIGTERM)", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s.LAN = lan
			return serve(cmd.Context(), s, withDemo, cmd.OutOrStdout())
		},
	}
	c.Flags().BoolVar(&withDemo, "demo", false, "load an invented province into an empty database, and print an API key for each role")
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
func serve(ctx context.Context, s *settings, withDemo bool, out io.Writer) error {
	if err := s.needSecret(); err != nil {
		return err
	}
	tuneMemory()
	f, err := s.openFront(ctx)
	if err != nil {
		return err
	}
	defer f.close() // the servers close it too
	p, closeProgram, err := openServing(ctx, s)
	if err != nil {
		return err
	}
	defer closeProgram()
	if err := s.finishRotation(ctx, p.db.Pool); err != nil {
		return err
	}
	routes, err := p.routes(withDemo)
	if err != nil {
		return err
	}
	mqtt, err := s.openMQTT(ctx, f.tls)
	if err != nil {
		return err
	}
	server := newServer(routes.Engine)
	defer p.startJobs(ctx, withDemo)()
	p.payments.Start(context.WithoutCancel(ctx)) // until Stop, so that what was taken is posted
	if err := mqtt.serve(ctx, p.boxes); err != nil {
		return errors.Join(err, p.shutDown(server))
	}
	failed := f.serve(server)
	if withDemo {
		err = showDemo(ctx, p, out, f.address)
	}
	if err == nil {
		mqtt.printAddress(out)
		f.printAddress(out)
		later, stopLater := context.WithCancel(ctx)
		var reporting sync.WaitGroup
		if withDemo {
			reporting.Go(func() { reportDemoLater(later, p) })
		}
		err = waitForEnd(ctx, failed)
		stopLater()
		reporting.Wait()
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
