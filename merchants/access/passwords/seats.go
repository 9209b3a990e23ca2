package passwords

import (
	"sync"
	"time"

	"market40/merchants/platform/problem"
)

// These limits bound how many may wait for a password check. A check takes about a tenth of a
// second and 64 MiB, two at a time. A caller who would wait longer than hashWithin is refused, and
// no one address gets every seat.
const (
	allSeats        = 128
	seatsPerAddress = 48
	retrySeconds    = 5
	hashWithin      = 15 * time.Second // far below what an answer may take, so that everybody has one
)

// refuseBusy returns the refusal (503) of a caller who should try again.
func refuseBusy() error {
	e := problem.New(problem.Unavailable, "sign_in_busy", "Nhiều người đang đăng nhập, xin thử lại sau vài giây.",
		"Many people are signing in: try again in a few seconds.")
	e.RetryAfter = retrySeconds
	return e
}

// seats are reserved before a sign-in looks up or counts anything, so that a flood costs neither
// memory nor rows.
type seats struct {
	mu    sync.Mutex
	taken int
	of    map[string]int // by address
}

// signInSeats are the seats of this process.
var signInSeats = &seats{of: map[string]int{}}

// TakeSeat reserves a seat for a sign-in from an address; the caller must leave it. Without a free
// seat it refuses (503).
func TakeSeat(address string) (leave func(), err error) {
	s := signInSeats
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken >= allSeats || s.of[address] >= seatsPerAddress {
		return nil, refuseBusy()
	}
	s.taken++
	s.of[address]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.taken--
		if s.of[address]--; s.of[address] == 0 {
			delete(s.of, address)
		}
	}, nil
}
