package main_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	market40 "market40/cmd/market40"
)

// asProgram makes this test binary the program itself, so that the tests run real processes.
const asProgram = "MARKET40_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(market40.Run(os.Args[1:], os.Stdout, os.Stderr))
	}
	flag.Parse()
	if parallel := flag.Lookup("test.parallel"); parallel.Value.String() == parallel.DefValue { // nobody set it
		_ = parallel.Value.Set(strconv.Itoa(runtime.GOMAXPROCS(0) + waitingTests))
	}
	os.Exit(m.Run())
}

// waitingTests is how many more tests run at once than there are cores: they wait for servers and
// browsers often.
const waitingTests = 1

// ownSettings are the variables that a test sets or leaves out, never those of who runs it.
var ownSettings = []string{
	"LISTEN_ADDR=", "PUBLIC_URL=", "DATABASE_URL=", "MIGRATE_DATABASE_URL=", "DATA_DIR=", "SECRET_KEY=",
	"SECRET_KEY_FILE=", "LOG_LEVEL=",
	"TRUSTED_PROXIES=", "OUTGOING_ALLOW=", "PUSH_HOSTS=", "OIDC_CONFIG_FILE=",
	"SMS_GATEWAY_URL=", "SMS_GATEWAY_TOKEN_FILE=",
	"TLS_CERT_FILE=", "TLS_KEY_FILE=", "MQTT_LISTEN_ADDR=", "MQTT_PLAINTEXT=",
	"AUDIT_SYSLOG=", "AUDIT_SYSLOG_CA=", "AUDIT_SYSLOG_FORMAT=",
	"DEMO_MONTHS=",
}

// command is the program with arguments and settings ("NAME=value"), not started yet.
func command(t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), self, args...)
	for _, e := range os.Environ() {
		name, _, _ := strings.Cut(e, "=")
		if !strings.Contains(" "+strings.Join(ownSettings, " "), " "+name+"=") {
			cmd.Env = append(cmd.Env, e)
		}
	}
	// a short demo, unless a test wants more
	cmd.Env = append(append(cmd.Env, asProgram+"=1", "LISTEN_ADDR=127.0.0.1:0", "DEMO_MONTHS=0"), env...)
	return cmd
}

// answer is how a command ended.
type answer struct {
	code     int
	out, err string
}

// call runs a command to its end.
func call(t *testing.T, env []string, args ...string) answer {
	t.Helper()
	cmd := command(t, env, args...)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return answer{cmd.ProcessState.ExitCode(), out.String(), said.String()}
}

// want is call for a command that must end in one way.
func want(t *testing.T, code int, env []string, args ...string) answer {
	t.Helper()
	a := call(t, env, args...)
	if a.code != code {
		t.Fatalf("market40 %s: exit %d, want %d\n%s%s", strings.Join(args, " "), a.code, code, a.out, a.err)
	}
	return a
}

// serving is a serve that listens.
type serving struct {
	t       *testing.T
	cmd     *exec.Cmd
	address string   // http://host:port
	told    []string // what it printed until then
	out     *bufio.Scanner
	said    *lockedBuffer
	once    sync.Once
	code    int
}

// serve starts a server on a free port and waits until it says that it listens.
func serve(t *testing.T, env []string, args ...string) *serving {
	t.Helper()
	return startServing(t, command(t, env, append([]string{"serve"}, args...)...))
}

// saidOfServer is how many bytes of a server's log are shown when its test fails: the last ones.
const saidOfServer = 8 << 10

// startServing starts a program that serves and waits until it says that it listens.
func startServing(t *testing.T, cmd *exec.Cmd) *serving {
	t.Helper()
	s := &serving{t: t, cmd: cmd, said: &lockedBuffer{}}
	s.cmd.Stderr = s.said
	out, err := s.cmd.StdoutPipe()
	must(t, err)
	must(t, s.cmd.Start())
	t.Cleanup(func() {
		s.stop()
		if t.Failed() {
			said := s.said.String()
			t.Log("the server said:", said[max(0, len(said)-saidOfServer):])
		}
	})
	lines := bufio.NewScanner(out)
	s.out = lines
	for lines.Scan() {
		if address, found := strings.CutPrefix(lines.Text(), "listening on "); found {
			s.address = address
			return s
		}
		s.told = append(s.told, lines.Text())
	}
	t.Fatalf("serve ended before it listened, exit %d: %s", s.stop(), s.said.String())
	return nil
}

// stop tells the server to end and says how it did.
func (s *serving) stop() int {
	s.once.Do(func() {
		_ = s.cmd.Process.Signal(syscall.SIGTERM)
		_ = s.cmd.Wait()
		s.code = s.cmd.ProcessState.ExitCode()
	})
	return s.code
}

// get is the status and the body of a page.
func (s *serving) get(path string) (int, string) {
	s.t.Helper()
	res, err := http.Get(s.address + path)
	must(s.t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	must(s.t, err)
	return res.StatusCode, string(body)
}

// object is a JSON object.
type object map[string]any

func (o object) text(name string) string {
	text, _ := o[name].(string)
	return text
}

func (o object) items() []any {
	items, _ := o["items"].([]any)
	return items
}

// ask calls the API with an Authorization header and wants a status. A webhook that is too busy is
// told again, as a bank does.
func (s *serving) ask(authorization, method, path string, body object, status int) object {
	s.t.Helper()
	got, answered := s.answer(authorization, method, path, body)
	again := status == 200 && strings.HasPrefix(path, "/webhooks/")
	for end := time.Now().Add(patience); again && got == 503 && time.Now().Before(end); time.Sleep(betweenLooks) {
		got, answered = s.answer(authorization, method, path, body)
	}
	if got != status {
		s.t.Fatalf("%s %s: %d, want %d: %s", method, path, got, status, answered)
	}
	var o object
	if len(answered) > 0 {
		must(s.t, json.Unmarshal(answered, &o))
	}
	return o
}

// answer is how a call of the API is answered.
func (s *serving) answer(authorization, method, path string, body object) (status int, answered []byte) {
	s.t.Helper()
	raw, err := json.Marshal(body)
	must(s.t, err)
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.address+path, bytes.NewReader(raw))
	must(s.t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", authorization)
	res, err := http.DefaultClient.Do(req)
	must(s.t, err)
	defer res.Body.Close()
	answered, err = io.ReadAll(res.Body)
	must(s.t, err)
	return res.StatusCode, answered
}

// dataDir is where a private server may be made: t.TempDir is closed to the database's user when
// root tests.
func dataDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "m40-")
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	must(t, os.Chmod(dir, 0o755))
	return filepath.Join(dir, "data")
}

// someSecret is a SECRET_KEY whose bytes are all n.
func someSecret(n byte) string {
	return base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{n}, 32))
}

// lockedBuffer is written by a process while a test reads it.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
