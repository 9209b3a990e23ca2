package web

import (
	"bytes"
	"context"
	"io"
)

// Drawing lets one file be drawn at a time: it keeps a processor and much memory busy.
type Drawing struct{ place chan struct{} }

// NewDrawing makes a Drawing that nobody holds.
func NewDrawing() Drawing { return Drawing{make(chan struct{}, 1)} }

// Draw waits for its turn and returns the whole file that write makes. The next one is drawn while
// the file is sent, so that a slow reader keeps nobody waiting.
func (d Drawing) Draw(ctx context.Context, write func(io.Writer) error) ([]byte, error) {
	select {
	case d.place <- struct{}{}:
		defer func() { <-d.place }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	var out bytes.Buffer
	err := write(&out)
	return out.Bytes(), err
}
