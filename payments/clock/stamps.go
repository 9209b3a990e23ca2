package clock

import (
	"sync"
	"time"
)

const (
	// stampsCompared is how many signed stamps our clock is held against, the newest ones.
	stampsCompared = 5
	// stampTolerance is how far the clock may be from all of them before readiness warns. It is
	// below banks.Tolerance, from where on good notices are refused.
	stampTolerance = 2 * time.Minute
	// stampsLast is how long they tell anything about the clock.
	stampsLast = 24 * time.Hour
)

// Stamps holds our clock against the stamps of signed notices. A notice arrives some time after its
// stamp, and an old one may be sent again; so the one with the least delay says how far the clock
// is ahead.
type Stamps struct {
	mu   sync.Mutex
	ages [stampsCompared]time.Duration // of the newest stamps at their receipt
	n    int
	last time.Time // when the newest came
}

// Observe notes a stamp and the time of its receipt.
func (s *Stamps) Observe(stamp, received time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ages[s.n%stampsCompared] = received.Sub(stamp)
	s.n++
	s.last = received
}

// Ahead returns how far our clock is ahead of the stamps as far as they tell; ok is false where
// there are none of late.
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

// Off returns how far our clock is ahead of the stamps; 0: near enough, or not known.
func (s *Stamps) Off(now time.Time) time.Duration {
	by, known := s.Ahead(now)
	if !known || by.Abs() <= stampTolerance {
		return 0
	}
	return by
}
