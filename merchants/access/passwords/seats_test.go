package passwords_test

import (
	"errors"
	"testing"

	"market40/merchants/access/passwords"
	"market40/merchants/platform/problem"
)

// TestAFloodFromOneAddressLeavesSeats: whoever floods is sent away, while others come in.
func TestAFloodFromOneAddressLeavesSeats(t *testing.T) {
	t.Parallel()
	var leave []func()
	for range 300 {
		if out, err := passwords.TakeSeat("203.0.113.9"); err == nil {
			leave = append(leave, out)
		} else if !errors.Is(err, &problem.Error{Code: "sign_in_busy"}) {
			t.Error(err)
		}
	}
	if len(leave) != 48 {
		t.Errorf("one address has %d seats", len(leave))
	}
	out, err := passwords.TakeSeat("10.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	out()
	for _, out := range leave {
		out()
	}
	out, err = passwords.TakeSeat("203.0.113.9")
	if err != nil {
		t.Fatal(err)
	}
	out()
}
