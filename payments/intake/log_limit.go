package intake

import (
	"sync"
	"time"
)

// logEvery is the shortest time between two log lines of one kind of failure.
const logEvery = 10 * time.Second

// logLimits limit the log lines of the intake's failures.
type logLimits struct {
	failures logLimit // webhooks and groups that could not be stored
	pending  logLimit // notices that stay pending
	stale    logLimit // webhooks with a good signature and a wrong stamp
}

// logLimit limits the log lines of one kind of failure. The zero value is ready.
type logLimit struct {
	mu      sync.Mutex
	next    time.Time
	skipped int
}

// allow reports whether a line may be written now, and how many were left out before it.
func (l *logLimit) allow() (skipped int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if now.Before(l.next) {
		l.skipped++
		return 0, false
	}
	skipped, l.skipped, l.next = l.skipped, 0, now.Add(logEvery)
	return skipped, true
}
