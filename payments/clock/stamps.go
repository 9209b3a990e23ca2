package clock

import (
	"sync"
	"time"
)

const (
	// stampsCompared is how many of the newest signed stamps are compared with our clock.
	stampsCompared = 5
	// stampTolerance is the difference from all of them from which readiness warns. It is below
	// banks.Tolerance, from which good notices are refused.
	stampTolerance = 2 * time.Minute
	// stampsLast is how long stamps are used.
	stampsLast = 24 * time.Hour
)

// Stamps compares our clock with the stamps of signed notices. A notice is received some time after
// its stamp, and an old one may be sent again. So the least delay is the best estimate of how far the
// clock is ahead.
type Stamps struct {
	mu   sync.Mutex
	ages [stampsCompared]time.Duration // of the newest stamps at their receipt
	n    int
	last time.Time // when the newest came
}

// Observe records a stamp and the time of its receipt.
func (s *Stamps) Observe(stamp, received time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ages[s.n%stampsCompared] = received.Sub(stamp)
	s.n++
	s.last = received
}

// Ahead returns how far our clock is ahead of the stamps; ok is false without recent stamps.
func (s *Stamps) Ahead(now time.Time) (by time.Duration, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.n == 0 || now.Sub(s.last).Abs() > stampsLast {
		return 0, false
	}
	by = s.ages[0]
	for _, age := range s.ages[:min(s.n, stampsCompared)] {
		by = min(by, age)
	}
	return by, true
}

// Off returns how far our clock is ahead of the stamps; 0: near enough, or unknown.
func (s *Stamps) Off(now time.Time) time.Duration {
	by, known := s.Ahead(now)
	if !known || by.Abs() <= stampTolerance {
		return 0
	}
	return by
}
