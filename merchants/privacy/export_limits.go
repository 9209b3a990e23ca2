package privacy

import (
	"context"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"market40/merchants/platform/web"
)

// maxExports is how many exports are under way: each has a snapshot and a connection of the
// database for as long as its reader takes.
const maxExports = 4

// exports are those that are under way: one of a merchant, and one that reads while the others
// send.
type exports struct {
	mu      sync.Mutex
	of      map[uuid.UUID]bool
	reading chan struct{}
}

func newExports() *exports {
	return &exports{of: map[uuid.UUID]bool{}, reading: make(chan struct{}, 1)}
}

// begin returns where a merchant's export is written. Refused (503): a merchant's second one, and
// one too many.
func (x *exports) begin(c *gin.Context, merchant uuid.UUID) (*exportWriter, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.of[merchant] || len(x.of) >= maxExports {
		return nil, web.Busy()
	}
	x.of[merchant] = true
	connection := http.NewResponseController(c.Writer)
	return &exportWriter{
		exports: x, merchant: merchant, ctx: c.Request.Context(), to: c.Writer, until: time.Now().Add(exportWithin),
		deadline: func(at time.Time) { _ = connection.SetWriteDeadline(at) }, // a test's recorder has none
	}, nil
}

// exportWriter sends an export piece by piece. It holds the turn to read, except while its reader
// takes a piece.
type exportWriter struct {
	exports  *exports
	merchant uuid.UUID
	ctx      context.Context //nolint:containedctx // of the request, which writes here only
	to       io.Writer
	deadline func(time.Time)
	until    time.Time
	reads    bool
}

// read waits for the turn to read.
func (w *exportWriter) read() error {
	select {
	case w.exports.reading <- struct{}{}:
		w.reads = true
		return nil
	case <-w.ctx.Done():
		return w.ctx.Err()
	}
}

func (w *exportWriter) rest() {
	if w.reads {
		w.reads = false
		<-w.exports.reading
	}
}

// Write sends a piece. A reader that does not take it in time is hung up on.
func (w *exportWriter) Write(piece []byte) (int, error) {
	w.rest()
	at := time.Now().Add(pieceWithin)
	if at.After(w.until) {
		at = w.until
	}
	w.deadline(at)
	n, err := w.to.Write(piece)
	if err != nil {
		return n, err
	}
	return n, w.read()
}

func (w *exportWriter) end() {
	w.rest()
	w.exports.mu.Lock()
	defer w.exports.mu.Unlock()
	delete(w.exports.of, w.merchant)
}
