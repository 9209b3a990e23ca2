package main_test

import (
	"strings"
	"testing"

	"market40/frontend/apptest/program"
	"market40/migrations/database/dbtest"
)

func TestDemoPrintsAWorkingKeyForEachRole(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=" + dbtest.URL(t), "SECRET_KEY=" + program.SecretKey(1)}
	s := program.Serve(t, env, "--demo")
	keys := program.DemoKeys(t, s)
	if len(keys) != 8 {
		t.Fatalf("%d keys: %v", len(keys), s.Printed)
	}
	for role, key := range keys {
		if items := s.CallAs("Bearer "+key, "GET", "/api/v1/markets", nil, 200).Items(); len(items) == 0 {
			t.Errorf("%s sees no market", role)
		}
	}
	if status, page := s.Get("/"); status != 200 || !strings.Contains(page, "minh họa") {
		t.Errorf("the start page answers %d", status)
	}
	s.Stop()
	program.Want(t, 0, env, "ledger", "verify")
	program.Want(t, 1, env, "seed", "demo")

	s = program.Serve(t, env, "--demo")
	s.CallAs("Bearer "+keys["admin"], "GET", "/api/v1/markets", nil, 401)
	s.CallAs("Bearer "+program.DemoKeys(t, s)["admin"], "GET", "/api/v1/markets", nil, 200)
}

func TestDemoStaysOutOfARegisterInUse(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=" + dbtest.URL(t), "SECRET_KEY=" + program.SecretKey(1)}
	s := program.Serve(t, env)
	registerPaidStall(t, s, env)
	s.Stop()
	if a := program.Want(t, 1, env, "serve", "--demo"); strings.Contains(a.Out, "m40_") ||
		!strings.Contains(a.Err, "without --demo") {
		t.Errorf("it says %q and %q", a.Out, a.Err)
	}
}
