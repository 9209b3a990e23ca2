package main_test

import (
	"os"
	"path/filepath"
	"testing"

	"market40/frontend/apptest/program"
)

type object = program.Object

var must = program.Must

func TestMain(m *testing.M) { program.RunTests(m) }

// dataDir returns a folder for a private server. t.TempDir is not readable by the database's user
// when root runs the tests.
func dataDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "m40-")
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	must(t, os.Chmod(dir, 0o755))
	return filepath.Join(dir, "data")
}
