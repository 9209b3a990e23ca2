package main_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"market40/cmd/market40/app"
	"market40/merchants/access/signin"
	"market40/migrations/database/dbtest"
)

// TestEveryReadingAnswersHead requests every GET route, as a stranger and as an admin: HEAD has the
// same status and kind as GET, and no body. What is text is compressed for who accepts it.
func TestEveryReadingAnswersHead(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	p, closeProgram, err := app.OpenProgram(t.Context(), &app.Settings{
		DatabaseURL: url, MigrateURL: url, Secret: &app.SecretKey{1},
	})
	must(t, err)
	defer closeProgram()
	admin, err := p.APIKeys.Create(t.Context(), signin.Order{Name: "admin", Role: "admin"})
	must(t, err)
	for _, demo := range []bool{true, false} { // what is at / differs
		e, err := p.Routes(demo)
		must(t, err)
		server := httptest.NewServer(e)
		read, compressed := 0, 0
		for _, r := range e.Engine.Routes() {
			if r.Method != http.MethodGet || strings.HasPrefix(r.Path, "/webhooks/") || !demo && r.Path != "/" {
				continue
			}
			path := regexp.MustCompile(`:\w+`).ReplaceAllString(strings.ReplaceAll(r.Path, "*file", ""),
				"019a0000-0000-7000-8000-000000000000")
			for _, key := range []string{"", admin} {
				read++
				if compare(t, server.URL+path, key) {
					compressed++
				}
			}
		}
		server.Close()
		if demo && (read < 200 || compressed < 20) {
			t.Errorf("only %d answers were compared, %d of them compressed", read, compressed)
		}
	}
}

// compare compares the answers to HEAD and GET, compressed and plain, and reports whether the
// compressed one is.
func compare(t *testing.T, address, key string) bool {
	t.Helper()
	plain, body := request(t, http.MethodGet, address, key, "identity")
	head, nothing := request(t, http.MethodHead, address, key, "identity")
	zipped, packed := request(t, http.MethodGet, address, key, "gzip")
	kind := plain.Header.Get("Content-Type")
	if head.StatusCode != plain.StatusCode || head.Header.Get("Content-Type") != kind || len(nothing) > 0 {
		t.Errorf("HEAD %s: %d %s, %d bytes; GET: %d %s", address, head.StatusCode, head.Header.Get("Content-Type"),
			len(nothing), plain.StatusCode, kind)
	}
	text := strings.HasPrefix(kind, "text/") || strings.Contains(kind, "json") || strings.Contains(kind, "yaml")
	is := zipped.Header.Get("Content-Encoding") == "gzip"
	if want := text && len(body) > 1500; want && !is || is && (!text || len(body) < 1000) {
		t.Errorf("%s, %s of %d bytes: compressed %t", address, kind, len(body), is)
	}
	if is {
		unpacked, err := gzip.NewReader(bytes.NewReader(packed))
		must(t, err)
		if _, err := io.Copy(io.Discard, unpacked); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	if text && len(body) > 1500 &&
		!strings.Contains(strings.Join(plain.Header.Values("Vary"), ","), "Accept-Encoding") {
		t.Errorf("%s varies by %q", address, plain.Header.Values("Vary"))
	}
	return is
}

func request(t *testing.T, method, address, key, encoding string) (*http.Response, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	must(t, err)
	req.Header.Set("Accept-Encoding", encoding)
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	must(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	must(t, err)
	return res, body
}
