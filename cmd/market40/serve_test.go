package main_test

import (
	"bufio"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"market40/cmd/market40/app"
	"market40/frontend/apptest/program"
	"market40/migrations/database/dbtest"
)

func TestServeOnAPrivateDatabase(t *testing.T) {
	t.Parallel()
	env := []string{"DATA_DIR=" + dataDir(t), "PUBLIC_URL=https://cho.example.vn/"}
	s := program.Serve(t, env)
	if !regexp.MustCompile(`^http://127\.0\.0\.1:[1-9]\d*$`).MatchString(s.Address) {
		t.Errorf("it listens on %q", s.Address)
	}
	for path, body := range map[string]string{
		"/healthz": "alive", "/readyz": "ready", "/metrics": "go_goroutines", "/openapi.json": `"openapi":"3.1`,
		"/docs": "/api/v1/bank-connections", "/docs/style.css": "body",
		"/docs/payments": "Idempotency-Key", "/docs/search.js": "search",
	} {
		if status, got := s.Get(path); status != 200 || !strings.Contains(got, body) {
			t.Errorf("%s answers %d without %q", path, status, body)
		}
	}
	if _, api := s.Get("/openapi.json"); !strings.Contains(api, `"servers":[{"url":"https://cho.example.vn"}]`) {
		t.Error("OpenAPI does not name the public address")
	}
	if _, page := s.Get(
		"/docs",
	); regexp.MustCompile(`(src|href)="(https?:)?//|<script>|<script [^s]|style=`).
		MatchString(page) {
		t.Error("the page of routes needs another host, or a script or style that its policy forbids")
	}
	if status, page := s.Get("/"); status != 200 || !strings.Contains(page, `href="/district/"`) {
		t.Errorf("without --demo the page of three doors answers %d: %s", status, page)
	}
	if a := program.Want(t, 1, env, "serve"); !strings.Contains(a.Err, "another market40 runs") {
		t.Errorf("a second server is answered by %q", a.Err)
	}
	program.Want(t, 0, env, "ledger", "verify")
	if code := s.Stop(); code != 0 {
		t.Errorf("it ended with exit %d: %s", code, s.Log.String())
	}
	if log := s.Log.String(); log != "" {
		t.Errorf("a quiet run logged %q", log)
	}
	program.Want(t, 0, env, "ledger", "verify") // now by a server of its own
}

func TestReadyReportsDatabaseState(t *testing.T) {
	t.Parallel()
	database := dbtest.URL(t)
	s := program.Serve(t, []string{"DATABASE_URL=" + database, "SECRET_KEY=" + program.SecretKey(1)})
	program.Execute(t, database, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)`)
	if status, _ := s.Get("/readyz"); status != 503 {
		t.Errorf("with an unknown schema /readyz answers %d", status)
	}
	program.Execute(t, database, `DELETE FROM goose_db_version WHERE version_id = 99999`)
	if status, _ := s.Get("/readyz"); status != 200 {
		t.Errorf("with its own schema again /readyz answers %d", status)
	}
	shut(t, database)
	if status, _ := s.Get("/readyz"); status != 503 {
		t.Errorf("without a database /readyz answers %d", status)
	}
	if status, _ := s.Get("/healthz"); status != 200 {
		t.Errorf("without a database /healthz answers %d", status)
	}
}

// shut ends a database's sessions and lets no new ones in.
func shut(t *testing.T, database string) {
	t.Helper()
	at, err := url.Parse(database)
	must(t, err)
	name := strings.TrimPrefix(at.Path, "/")
	at.Path = "/market40"
	program.Execute(t, at.String(), `ALTER DATABASE `+name+` ALLOW_CONNECTIONS false`)
	program.Execute(t, at.String(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '`+name+`'`)
}

func TestServeRefusesAnotherKey(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=" + dbtest.URL(t)}
	program.Serve(t, append(env, "SECRET_KEY="+program.SecretKey(1))).Stop()
	if a := program.Want(t, 2, append(env, "SECRET_KEY="+program.SecretKey(2)), "serve"); !strings.Contains(a.Err,
		"SECRET_KEY does not open") {
		t.Errorf("another key is answered by %q", a.Err)
	}
}

// TestServeRefusesATransactionPool: limits, locks and the marks of the audit trail belong to a
// session, which such a pool shares.
func TestServeRefusesATransactionPool(t *testing.T) {
	t.Parallel()
	database := dbtest.URL(t)
	program.Serve(t, []string{"DATABASE_URL=" + dbtest.NewProxy(t, database).URL, "SECRET_KEY=" + program.SecretKey(1)}).
		Stop()
	env := []string{"DATABASE_URL=" + dbtest.NewTransactionPool(t, database), "SECRET_KEY=" + program.SecretKey(1)}
	if a := program.Want(t, 2, env, "serve"); !strings.Contains(a.Err, "a pool in transaction mode") {
		t.Errorf("behind a transaction pool serve says %q", a.Err)
	}
}

// forPeople are the routes that OpenAPI leaves out: pages, and what their browsers load.
var forPeople = regexp.MustCompile(
	`^GET (/|/(account|demo|district|docs|sign-in|stall)\b.*|/q/(shop\..*|check|\{code\}|` +
		`\{code\}/apps/.*)|/openapi\.(json|yaml))$|^POST /demo/sign-in/|^(GET|POST) /i/\{token\}(/card)?$`,
)

func TestOpenAPIContainsEveryRoute(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	p, closeProgram, err := app.OpenProgram(t.Context(), &app.Settings{
		DatabaseURL: url, MigrateURL: url,
		Secret: &app.SecretKey{1},
	})
	must(t, err)
	defer closeProgram()
	e, err := p.Routes(true)
	must(t, err)
	written := map[string]bool{}
	for path, item := range e.API.OpenAPI().Paths {
		for method, is := range map[string]bool{
			"GET": item.Get != nil, "POST": item.Post != nil, "PUT": item.Put != nil, "PATCH": item.Patch != nil,
			"DELETE": item.Delete != nil,
		} {
			if is {
				written[method+" "+path] = true
			}
		}
	}
	named := regexp.MustCompile(`[:*](\w+)`)
	for _, r := range e.Engine.Routes() {
		if route := r.Method + " " + named.ReplaceAllString(
			r.Path,
			"{$1}",
		); written[route] == forPeople.MatchString(
			route,
		) {
			t.Errorf("%s is missing from OpenAPI, or a page in it", route)
		}
	}
}

func TestAStoppingServerEndsItsStreams(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=" + dbtest.URL(t), "SECRET_KEY=" + program.SecretKey(1)}
	s := program.Serve(t, env)
	stall := registerPaidStall(t, s, env)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.Address+"/api/v1/stalls/"+stall+
		"/payments/stream", nil)
	must(t, err)
	req.Header.Set("Authorization", program.AdminKey(t, env))
	res, err := http.DefaultClient.Do(req)
	must(t, err)
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	if !lines.Scan() || res.StatusCode != 200 {
		t.Fatalf("the stream answers %d", res.StatusCode)
	}
	if code := s.Stop(); code != 0 {
		t.Errorf("it ended with exit %d: %s", code, s.Log.String())
	}
	for lines.Scan() {
	}
	if err := lines.Err(); err != nil {
		t.Errorf("the stream was cut off: %v", err)
	}
}
