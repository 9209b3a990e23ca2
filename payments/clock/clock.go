// Package clock compares this process's clock with the database's and with the stamps of signed
// notices, and creates ids from its time.
package clock

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// TrustedOffset is the largest difference from the database's clock at which this process's clock
	// is used. Ids are made from the time; with a clock that is months ahead they would belong to
	// partitions that do not exist yet.
	TrustedOffset = 24 * time.Hour
)

// clockTolerance is the difference of the two clocks from which readiness warns.
const clockTolerance = 5 * time.Second

// ErrAhead is a group with ids over TrustedOffset ahead of the database's clock.
var ErrAhead = errors.New("the clock of this process is too far ahead of the database's")

// Clock is this process's clock, and its difference from the database's when last compared.
type Clock struct {
	now func() time.Time

	mu      sync.Mutex
	offset  time.Duration // of the database's clock from ours; positive: ours is behind
	doubt   time.Duration // the largest error of offset
	checked time.Time     // zero: never
}

// New returns a clock that reads the time from now.
func New(now func() time.Time) *Clock { return &Clock{now: now} }

// Observe records the database's time, read between two moments of ours.
func (c *Clock) Observe(before, database, after time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.doubt = after.Sub(before) / 2
	c.offset, c.checked = database.Sub(before.Add(c.doubt)), after
}

// Time returns our time, or the database's where ours is more than TrustedOffset away from it.
func (c *Clock) Time() time.Time {
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.offset.Abs() > TrustedOffset {
		return now.Add(c.offset)
	}
	return now
}

// Off returns how far our clock is ahead of the database's; 0: possibly within clockTolerance, or
// unknown.
func (c *Clock) Off() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.checked.IsZero() || c.offset.Abs()-c.doubt <= clockTolerance {
		return 0
	}
	return -c.offset
}

// Ahead returns how far our clock is ahead of the database's as last compared; ok is false before
// that.
func (c *Clock) Ahead() (by time.Duration, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return -c.offset, !c.checked.IsZero()
}

// NewID returns a UUIDv7 of the clock's time (RFC 9562, section 5.7).
func (c *Clock) NewID() uuid.UUID {
	id := uuid.Must(uuid.NewV7())
	var first [8]byte
	binary.BigEndian.PutUint64(first[:], uint64(c.Time().UnixMilli())<<16)
	copy(id[:6], first[:6])
	return id
}

// IDTime returns the time of a UUIDv7.
func IDTime(id uuid.UUID) time.Time {
	return time.UnixMilli(int64(binary.BigEndian.Uint64(id[:8]) >> 16))
}

// Check compares our clock with the database's.
func (c *Clock) Check(ctx context.Context, pool *pgxpool.Pool) error {
	before := c.now()
	var database time.Time
	if err := pool.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&database); err != nil {
		return fmt.Errorf("read the database's clock: %w", err)
	}
	c.Observe(before, database, c.now())
	return nil
}
