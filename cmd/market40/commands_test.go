package main_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"market40/frontend/apptest/program"
	"market40/migrations/database/dbtest"
)

func TestEveryCommandHelps(t *testing.T) {
	t.Parallel()
	for _, words := range []string{
		"", "serve", "migrate", "migrate up", "migrate status", "seed", "seed demo", "seed banks", "seed localities",
		"apikeys",
		"apikeys create", "apikeys revoke", "ledger", "reports", "reports freeze", "reports verify", "ledger verify",
		"backup", "restore", "bench", "simulate", "version", "secrets", "secrets rotate", "secrets finish", "sbom",
		"ready", "connections", "connections list", "connections test",
	} {
		a := program.Want(t, 0, []string{"LISTEN_ADDR=nowhere"}, append(strings.Fields(words), "--help")...)
		if first, _, _ := strings.Cut(a.Out, "\n"); len(first) < 15 || !strings.Contains(a.Out, "Usage:") {
			t.Errorf("market40 %s --help says %q", words, a.Out)
		}
	}
}

func TestWrongUseExits2(t *testing.T) {
	t.Parallel()
	dir := "DATA_DIR=" + dataDir(t)
	for _, words := range []string{
		"sell", "migrate down", "serve now", "serve --fast", "apikeys create --name x", "apikeys create --role admin",
		"apikeys revoke",
		"backup", "restore", "restore /no/such/file", "backup " + filepath.Join(t.TempDir(), "of-nothing"), "simulate",
	} {
		if a := program.Want(t, 2, []string{dir}, strings.Fields(words)...); !strings.HasPrefix(a.Err, "market40: ") ||
			a.Out != "" {
			t.Errorf("market40 %s says %q and %q", words, a.Out, a.Err)
		}
	}
}

func TestMigrateUpAndStatus(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=" + dbtest.Empty(t)}
	if a := program.Want(t, 0, env, "migrate", "status"); strings.Count(a.Out, "missing") < 4 {
		t.Errorf("an empty database has %q", a.Out)
	}
	program.Want(t, 0, env, "migrate", "up")
	program.Want(t, 0, env, "migrate", "up")
	if a := program.Want(t, 0, env, "migrate", "status"); strings.Contains(a.Out, "missing") ||
		!regexp.MustCompile(`00001_\w+\.sql +20\d\d-`).MatchString(a.Out) {
		t.Errorf("a migrated database has %q", a.Out)
	}
	program.Want(t, 0, env, "seed", "banks")
	program.Want(t, 0, env, "seed", "localities")
}

func TestServeRefusesAnotherSchema(t *testing.T) {
	t.Parallel()
	secret := "SECRET_KEY=" + program.SecretKey(1)
	empty := dbtest.Empty(t)
	if a := program.Want(t, 2, []string{"DATABASE_URL=" + empty, secret}, "serve"); !strings.Contains(a.Err,
		"market40 migrate up") {
		t.Errorf("an unmigrated database is answered by %q", a.Err)
	}
	newer := dbtest.URL(t)
	program.Execute(t, newer, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)`)
	for _, args := range [][]string{{"serve"}, {"migrate", "up"}, {
		"apikeys", "create", "--role", "admin", "--name",
		"x",
	}} {
		if a := program.Want(t, 2, []string{"DATABASE_URL=" + newer, secret}, args...); !strings.Contains(a.Err,
			"newer program") {
			t.Errorf("a newer database is answered by %q", a.Err)
		}
	}
}

func TestAPIKeysAreMadeAndRevoked(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=" + dbtest.URL(t), "SECRET_KEY=" + program.SecretKey(1)}
	s := program.Serve(t, env)
	keys := map[string]string{}
	for _, scope := range []string{"", "locality:22366", "locality:districts_2024/568"} {
		a := program.Want(t, 0, env, "apikeys", "create", "--role", "admin", "--scope", scope, "--name", "test")
		if !regexp.MustCompile(`^m40_[\w-]{43}\n$`).MatchString(a.Out) || a.Err != "" {
			t.Fatalf("printed %q and %q", a.Out, a.Err)
		}
		keys[scope] = strings.TrimSpace(a.Out)
	}
	s.CallAs("Bearer "+keys[""], "GET", "/api/v1/notices", nil, 200)
	program.Want(t, 0, env, "apikeys", "revoke", keys["locality:22366"])
	s.CallAs("Bearer "+keys["locality:22366"], "GET", "/api/v1/notices", nil, 401)
	program.Want(t, 1, env, "apikeys", "revoke", keys["locality:22366"])
	program.Want(t, 1, env, "apikeys", "revoke", "m40_unknown")
	program.Want(t, 2, env, "apikeys", "create", "--role", "king", "--name", "test")
	program.Want(t, 2, env, "apikeys", "create", "--role", "admin", "--name", " ")
	program.Want(t, 2, env, "apikeys", "create", "--role", "admin", "--scope", "market:NONE", "--name", "test")
}
