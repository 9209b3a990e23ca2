package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"sync"

	"github.com/spf13/cobra"

	"market40/cmd/market40/app"
	"market40/cmd/market40/demo"
)

func serveCommand(s *app.Settings) *cobra.Command {
	var withDemo, lan bool
	c := &cobra.Command{
		Use:   "serve [--demo] [--lan]",
		Short: "Run the server until it is stopped (SIGINT, SIGTERM)",
		Long: "Run the server until it is stopped (SIGINT, SIGTERM). It refuses a database without this program's migrations, except\n" +
			"a private one (no DATABASE_URL), which it starts and migrates itself. `market40 doctor` checks the settings before.",
		Example: "  market40 serve\n  DATABASE_URL=postgres://market40_app@db:5432/market40 SECRET_KEY_FILE=/etc/market40/secret.key market40 serve\n" +
			"  market40 serve --demo --lan",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s.LAN = lan
			return serve(cmd, s, withDemo)
		},
	}
	c.Flags().BoolVar(&withDemo, "demo", false,
		"load an invented province into an empty database, and print an API key for each role")
	c.Flags().BoolVar(&lan, "lan", false,
		"serve https to the phones of this network, with a certificate authority of this machine (port 8443)")
	return c
}

const (
	// gcPercent lets the heap grow to five times what lives before it is collected: at full load
	// little lives and much is made, and collecting at the default took a sixth of the process's
	// time. GOGC overrules it.
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
func serve(cmd *cobra.Command, s *app.Settings, withDemo bool) error {
	ctx, out := cmd.Context(), cmd.OutOrStdout()
	if err := s.NeedSecret(); err != nil {
		return err
	}
	tuneMemory()
	stopTracing, err := s.StartTracing(ctx)
	if err != nil {
		return err
	}
	defer stopTracing()
	f, err := s.OpenFront(ctx)
	if err != nil {
		return err
	}
	defer f.Close() // the servers close it too
	p, closeProgram, err := app.OpenServing(ctx, s)
	if err != nil {
		return err
	}
	defer closeProgram()
	if err := s.FinishRotation(ctx, p.DB.Pool); err != nil {
		return err
	}
	if err := p.WarnOfOwner(ctx); err != nil {
		return err
	}
	routes, err := p.Routes(withDemo)
	if err != nil {
		return err
	}
	mqtt, err := s.OpenMQTT(ctx, f.TLS)
	if err != nil {
		return err
	}
	server := app.NewServer(routes)
	defer p.StartJobs(ctx, withDemo)()
	p.StartPayments(context.WithoutCancel(ctx)) // until Stop, so that what was taken is posted
	if err := mqtt.Serve(ctx, p.Boxes); err != nil {
		return errors.Join(err, p.ShutDown(server))
	}
	failed := f.Serve(server)
	if withDemo {
		err = demo.Show(ctx, p, out, f.Address, showProgress(cmd))
	}
	if err == nil {
		mqtt.PrintAddress(out)
		f.PrintAddress(out)
		later, stopLater := context.WithCancel(ctx)
		var reporting sync.WaitGroup
		if withDemo {
			reporting.Go(func() { demo.ReportLater(later, p) })
		}
		stopping := reportToSystemd(ctx)
		err = waitForEnd(ctx, failed)
		stopping()
		stopLater()
		reporting.Wait()
	}
	return errors.Join(err, p.ShutDown(server))
}

// waitForEnd waits until the program is stopped, or returns the server's own failure.
func waitForEnd(ctx context.Context, failed <-chan error) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-failed:
		return fmt.Errorf("serving: %w", err)
	}
}
