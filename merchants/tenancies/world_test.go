package tenancies_test

import (
	"market40/merchants/registertest"
	"market40/migrations/database/worldtest"
)

type object = worldtest.Object

var newWorld = registertest.New
