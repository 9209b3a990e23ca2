package main_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"market40/frontend/apptest/program"
	"market40/migrations/database/dbtest"
)

// TestClientIsOfThisAPI makes the apps' types from the OpenAPI that is served, and requires them to
// be the committed ones. UPDATE=1 writes them (make client).
func TestClientIsOfThisAPI(t *testing.T) {
	t.Parallel()
	s := program.Serve(t, []string{
		"DATABASE_URL=" + dbtest.URL(t), "SECRET_KEY=" + program.SecretKey(1),
		"PUBLIC_URL=https://cho.example.vn",
	})
	_, text := s.Get("/openapi.json")
	folder := t.TempDir()
	must(t, os.WriteFile(filepath.Join(folder, "openapi.json"), []byte(text), 0o600))
	made := filepath.Join(folder, "schema.d.ts")
	cmd := exec.CommandContext(t.Context(), "node_modules/.bin/openapi-typescript",
		filepath.Join(folder, "openapi.json"), "-o", made)
	cmd.Dir = "../../frontend"
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s (make apps installs it)", err, out)
	}
	want, err := os.ReadFile(made)
	must(t, err)
	const committed = "../../frontend/lib/schema.d.ts"
	if os.Getenv("UPDATE") != "" {
		must(t, os.WriteFile(committed, want, 0o644)) //nolint:gosec // source
		return
	}
	have, err := os.ReadFile(committed)
	must(t, err)
	if !bytes.Equal(have, want) {
		t.Error("frontend/lib/schema.d.ts is not of this API: run make client")
	}
}
