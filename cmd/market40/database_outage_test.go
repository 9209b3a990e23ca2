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

// maxOutageLines is how many lines a short outage may write into the log: each connection that was
// in use may be cut once.
const maxOutageLines = 5

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
	paths := append(getRoutes(s), "/", "/stall/", "/q/M4J2222222AB", "/q/M4J2222222AB.png",
		"/q/M4J2222222AB/orders/019a0000-0000-7000-8000-000000000000", "/i/token", "/i/token.png", "/i/token/card")
	allowConnections(s, url, false)
	refused := 0
	for _, path := range paths {
		for _, accept := range []string{"application/json", "text/html"} {
			status, kind, code, retry := readWithoutDatabase(s, key, path, accept)
			if status == http.StatusServiceUnavailable {
				refused++
				if path != "/readyz" && (code != "unavailable" || retry == "") {
					t.Errorf("%s: 503 %s, Retry-After %q", path, code, retry)
				}
				if isPage := strings.HasPrefix(path, "/q/") || strings.HasPrefix(path, "/i/"); isPage &&
					strings.HasPrefix(kind, "text/html") != (accept == "text/html" || strings.HasPrefix(path, "/i/")) {
					t.Errorf("%s as %s is answered as %s", path, accept, kind)
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
	const back = "connected to the database again"
	for end := time.Now().Add(program.Patience); !strings.Contains(s.Log.String(), back); {
		if time.Sleep(program.PollInterval); time.Now().After(end) {
			t.Fatal("the log does not say that the database is back")
		}
	}
	said := s.Log.String()
	if n := strings.Count(said, "cannot be reached"); n == 0 || n > 3 || strings.Count(said, back) > 1 {
		t.Errorf("%d lines about the outage in the log", n)
	}
	if n := strings.Count(said, "\n"); n > maxOutageLines {
		t.Errorf("%d lines in the log:\n%s", n, said)
	}
}

// getRoutes lists the paths that OpenAPI has a GET for, with ids that nothing has.
func getRoutes(s *program.Server) (paths []string) {
	described := s.CallAs("", "GET", "/openapi.json", nil, 200)
	routes, _ := described["paths"].(map[string]any)
	for _, page := range pages {
		routes[page] = map[string]any{"get": nil}
	}
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

// readWithoutDatabase reads a path and returns the status, the content type, the problem's code, and
// Retry-After.
func readWithoutDatabase(s *program.Server, authorization, path, accept string) (status int, kind, code, retry string) {
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
	kind = res.Header.Get("Content-Type")
	if strings.Contains(kind, "text/html") && res.StatusCode == http.StatusServiceUnavailable {
		code = "unavailable" // a page says it in words
	}
	return res.StatusCode, kind, code, res.Header.Get("Retry-After")
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
