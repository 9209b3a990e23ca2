package program

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// SepayKey is the Authorization header of a bank connection of the tests.
const SepayKey = "Apikey test-key-of-sepay"

// AdminKey makes an API key of an admin and returns its Authorization header.
func AdminKey(t *testing.T, env []string) string {
	t.Helper()
	return "Bearer " + strings.TrimSpace(Want(t, 0, env, "apikeys", "create", "--role", "admin", "--name", "test").Out)
}

// Execute runs SQL in a database.
func Execute(t *testing.T, url, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	Must(t, err)
	defer conn.Close(t.Context())
	_, err = conn.Exec(t.Context(), sql)
	Must(t, err)
}

// Patience is how long a test waits for a browser or a process on a busy machine.
const Patience = time.Minute

// PollInterval is the time between two checks of a page. A check at every frame would load the
// machine.
const PollInterval = 50 * time.Millisecond

// Get returns the status and the body of a page.
func (s *Server) Get(path string) (int, string) {
	s.T.Helper()
	res, err := http.Get(s.Address + path)
	Must(s.T, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	Must(s.T, err)
	return res.StatusCode, string(body)
}

// Object is a JSON object.
type Object map[string]any

// Text returns a field that is a string, "" if it is not.
func (o Object) Text(name string) string {
	text, _ := o[name].(string)
	return text
}

// Items returns the items of a list.
func (o Object) Items() []any {
	items, _ := o["items"].([]any)
	return items
}

// CallAs calls the API with an Authorization header, and fails the test unless it answers a status. It
// retries a webhook that is too busy, as a bank does.
func (s *Server) CallAs(authorization, method, path string, body Object, status int) Object {
	s.T.Helper()
	got, answered := s.answer(authorization, method, path, body)
	again := status == 200 && strings.HasPrefix(path, "/webhooks/")
	for end := time.Now().Add(Patience); again && got == 503 && time.Now().Before(end); time.Sleep(PollInterval) {
		got, answered = s.answer(authorization, method, path, body)
	}
	if got != status {
		s.T.Fatalf("%s %s: %d, want %d: %s", method, path, got, status, answered)
	}
	var o Object
	if len(answered) > 0 {
		Must(s.T, json.Unmarshal(answered, &o))
	}
	return o
}

// answer returns the status and the body of an answer of the API.
func (s *Server) answer(authorization, method, path string, body Object) (status int, answered []byte) {
	s.T.Helper()
	raw, err := json.Marshal(body)
	Must(s.T, err)
	req, err := http.NewRequestWithContext(s.T.Context(), method, s.Address+path, bytes.NewReader(raw))
	Must(s.T, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", authorization)
	res, err := http.DefaultClient.Do(req)
	Must(s.T, err)
	defer res.Body.Close()
	answered, err = io.ReadAll(res.Body)
	Must(s.T, err)
	s.checkAnswer(res, answered)
	return res.StatusCode, answered
}

// SecretKey returns a SECRET_KEY of 32 bytes n.
func SecretKey(n byte) string {
	return base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{n}, 32))
}

// Must fails the test if err is not nil.
func Must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// GzipSize returns how many bytes a text has when it is compressed.
func GzipSize(t *testing.T, text string) int {
	t.Helper()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err := z.Write([]byte(text))
	Must(t, err)
	Must(t, z.Close())
	return packed.Len()
}

// Visit makes a request as a browser would, with headers in pairs, and returns the answer and its
// body.
func (s *Server) Visit(method, path string, body Object, headers ...string) (*http.Response, Object) {
	s.T.Helper()
	raw, err := json.Marshal(body)
	Must(s.T, err)
	req, err := http.NewRequestWithContext(s.T.Context(), method, s.Address+path, bytes.NewReader(raw))
	Must(s.T, err)
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	Must(s.T, err)
	defer res.Body.Close()
	answered, err := io.ReadAll(res.Body)
	Must(s.T, err)
	s.checkAnswer(res, answered)
	var o Object
	_ = json.Unmarshal(answered, &o)
	return res, o
}
