package main_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

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
		a := want(t, 0, []string{"LISTEN_ADDR=nowhere"}, append(strings.Fields(words), "--help")...)
		if first, _, _ := strings.Cut(a.out, "\n"); len(first) < 15 || !strings.Contains(a.out, "Usage:") {
			t.Errorf("market40 %s --help says %q", words, a.out)
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
		if a := want(t, 2, []string{dir}, strings.Fields(words)...); !strings.HasPrefix(a.err, "market40: ") ||
			a.out != "" {
			t.Errorf("market40 %s says %q and %q", words, a.out, a.err)
		}
	}
}

func TestMigrateUpAndStatus(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=" + dbtest.Empty(t)}
	if a := want(t, 0, env, "migrate", "status"); strings.Count(a.out, "missing") < 4 {
		t.Errorf("an empty database has %q", a.out)
	}
	want(t, 0, env, "migrate", "up")
	want(t, 0, env, "migrate", "up")
	if a := want(t, 0, env, "migrate", "status"); strings.Contains(a.out, "missing") ||
		!regexp.MustCompile(`00001_\w+\.sql +20\d\d-`).MatchString(a.out) {
		t.Errorf("a migrated database has %q", a.out)
	}
	want(t, 0, env, "seed", "banks")
	want(t, 0, env, "seed", "localities")
}

func TestServeRefusesAnotherSchema(t *testing.T) {
	t.Parallel()
	secret := "SECRET_KEY=" + someSecret(1)
	empty := dbtest.Empty(t)
	if a := want(t, 2, []string{"DATABASE_URL=" + empty, secret}, "serve"); !strings.Contains(a.err,
		"market40 migrate up") {
		t.Errorf("an unmigrated database is answered by %q", a.err)
	}
	newer := dbtest.URL(t)
	execute(t, newer, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)`)
	for _, args := range [][]string{{"serve"}, {"migrate", "up"}, {
		"apikeys", "create", "--role", "admin", "--name",
		"x",
	}} {
		if a := want(t, 2, []string{"DATABASE_URL=" + newer, secret}, args...); !strings.Contains(a.err,
			"newer program") {
			t.Errorf("a newer database is answered by %q", a.err)
		}
	}
}

func TestAPIKeysAreMadeAndRevoked(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=" + dbtest.URL(t), "SECRET_KEY=" + someSecret(1)}
	s := serve(t, env)
	keys := map[string]string{}
	for _, scope := range []string{"", "locality:22366", "locality:districts_2024/568"} {
		a := want(t, 0, env, "apikeys", "create", "--role", "admin", "--scope", scope, "--name", "test")
		if !regexp.MustCompile(`^m40_[\w-]{43}\n$`).MatchString(a.out) || a.err != "" {
			t.Fatalf("printed %q and %q", a.out, a.err)
		}
		keys[scope] = strings.TrimSpace(a.out)
	}
	s.ask("Bearer "+keys[""], "GET", "/api/v1/notices", nil, 200)
	want(t, 0, env, "apikeys", "revoke", keys["locality:22366"])
	s.ask("Bearer "+keys["locality:22366"], "GET", "/api/v1/notices", nil, 401)
	want(t, 1, env, "apikeys", "revoke", keys["locality:22366"])
	want(t, 1, env, "apikeys", "revoke", "m40_unknown")
	want(t, 2, env, "apikeys", "create", "--role", "king", "--name", "test")
	want(t, 2, env, "apikeys", "create", "--role", "admin", "--name", " ")
	want(t, 2, env, "apikeys", "create", "--role", "admin", "--scope", "market:NONE", "--name", "test")
}

func execute(t *testing.T, url, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	must(t, err)
	defer conn.Close(t.Context())
	_, err = conn.Exec(t.Context(), sql)
	must(t, err)
}
