package stall_test

import (
	"testing"

	"market40/frontend/apptest"
	"market40/frontend/apptest/program"
)

type object = program.Object

var must = program.Must

func TestMain(m *testing.M) { apptest.RunTests(m) }
