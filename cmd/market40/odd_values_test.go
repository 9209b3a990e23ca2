package main_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"market40/frontend/apptest/program"
	"market40/migrations/database/dbtest"
)

// oddValues are what no form sends: dates outside of every bound, numbers that fit nothing, text
// that is none.
var oddValues = []string{
	"0000-01-01", "0001-01-01", "9999-12-31", "99999-01-01", "-0001-01-01", "2026-02-30", "2026-13-01", "0000-01",
	"9999-12", "0000", "99999",
	"0000-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", "infinity",
	"-1", "0", "2147483648", "99999999999999999999", "1e400", "NaN",
	"a\x00b", "\xff\xfe", "\xed\xa0\x80", strings.Repeat("a", 5000), "'", "%", "{}", "\u202e", " ",
	base64.RawURLEncoding.EncodeToString(
		[]byte(`{"t":"9999-12-31T23:59:59Z","i":"ffffffff-ffff-ffff-ffff-ffffffffffff"}`)),
	base64.RawURLEncoding.EncodeToString(
		[]byte(`{"t":"0000-01-01T00:00:00Z","i":"00000000-0000-0000-0000-000000000000","x":"\u0000"}`)),
}

// readRoute is a GET route as OpenAPI describes it.
type readRoute struct {
	path  string
	query []string
}

// pages are the paths for people with parameters, which OpenAPI leaves out.
var pages = []string{"/q/{code}", "/q/{code}/apps/{app}", "/i/{token}", "/i/{token}/card", "/stall/{file}"}

// readRoutes lists the GET routes but streams.
func readRoutes(s *program.Server) (routes []readRoute) {
	for _, page := range pages {
		routes = append(routes, readRoute{path: page})
	}
	paths, _ := s.CallAs("", "GET", "/openapi.json", nil, 200)["paths"].(map[string]any)
	for path, methods := range paths {
		get, reads := methods.(map[string]any)["get"].(map[string]any)
		if !reads || strings.HasSuffix(path, "/stream") {
			continue
		}
		route := readRoute{path: path}
		parameters, _ := get["parameters"].([]any)
		for _, p := range parameters {
			if parameter := object(p.(map[string]any)); parameter.Text("in") == "query" {
				route.query = append(route.query, parameter.Text("name"))
			}
		}
		routes = append(routes, route)
	}
	slices.SortFunc(routes, func(a, b readRoute) int { return strings.Compare(a.path, b.path) })
	return routes
}

// fill puts real ids into a path, or for one of its parameters another text.
func (r readRoute) fill(real map[string]string, odd int, text string) string {
	parts := strings.Split(r.path, "/")
	for i, part := range parts {
		name, rest, found := strings.Cut(strings.TrimPrefix(part, "{"), "}")
		switch {
		case !found:
		case odd == i:
			parts[i] = url.PathEscape(text) + rest
		case name == "id" && real[parts[i-1]] != "":
			parts[i] = real[parts[i-1]] + rest
		case real[name] != "":
			parts[i] = real[name] + rest
		default:
			parts[i] = "019a0000-0000-7000-8000-000000000000" + rest
		}
	}
	return strings.Join(parts, "/")
}

// oddRequests are the paths of a route with each odd value in each of its parameters.
func (r readRoute) oddRequests(real map[string]string) (paths []string) {
	for _, text := range oddValues {
		for _, name := range r.query {
			paths = append(paths, r.fill(real, -1, "")+"?"+url.QueryEscape(name)+"="+url.QueryEscape(text))
		}
		for i, part := range strings.Split(r.path, "/") {
			if strings.HasPrefix(part, "{") {
				paths = append(paths, r.fill(real, i, text))
			}
		}
	}
	return paths
}

// TestOddValuesCauseNoServerErrors walks every GET route with odd values in every parameter. None
// is answered 500.
func TestOddValuesCauseNoServerErrors(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=" + dbtest.URL(t), "SECRET_KEY=" + program.SecretKey(1), "DATA_DIR=" + dataDir(t)}
	s := program.Serve(t, env)
	stall := registerPaidStall(t, s, env)
	admin := program.AdminKey(t, env)
	s.CallAs(admin, "POST", "/api/v1/campaigns", object{
		"code": "ODD", "name": "Chợ 4.0", "legal_ref": "05/UBCĐS",
		"starts_on": "2025-07-01",
	}, 201)
	seen := s.CallAs(admin, "GET", "/api/v1/stalls/"+stall, nil, 200)
	merchant, _ := seen["merchant"].(map[string]any)
	code, _ := seen["code"].(map[string]any)
	real := map[string]string{
		"stalls": stall, "markets": seen.Text("market_id"), "market": seen.Text("market_id"),
		"merchants": object(merchant).Text("id"),
		"code":      object(code).Text("code"), "campaign": "ODD", "locality": "22366",
	}
	requests := make(chan string)
	var walkers sync.WaitGroup
	var counting sync.Mutex
	answers := map[int]int{}
	for range 2 { // a caller has four requests at once, and 6,000 a minute
		for _, key := range []string{program.AdminKey(t, env), program.AdminKey(t, env)} {
			walkers.Go(func() {
				for path := range requests {
					status, body := readOddValue(s, key, path)
					counting.Lock()
					answers[status/100]++
					counting.Unlock()
					if status == 0 || status >= 500 && status != http.StatusServiceUnavailable {
						t.Errorf("GET %.200s is answered %d %.300s", path, status, body)
					}
				}
			})
		}
	}
	for _, route := range readRoutes(s) {
		for _, path := range route.oddRequests(real) {
			requests <- path
		}
	}
	close(requests)
	walkers.Wait()
	t.Logf("answers by class: %v", answers)
	if answers[4] < 1000 || answers[2] == 0 {
		t.Errorf("hardly anything was tried: %v", answers)
	}
}

// readOddValue reads a path as it is written.
func readOddValue(s *program.Server, key, path string) (status int, body string) {
	req, err := http.NewRequestWithContext(s.T.Context(), http.MethodGet, s.Address+path, nil)
	if err != nil {
		return 0, fmt.Sprint(err)
	}
	req.Header.Set("Authorization", key)
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return 0, fmt.Sprint(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, fmt.Sprint(err)
	}
	return res.StatusCode, string(raw[:min(len(raw), 300)])
}
