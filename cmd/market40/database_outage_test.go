package main_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"market40/frontend/apptest/program"
	"market40/migrations/database/dbtest"
)

// TestReadsDuringDatabaseOutage takes the database away from a running server. Every GET route
// answers 503 with Retry-After, or does without the database; none answers 500, and all come back
// with the database.
func TestReadsDuringDatabaseOutage(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	env := []string{"DATABASE_URL=" + url, "SECRET_KEY=" + program.SecretKey(1), "DATA_DIR=" + dataDir(t)}
	key := "Bearer " + strings.TrimSpace(
		program.Want(t, 0, env, "apikeys", "create", "--role", "admin", "--name", "test").Out,
	)
	s := program.Serve(t, env)
	paths := getRoutes(s)
	allowConnections(s, url, false)
	refused := 0
	for _, path := range paths {
		for _, accept := range []string{"application/json", "text/html"} {
			status, code, retry := readWithoutDatabase(s, key, path, accept)
			if status == http.StatusServiceUnavailable {
				refused++
				if path != "/readyz" && (code != "unavailable" || retry == "") {
					t.Errorf("%s: 503 %s, Retry-After %q", path, code, retry)
				}
			} else if status >= 500 {
				t.Errorf("%s as %s: %d while the database is away", path, accept, status)
			}
		}
	}
	if refused < 100 {
		t.Errorf("only %d answers needed the database", refused)
	}
	allowConnections(s, url, true)
	s.CallAs(key, "GET", "/api/v1/markets", nil, 200)
	if lines := strings.Count(s.Log.String(), "cannot be reached"); lines == 0 || lines > 20 {
		t.Errorf("%d lines about it in the log", lines)
	}
}

// getRoutes lists the paths that OpenAPI has a GET for, with ids that nothing has.
func getRoutes(s *program.Server) (paths []string) {
	described := s.CallAs("", "GET", "/openapi.json", nil, 200)
	routes, _ := described["paths"].(map[string]any)
	for path, methods := range routes {
		if _, reads := methods.(map[string]any)["get"]; reads && !strings.HasSuffix(path, "/stream") {
			parts := strings.Split(path, "/")
			for i, part := range parts {
				if strings.HasPrefix(part, "{") {
					parts[i] = "019a0000-0000-7000-8000-000000000000" + part[strings.Index(part, "}")+1:]
				}
			}
			paths = append(paths, strings.Join(parts, "/"))
		}
	}
	return paths
}

// readWithoutDatabase reads a path and returns the status, the problem's code, and Retry-After.
func readWithoutDatabase(s *program.Server, authorization, path, accept string) (status int, code, retry string) {
	s.T.Helper()
	ctx, cancel := context.WithTimeout(s.T.Context(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Address+path, nil)
	must(s.T, err)
	req.Header.Set("Authorization", authorization)
	req.Header.Set("Accept", accept)
	res, err := http.DefaultTransport.RoundTrip(req)
	must(s.T, err)
	defer res.Body.Close()
	body := make([]byte, 4096)
	n, _ := res.Body.Read(body)
	for _, known := range []string{"unavailable", "internal"} {
		if strings.Contains(string(body[:n]), `"code":"`+known+`"`) {
			code = known
		}
	}
	if strings.Contains(res.Header.Get("Content-Type"), "text/html") &&
		res.StatusCode == http.StatusServiceUnavailable {
		code = "unavailable" // a page says it in words
	}
	return res.StatusCode, code, res.Header.Get("Retry-After")
}

// allowConnections lets a database take connections, or ends those that it has and takes none.
func allowConnections(s *program.Server, url string, allow bool) {
	s.T.Helper()
	cfg, err := pgx.ParseConfig(url)
	must(s.T, err)
	name := cfg.Database
	cfg.Database = "template1"
	conn, err := pgx.ConnectConfig(s.T.Context(), cfg)
	must(s.T, err)
	defer conn.Close(s.T.Context())
	word := "false"
	if allow {
		word = "true"
	}
	_, err = conn.Exec(s.T.Context(), "ALTER DATABASE "+name+" ALLOW_CONNECTIONS "+word)
	must(s.T, err)
	if !allow {
		_, err = conn.Exec(s.T.Context(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1",
			name)
		must(s.T, err)
	}
}
