package signin

import (
	"sync"
	"time"

	"market40/merchants/platform/problem"
)

// How many may wait for a password to be looked at. Each look takes about a tenth of a second and
// 64 MiB, two at a time: who would wait longer than hashWithin is asked to come again, and no one
// address takes every seat.
const (
	allSeats        = 128
	seatsPerAddress = 48
	comeAgain       = 5                // seconds
	hashWithin      = 15 * time.Second // far below what an answer may take, so that everybody has one
)

// busy is the refusal (503) of whoever should come again.
func busy() error {
	e := problem.New(problem.Unavailable, "sign_in_busy", "Nhiều người đang đăng nhập, xin thử lại sau vài giây.",
		"Many are signing in: try again in some seconds.")
	e.RetryAfter = comeAgain
	return e
}

// seats are taken before anything of a sign-in is looked up or counted, so that a flood costs
// neither memory nor rows.
type seats struct {
	mu    sync.Mutex
	taken int
	of    map[string]int // by address
}

// looking are the seats of this process, as the hashing is.
var looking = &seats{of: map[string]int{}}

// TakeSeat is a seat for somebody who signs in from an address, to be left; without a free one the
// refusal (503) of whoever should come again.
func TakeSeat(address string) (leave func(), err error) {
	s := looking
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken >= allSeats || s.of[address] >= seatsPerAddress {
		return nil, busy()
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
