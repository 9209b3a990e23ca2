package main_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"market40/frontend/apptest/program"
	"market40/migrations/database/dbtest"
)

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

// TestAWrongWordIsCorrected: a misspelt command or group command names what was meant.
func TestAWrongWordIsCorrected(t *testing.T) {
	t.Parallel()
	for words, meant := range map[string]string{
		"srve": "did you mean serve?", "migrate pu": "did you mean up?", "users lst": "did you mean list?",
		"apikeys craete": "did you mean create?", "sell": "see `market40 --help`",
	} {
		a := program.Want(t, 2, nil, strings.Fields(words)...)
		if !strings.Contains(a.Err, meant) || strings.Count(a.Err, "\n") != 1 {
			t.Errorf("market40 %s says %q", words, a.Err)
		}
	}
}

// TestVersionAndCompletion need no settings.
func TestVersionAndCompletion(t *testing.T) {
	t.Parallel()
	env := []string{"LISTEN_ADDR=nowhere"}
	if a, b := program.Want(t, 0, env, "--version"), program.Want(t, 0, env, "version"); a.Out != b.Out ||
		strings.Count(a.Out, "\n") != 1 {
		t.Errorf("--version says %q, version %q", a.Out, b.Out)
	}
	for _, shell := range []string{"bash", "zsh", "fish"} {
		if a := program.Want(t, 0, env, "completion", shell); !strings.Contains(a.Out, "market40") {
			t.Errorf("%s: %q", shell, a.Out)
		}
	}
	if a := program.Want(t, 0, env, "__complete", "users", "create", "--role", ""); !strings.Contains(a.Out,
		"province_officer\n") {
		t.Errorf("--role is completed by %q", a.Out)
	}
}

// TestManPages writes one page for each command.
func TestManPages(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "man1")
	program.Want(t, 0, nil, "man", dir)
	for _, page := range []string{"market40.1", "market40-serve.1", "market40-users-create.1"} {
		text, err := os.ReadFile(filepath.Join(dir, page))
		must(t, err)
		if !strings.Contains(string(text), `.TH "MARKET40" "1"`) {
			t.Errorf("%s begins with %.60s", page, text)
		}
	}
}

// TestProgressIsShownOnATerminalOnly: in a pipe a migration says nothing.
func TestProgressIsShownOnATerminalOnly(t *testing.T) {
	t.Parallel()
	if a := program.Want(t, 0, []string{"DATABASE_URL=" + dbtest.Empty(t)}, "migrate", "up"); a.Out+a.Err != "" {
		t.Errorf("in a pipe it says %q and %q", a.Out, a.Err)
	}
	up := program.Command(t, []string{"DATABASE_URL=" + dbtest.Empty(t)}, "migrate", "up")
	terminal := exec.Command("script", "--quiet", "--return", "--command", up.Path+" migrate up", "/dev/null")
	terminal.Env = up.Env
	shown, err := terminal.Output()
	must(t, err)
	if !regexp.MustCompile(`^(OK +up \d{5}_\w+\.sql \(.*\)\r\n)+$`).Match(shown) {
		t.Errorf("on a terminal it says %.2000q", shown)
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
	var list struct {
		Items []struct {
			Name      string     `json:"name"`
			AppliedAt *time.Time `json:"applied_at"`
		}
	}
	must(t, json.Unmarshal([]byte(program.Want(t, 0, env, "migrate", "status", "--json").Out), &list))
	if first := list.Items[0]; first.Name != "00001_localities.sql" || first.AppliedAt == nil {
		t.Errorf("as JSON it has %v", first)
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

// servingURL returns a database's URL as the role that serves.
func servingURL(t *testing.T, database string) string {
	t.Helper()
	at, err := url.Parse(database)
	must(t, err)
	password, _ := at.User.Password()
	at.User = url.UserPassword("market40_app", password)
	t.Cleanup(func() { // the owner may not end this role's sessions, so their end is waited for
		ctx := context.Background()
		conn, err := pgx.Connect(ctx, database)
		must(t, err)
		defer func() { _ = conn.Close(ctx) }()
		_, err = conn.Exec(ctx, `DO $$ BEGIN
			WHILE EXISTS (SELECT FROM pg_stat_activity WHERE usename = 'market40_app' AND datname = current_database()) LOOP
				PERFORM pg_sleep(0.05), pg_stat_clear_snapshot();
			END LOOP;
		END $$`)
		must(t, err)
	})
	return at.String()
}

// TestOnlyTheOwnerMigratesAndBacksUp: the role that serves gets one sentence.
func TestOnlyTheOwnerMigratesAndBacksUp(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=" + servingURL(t, dbtest.URL(t)), "SECRET_KEY=" + program.SecretKey(1)}
	for _, words := range [][]string{{"migrate", "up"}, {"backup", filepath.Join(t.TempDir(), "x")}, {"seed", "banks"}} {
		if a := program.Want(t, 2, env, words...); !strings.Contains(a.Err, "set MIGRATE_DATABASE_URL") ||
			strings.Count(a.Err, "\n") != 1 {
			t.Errorf("%v says %q", words, a.Err)
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
	if a := program.Want(t, 2, env, "apikeys", "create", "--role", "king", "--name", "test"); strings.Contains(a.Err,
		"unknown_value") || !strings.Contains(a.Err, `"king" is not one of: admin, `) {
		t.Errorf("an unknown role is answered by %q", a.Err)
	}
	if a := program.Want(t, 0, env, "apikeys", "list"); !regexp.MustCompile(
		`admin +locality:[0-9a-f-]{36} +test`,
	).MatchString(a.Out) || !regexp.MustCompile(`admin +all +test`).MatchString(a.Out) {
		t.Errorf("the list is %s", a.Out)
	}
	byAPI := s.CallAs("Bearer "+keys[""], "GET", "/api/v1/api-keys", nil, 200)
	var listed map[string]any
	must(t, json.Unmarshal([]byte(program.Want(t, 0, env, "apikeys", "list", "--json").Out), &listed))
	if have, want := fmt.Sprint(listed), fmt.Sprint(map[string]any(byAPI)); have != want {
		t.Errorf("the command lists %s, the API %s", have, want)
	}
	program.Want(t, 2, env, "apikeys", "create", "--role", "admin", "--name", " ")
	program.Want(t, 2, env, "apikeys", "create", "--role", "admin", "--scope", "market:NONE", "--name", "test")
}
