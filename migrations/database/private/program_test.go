package private_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"market40/migrations/database/private"
)

// childDir names the data directory to a copy of this binary that plays the program to be killed.
const childDir = "MARKET40_TEST_DATA_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		os.Exit(playProgram(dir))
	}
	code := m.Run()
	if made, err := ready(); err == nil {
		_ = os.RemoveAll(filepath.Dir(made))
	}
	os.Exit(code)
}

// ready is a data directory that has been started and stopped once, for tests to copy: making one
// takes longest.
var ready = sync.OnceValues(func() (string, error) {
	parent, err := os.MkdirTemp("", "m40-")
	if err != nil {
		return "", err
	}
	dir := filepath.Join(parent, "data")
	if err := os.Chmod(parent, 0o755); err != nil {
		return "", err
	}
	s, err := private.Start(context.Background(), dir, private.Options{})
	if err != nil {
		return "", err
	}
	return dir, s.Stop(context.Background())
})

// usedDir is a data directory that has been used and stopped, moved here from elsewhere.
func usedDir(t *testing.T) string {
	t.Helper()
	made, err := ready()
	must(t, err)
	dir := dataDir(t)
	must(t, exec.Command("cp", "-a", made, dir).Run())
	return dir
}

// playProgram runs a private server until its standard input ends, as serve would until it is asked
// to stop.
func playProgram(dir string) int {
	ctx := context.Background()
	s, err := private.Start(ctx, dir, private.Options{})
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	fmt.Println("ready", s.URL())
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := s.Stop(ctx); err != nil {
		fmt.Println("error", err)
		return 1
	}
	return 0
}

// program is a running playProgram.
type program struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	lines *bufio.Scanner
}

// launchProgram starts a program on a directory, as an unprivileged user if ordinary is set and we are
// root.
func launchProgram(t *testing.T, dir string, ordinary bool) *program {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	attr := &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if ordinary && os.Geteuid() == 0 {
		// The go command's build folder is root's alone.
		binary, err := os.ReadFile(self)
		must(t, err)
		self = filepath.Join(reachableDir(t), "program")
		must(t, os.WriteFile(self, binary, 0o755))
		uid, gid := unprivilegedUser(t)
		must(t, os.Chown(filepath.Dir(dir), int(uid), int(gid)))
		attr.Credential = &syscall.Credential{Uid: uid, Gid: gid}
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	cmd.SysProcAttr = attr
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	must(t, err)
	stdout, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return &program{cmd: cmd, stdin: stdin, lines: bufio.NewScanner(stdout)}
}

// ready waits for the program's database and gives its URL.
func (p *program) ready(t *testing.T) string {
	t.Helper()
	if !p.lines.Scan() {
		t.Fatalf("the program ended without a word: %v", p.lines.Err())
	}
	word, url, _ := strings.Cut(p.lines.Text(), " ")
	if word != "ready" {
		t.Fatalf("the program says %q", p.lines.Text())
	}
	return url
}

// kill ends the program as kill -9 does.
func (p *program) kill(t *testing.T) {
	t.Helper()
	must(t, p.cmd.Process.Kill())
	_ = p.cmd.Wait()
}

// finish lets the program stop its server and end.
func (p *program) finish(t *testing.T) {
	t.Helper()
	must(t, p.stdin.Close())
	for p.lines.Scan() {
		t.Errorf("the program says %q", p.lines.Text())
	}
	must(t, p.cmd.Wait())
}

func unprivilegedUser(t *testing.T) (uid, gid uint32) {
	t.Helper()
	u, err := user.Lookup("nobody")
	must(t, err)
	id, err := strconv.ParseUint(u.Uid, 10, 32)
	must(t, err)
	group, err := strconv.ParseUint(u.Gid, 10, 32)
	must(t, err)
	return uint32(id), uint32(group)
}

// reachableDir is a temporary folder that every user may enter, unlike t.TempDir's.
func reachableDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "m40-")
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	must(t, os.Chmod(dir, 0o755))
	return dir
}

// dataDir is where a data directory may be made.
func dataDir(t *testing.T) string {
	t.Helper()
	return filepath.Join(reachableDir(t), "data")
}

// startServer runs a server in this process, to the test's end at the latest.
func startServer(t *testing.T, dir string) *private.Server {
	t.Helper()
	s, err := private.Start(t.Context(), dir, private.Options{})
	must(t, err)
	t.Cleanup(func() { _ = s.Stop(context.Background()) })
	return s
}

func stopServer(t *testing.T, s *private.Server) {
	t.Helper()
	must(t, s.Stop(t.Context()))
}

// writeWord writes a word that recall reads, after whatever was done to the server meanwhile.
func writeWord(t *testing.T, url, word string) {
	t.Helper()
	queryText(t, url, `CREATE TABLE IF NOT EXISTS words (word text)`)
	queryText(t, url, `INSERT INTO words VALUES ('`+word+`')`)
}

func checkWord(t *testing.T, url, want string) {
	t.Helper()
	if got := queryText(t, url, `SELECT string_agg(word, ' ' ORDER BY word) FROM words`); got != want {
		t.Errorf("the database remembers %q, not %q", got, want)
	}
}

// queryText runs a statement and gives its first value as text.
func queryText(t *testing.T, url, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	must(t, err)
	defer conn.Close(context.Background())
	result, err := conn.PgConn().Exec(t.Context(), sql).ReadAll()
	must(t, err)
	if len(result[0].Rows) == 0 {
		return ""
	}
	return string(result[0].Rows[0][0])
}

// postmasterPID is the process that a data directory's server runs as.
func postmasterPID(t *testing.T, dir string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "postgres", "postmaster.pid"))
	must(t, err)
	line, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(line)
	must(t, err)
	return pid
}

// eventually waits up to 20 s for something to hold.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for until := time.Now().Add(time.Minute); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("after 20 s still not: %s", what)
		}
	}
}

func fileExists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
