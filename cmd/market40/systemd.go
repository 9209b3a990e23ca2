package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// reportToSystemd reports that the server listens, where a unit of Type=notify started it, and from then on
// that it lives, twice in each interval of the unit's watchdog. The function that it returns reports that
// the server stops. Without systemd nothing happens.
func reportToSystemd(ctx context.Context) (stopping func()) {
	report(ctx, daemon.SdNotifyReady)
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		reportAlive(ctx)
	}()
	return func() {
		cancel()
		<-ended
		report(context.WithoutCancel(ctx), daemon.SdNotifyStopping)
	}
}

// reportAlive calls the watchdog until ctx ends.
func reportAlive(ctx context.Context) {
	interval, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		slog.WarnContext(ctx, "the unit's watchdog cannot be used", "error", err)
	}
	if interval <= 0 {
		return
	}
	tick := time.NewTicker(interval / 2)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			report(ctx, daemon.SdNotifyWatchdog)
		}
	}
}

func report(ctx context.Context, state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		slog.WarnContext(ctx, "the report to systemd failed", "state", state, "error", err)
	}
}
