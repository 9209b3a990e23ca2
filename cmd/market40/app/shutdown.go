package app

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"
)

// How the program ends: what was taken is posted and answered, streams end, requests under way have
// a moment, and then every connection is closed.
const (
	shutdownPatience = 2500 * time.Millisecond // for requests under way
	closePatience    = 500 * time.Millisecond  // for what is left after each of them
)

// ShutDown accepts no new connection, ends the streams, posts the notices that were accepted, and
// waits for the requests under way. It waits for none of them long.
func (p *Program) ShutDown(server *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownPatience)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- server.Shutdown(ctx) }()
	waitAtMost(shutdownPatience, "the posting", func() {
		p.Boxes.Stop() // they connect to another server, or come again
		p.StopPayments()
	})
	err := <-done
	if errors.Is(err, context.DeadlineExceeded) {
		slog.Warn("requests under way were cut off")
		err = server.Close()
	}
	// what was promised is sent, after the last request that may promise it
	waitAtMost(closePatience, "sign-in codes", p.codes.Wait)
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
