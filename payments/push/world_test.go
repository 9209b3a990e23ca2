package push_test

import (
	"testing"

	"market40/payments/paymentstest"
)

type (
	object   = paymentstest.Object
	transfer = paymentstest.Transfer
)

// world is one program on its own database, with the helpers of these tests.
type world struct{ *paymentstest.World }

func newWorld(t *testing.T) *world {
	t.Helper()
	return &world{paymentstest.New(t)}
}

var must = paymentstest.Must
