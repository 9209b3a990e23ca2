package intake

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
)

const (
	// clockEvery is how often this process holds its clock against the database's.
	clockEvery = 5 * time.Second
	// trustedOffset is how far off the database's clock this process's may be to be believed. Ids are made from the time,
	// and a clock that is months ahead would fill partitions that do not exist yet.
	trustedOffset = 24 * time.Hour
)

// clockTolerance is how far apart the two clocks may be before readiness warns of it.
const clockTolerance = 5 * time.Second

// errAhead refuses a group whose ids lie over trustedOffset ahead of the database's clock.
var errAhead = errors.New("the clock of this process is too far ahead of the database's")

// clock is this process's clock and how far the database's was from it when last compared.
type clock struct {
	now func() time.Time

	mu      sync.Mutex
	offset  time.Duration // of the database's clock from ours; positive: ours is behind
	doubt   time.Duration // by how much offset may be wrong
	checked time.Time     // zero: never
}

// observe notes what the database's clock said between two moments of ours.
func (c *clock) observe(before, database, after time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.doubt = after.Sub(before) / 2
	c.offset, c.checked = database.Sub(before.Add(c.doubt)), after
}

// time returns our time, or the database's where ours is not to be believed.
func (c *clock) time() time.Time {
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.offset.Abs() > trustedOffset {
		return now.Add(c.offset)
	}
	return now
}

// off returns how far our clock is ahead of the database's for sure; 0: within clockTolerance, or not known.
func (c *clock) off() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.checked.IsZero() || c.offset.Abs()-c.doubt <= clockTolerance {
		return 0
	}
	return -c.offset
}

// ahead returns how far our clock is ahead of the database's as last compared; ok is false before that.
func (c *clock) ahead() (by time.Duration, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return -c.offset, !c.checked.IsZero()
}

// newID returns a UUIDv7 of the clock's time (RFC 9562, section 5.7).
func (c *clock) newID() uuid.UUID {
	id := uuid.Must(uuid.NewV7())
	var first [8]byte
	binary.BigEndian.PutUint64(first[:], uint64(c.time().UnixMilli())<<16)
	copy(id[:6], first[:6])
	return id
}

// idTime returns the time that a UUIDv7 was made from.
func idTime(id uuid.UUID) time.Time {
	return time.UnixMilli(int64(binary.BigEndian.Uint64(id[:8]) >> 16))
}

// checkClock holds our clock against the database's.
func (in *Intake) checkClock(ctx context.Context) error {
	before := in.now()
	var database time.Time
	if err := in.money.Pool.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&database); err != nil {
		return fmt.Errorf("read the database's clock: %w", err)
	}
	in.clock.observe(before, database, in.now())
	return nil
}

// ClockOff returns how far this process's clock is ahead of the database's; 0: near enough, or not known.
func (in *Intake) ClockOff() time.Duration { return in.clock.off() }
