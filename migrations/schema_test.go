package migrations_test

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"

	"market40/migrations/database/dbtest"
)

// TestSchemaFileIsCurrent compares schema.sql with the schema that the migrations make. With UPDATE=1 it writes the file.
func TestSchemaFileIsCurrent(t *testing.T) {
	t.Parallel()
	const file = "schema.sql"
	want, err := renderSchema(dumpSchema(t))
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("UPDATE") == "1" {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) == want {
		return
	}
	has, needs := firstDifference(string(got), want)
	t.Errorf("%s is not current: run `make schema` and commit it. The first difference:\n- %s\n+ %s", file, has, needs)
}

// dumpSchema returns what pg_dump writes of a migrated database.
func dumpSchema(t *testing.T) string {
	t.Helper()
	cmd := exec.CommandContext(
		t.Context(),
		dbtest.Program(t, "pg_dump"),
		"--schema-only",
		"--no-owner",
		"--dbname="+dbtest.URL(t),
	)
	cmd.Env = append(os.Environ(), "PGTZ=UTC")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("pg_dump: %v: %s", err, stderr.String())
	}
	return string(out)
}

// firstDifference returns the first line in which two texts differ; a missing line is "".
func firstDifference(a, b string) (inA, inB string) {
	for a != b && inA == inB {
		inA, a, _ = strings.Cut(a, "\n")
		inB, b, _ = strings.Cut(b, "\n")
	}
	return inA, inB
}
