package main_test

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"market40/migrations/database/dbtest"
)

func TestDemoPrintsAWorkingKeyForEachRole(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=" + dbtest.URL(t), "SECRET_KEY=" + someSecret(1)}
	s := serve(t, env, "--demo")
	keys := demoKeys(t, s)
	if len(keys) != 8 {
		t.Fatalf("%d keys: %v", len(keys), s.told)
	}
	for role, key := range keys {
		if items := s.ask("Bearer "+key, "GET", "/api/v1/markets", nil, 200).items(); len(items) == 0 {
			t.Errorf("%s sees no market", role)
		}
	}
	if status, page := s.get("/"); status != 200 || !strings.Contains(page, "minh họa") {
		t.Errorf("the start page answers %d", status)
	}
	s.stop()
	want(t, 0, env, "ledger", "verify")
	want(t, 1, env, "seed", "demo")

	s = serve(t, env, "--demo")
	s.ask("Bearer "+keys["admin"], "GET", "/api/v1/markets", nil, 401)
	s.ask("Bearer "+demoKeys(t, s)["admin"], "GET", "/api/v1/markets", nil, 200)
}

// demoURL is the URL of a database that holds the demo, made today with the key someSecret(1).
func demoURL(t *testing.T) string {
	t.Helper()
	return dbtest.Copy(t, "demo", func(ctx context.Context, url string) error {
		return seedAt(ctx, url, 0, time.Now())
	})
}

// demoKeys are the keys that a server printed, by role.
func demoKeys(t *testing.T, s *serving) map[string]string {
	t.Helper()
	keys := map[string]string{}
	for _, line := range s.told {
		if found := regexp.MustCompile(`^  (\w+) +(m40_[\w-]{43})  \S+$`).FindStringSubmatch(line); found != nil {
			keys[found[1]] = found[2]
		}
	}
	return keys
}

func TestDemoStaysOutOfARegisterInUse(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=" + dbtest.URL(t), "SECRET_KEY=" + someSecret(1)}
	s := serve(t, env)
	register(t, s, env)
	s.stop()
	if a := want(t, 1, env, "serve", "--demo"); strings.Contains(a.out, "m40_") ||
		!strings.Contains(a.err, "without --demo") {
		t.Errorf("it says %q and %q", a.out, a.err)
	}
}
