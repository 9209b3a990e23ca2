package intake

import (
	"sync"
	"time"
)

// logEvery is how often one kind of trouble is written to the log, however often it happens.
const logEvery = 10 * time.Second

// logLimit bounds the lines of one kind of trouble. The zero value is ready.
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
