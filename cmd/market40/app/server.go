package app

import (
	"log/slog"
	"net/http"
	"time"
)

// What one connection may take. Streams set their own write deadline, and files have longer to
// arrive.
const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = 10 * time.Second // a small body must have arrived by then
	writeTimeout      = 60 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 32 << 10
	// http2Buffer is how much of bodies a connection of HTTP/2 holds before anything reads them.
	http2Buffer = 64 << 10
)

// NewServer returns a server with limits, so that no slow client holds a connection.
func NewServer(handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: readHeaderTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
		IdleTimeout:    idleTimeout,
		MaxHeaderBytes: maxHeaderBytes,
		HTTP2: &http.HTTP2Config{
			MaxReceiveBufferPerConnection: http2Buffer,
			MaxReceiveBufferPerStream:     http2Buffer,
		},
		ErrorLog: slog.NewLogLogger(slog.Default().Handler(), slog.LevelWarn),
	}
}
