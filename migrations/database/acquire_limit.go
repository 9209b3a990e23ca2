package database

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// AcquireTimeout is how long a free connection of a pool is waited for. Who waited longer gets
// context.DeadlineExceeded, which callers of the API are answered as 503 with Retry-After.
const AcquireTimeout = 10 * time.Second

// acquireLimit ends the wait for a connection. The pool has no limit of its own, but it lets a
// tracer replace the context with which it waits.
type acquireLimit struct{ after time.Duration }

var _ pgxpool.AcquireTracer = acquireLimit{}

type cancelKey struct{}

// TraceAcquireStart returns a context that ends after the limit.
func (l acquireLimit) TraceAcquireStart(ctx context.Context, _ *pgxpool.Pool,
	_ pgxpool.TraceAcquireStartData,
) context.Context {
	ctx, cancel := context.WithTimeout(ctx, l.after)
	return context.WithValue(ctx, cancelKey{}, cancel)
}

// TraceAcquireEnd frees what TraceAcquireStart made.
func (acquireLimit) TraceAcquireEnd(ctx context.Context, _ *pgxpool.Pool, _ pgxpool.TraceAcquireEndData) {
	if cancel, ok := ctx.Value(cancelKey{}).(context.CancelFunc); ok {
		cancel()
	}
}

// TraceQueryStart does nothing: the driver requires it of every tracer.
func (acquireLimit) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}

// TraceQueryEnd does nothing.
func (acquireLimit) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
