package intake

import (
	"sync"
	"time"
)

const (
	// lockedFor is how long a locked account is posted on its own.
	lockedFor = 2 * time.Second
	// maxLocked is how many locked accounts are remembered.
	maxLocked = 1024
)

// lockedAccounts are the accounts that another transaction held locked for too long.
type lockedAccounts struct {
	mu    sync.Mutex
	until map[string]time.Time
}

func newLockedAccounts() *lockedAccounts { return &lockedAccounts{until: map[string]time.Time{}} }

// add remembers an account for lockedFor.
func (l *lockedAccounts) add(account []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.until) < maxLocked {
		l.until[string(account)] = time.Now().Add(lockedFor)
	}
}

// split returns the deliveries of free and of locked accounts, both in their order.
func (l *lockedAccounts) split(group []*delivery) (free, locked []*delivery) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.until) == 0 {
		return group, nil
	}
	now := time.Now()
	for account, until := range l.until {
		if now.After(until) {
			delete(l.until, account)
		}
	}
	for _, d := range group {
		if _, known := l.until[string(d.account())]; known {
			locked = append(locked, d)
		} else {
			free = append(free, d)
		}
	}
	return free, locked
}
