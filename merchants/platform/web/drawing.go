package web

import (
	"bytes"
	"context"
	"io"
)

// Drawing limits drawing to one file at a time, because it uses a processor and much memory.
type Drawing struct{ place chan struct{} }

// NewDrawing makes a Drawing that is free.
func NewDrawing() Drawing { return Drawing{make(chan struct{}, 1)} }

// Draw waits for its turn and returns the whole file that write makes. The next file is drawn while
// this one is sent, so that a slow reader delays no one.
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
