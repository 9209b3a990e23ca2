package web

import (
	"context"
	"net/http"
	"strings"

	"github.com/klauspost/compress/gzhttp"
	"github.com/klauspost/compress/gzip"
)

const (
	// compressFrom is the size from which an answer is compressed, in bytes: a smaller one fits into
	// one packet anyway.
	compressFrom = 1 << 10
	// jitter is how many bytes are added to a compressed answer at most, by a hash of its first
	// jitterOf bytes: its length does not reveal what a guess in it has in common with the rest.
	jitter, jitterOf = 32, 4 << 10
)

// isText reports whether answers of a content type are compressed. Images, PDFs and workbooks are
// compressed already, and of an event stream each event must arrive at once.
func isText(contentType string) bool {
	media, _, _ := strings.Cut(contentType, ";")
	media = strings.TrimSpace(media)
	switch media[strings.LastIndexAny(media, "/+")+1:] { // "json" of application/problem+json
	case "json", "xml", "yaml":
		return true
	}
	return strings.HasPrefix(media, "text/") && media != "text/event-stream"
}

// isCompressible reports whether the answer to a request may be compressed: a reading that is no
// stream. The length of a compressed text tells something of it to whoever can add guesses to the
// text (BREACH). What must stay secret is therefore never compressed: sessions, keys, secrets and
// invitations are answers to POST, and the pages of an invitation contain its token. Readings
// contain none of them, and never repeat a rejected value.
func isCompressible(r *http.Request) bool {
	return r.Method == http.MethodGet && !strings.HasPrefix(r.URL.Path, "/i/") &&
		!strings.HasSuffix(r.URL.Path, "/stream")
}

// newCompressor returns the handler that compresses what another one answers, where the caller
// accepts it: by gzip, which everybody accepts and which needs little memory.
func newCompressor(handler http.Handler) http.Handler {
	compress, err := gzhttp.NewWrapper(gzhttp.MinSize(compressFrom), gzhttp.CompressionLevel(gzip.BestSpeed),
		gzhttp.ContentTypeFilter(isText), gzhttp.RandomJitter(jitter, jitterOf, false), gzhttp.EnableZstd(false))
	if err != nil { // an option that does not exist
		return handler
	}
	return compress(handler)
}

// ServeHTTP answers a request: HEAD as GET without a body, and text compressed. Webhooks pass
// unchanged: banks read no compressed answer, and a HEAD must not post what a GET reports.
func (e *Edge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/webhooks/") {
		e.Engine.ServeHTTP(w, r)
		return
	}
	if r.Method == http.MethodHead {
		ctx, end := context.WithCancel(r.Context())
		defer end()
		r = r.WithContext(ctx)
		r.Method, w = http.MethodGet, &headWriter{w, end}
	}
	if isCompressible(r) {
		e.compressed.ServeHTTP(w, r)
		return
	}
	e.Engine.ServeHTTP(w, r)
}

// headWriter answers a HEAD. net/http drops the body, and a stream ends with its headers.
type headWriter struct {
	http.ResponseWriter
	end context.CancelFunc
}

// Flush sends the headers and ends the request: only what is longer than a buffer is flushed.
func (w *headWriter) Flush() {
	_ = http.NewResponseController(w.ResponseWriter).Flush() // nothing to send to who went away
	w.end()
}

// Unwrap lets http.ResponseController find the connection.
func (w *headWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
