package merchants_test

import (
	"testing"

	"market40/merchants/registertest"
	"market40/migrations/database/worldtest"
)

type object = worldtest.Object

var must = worldtest.Must

// world is a register on its own database.
type world struct{ *registertest.World }

func newWorld(t *testing.T) *world {
	t.Helper()
	return &world{registertest.New(t)}
}
