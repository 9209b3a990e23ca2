package bulk_test

import (
	"market40/merchants/registertest"
	"market40/migrations/database/worldtest"
)

type object = worldtest.Object

var (
	must     = worldtest.Must
	newWorld = registertest.New
)
