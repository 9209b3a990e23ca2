package intake

import (
	"sync"
	"time"
)

const (
	// stuckFor is how long an account that a lock was not had for is posted on its own.
	stuckFor = 2 * time.Second
	// maxStuck is how many such accounts are remembered.
	maxStuck = 1024
)

// stuck are the accounts that another transaction holds for longer than a group waits.
type stuck struct {
	mu    sync.Mutex
	until map[string]time.Time
}

func newStuck() *stuck { return &stuck{until: map[string]time.Time{}} }

// add remembers an account for a while.
func (s *stuck) add(account []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.until) < maxStuck {
		s.until[string(account)] = time.Now().Add(stuckFor)
	}
}

// split returns the deliveries whose account is not stuck, and the others, both in their order.
func (s *stuck) split(group []*delivery) (free, held []*delivery) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.until) == 0 {
		return group, nil
	}
	now := time.Now()
	for account, until := range s.until {
		if now.After(until) {
			delete(s.until, account)
		}
	}
	for _, d := range group {
		if _, known := s.until[string(d.account())]; known {
			held = append(held, d)
		} else {
			free = append(free, d)
		}
	}
	return free, held
}
