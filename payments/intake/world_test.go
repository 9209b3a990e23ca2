package intake_test

import (
	"testing"

	"market40/migrations/database"
	"market40/migrations/database/worldtest"
	"market40/payments/paymentstest"
)

type (
	object   = worldtest.Object
	transfer = paymentstest.Transfer
)

// world is one program on its own database, with what these tests do in it.
type world struct{ *paymentstest.World }

func newWorld(t testing.TB) *world {
	t.Helper()
	return &world{paymentstest.New(t)}
}

func newWorldOn(t testing.TB, db *database.DB) *world {
	t.Helper()
	return &world{paymentstest.NewOn(t, db)}
}

var must = worldtest.Must
