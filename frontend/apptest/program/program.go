// Package program starts the market40 command as a process and calls its API, for tests. It builds
// the command once for each package of tests.
package program

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// extraTests is how many more tests run at once than there are cores. Tests often wait for servers
// and browsers.
const extraTests = 1

// RunTests runs the tests of a package that starts the program, then what ends, and removes what build
// built. TestMain calls it.
func RunTests(m *testing.M, ends ...func()) {
	flag.Parse()
	if parallel := flag.Lookup("test.parallel"); parallel.Value.String() == parallel.DefValue { // not set by the caller
		_ = parallel.Value.Set(strconv.Itoa(runtime.GOMAXPROCS(0) + extraTests))
	}
	code := m.Run()
	for _, end := range ends {
		end()
	}
	if builtIn != "" {
		_ = os.RemoveAll(builtIn)
	}
	os.Exit(code)
}

// builtIn is the folder that build made.
var builtIn string

// executable builds the program on its first call, and returns its path.
var executable = sync.OnceValues(func() (path string, err error) {
	root, err := moduleRoot()
	if err != nil {
		return "", err
	}
	if err := readSources(root); err != nil {
		return "", err
	}
	if builtIn, err = os.MkdirTemp(os.Getenv("GOTMPDIR"), "m40-program-"); err != nil {
		return "", err
	}
	if err := os.Chmod(builtIn, 0o755); err != nil { //nolint:gosec // other users run it too
		return "", err
	}
	path = filepath.Join(builtIn, "market40")
	args := append([]string{"build", "-o", path, "-ldflags", "-s -w"}, buildFlags()...)
	build := exec.Command("go", append(args, "./cmd/market40")...)
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

// buildFlags returns the flags by which this test was built, so that both share compiled packages.
func buildFlags() (flags []string) {
	info, _ := debug.ReadBuildInfo()
	for _, s := range info.Settings {
		if s.Key == "-tags" || s.Key == "-trimpath" {
			flags = append(flags, s.Key+"="+s.Value)
		}
	}
	return flags
}

// moduleRoot returns the folder of go.mod.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(dir, "go.mod")); missing == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("no go.mod above the working directory")
		}
		dir = filepath.Dir(dir)
	}
	return "", err
}

// readSources lists every folder of the module, so that Go does not report a cached result of tests
// when the program may have changed.
func readSources(root string) error {
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && slices.Contains([]string{".git", "bin", "node_modules", "screenshots"},
			entry.Name()) {
			return filepath.SkipDir
		}
		return err
	})
}

// testSettings lists the variables that a test sets or leaves out. Those of the caller are ignored.
var testSettings = []string{
	"LISTEN_ADDR=", "PUBLIC_URL=", "DATABASE_URL=", "MIGRATE_DATABASE_URL=", "DATA_DIR=", "SECRET_KEY=",
	"SECRET_KEY_FILE=", "LOG_LEVEL=",
	"TRUSTED_PROXIES=", "OUTGOING_ALLOW=", "PUSH_HOSTS=", "OIDC_CONFIG_FILE=",
	"SMS_GATEWAY_URL=", "SMS_GATEWAY_TOKEN_FILE=",
	"TLS_CERT_FILE=", "TLS_KEY_FILE=", "MQTT_LISTEN_ADDR=", "MQTT_PLAINTEXT=",
	"AUDIT_SYSLOG=", "AUDIT_SYSLOG_CA=", "AUDIT_SYSLOG_FORMAT=",
	"DEMO_MONTHS=",
}

// Command returns the program with arguments and settings ("NAME=value"), not started yet.
func Command(t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	path, err := executable()
	if err != nil {
		t.Fatalf("building the program: %v", err)
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), path, args...)
	for _, e := range os.Environ() {
		name, _, _ := strings.Cut(e, "=")
		if !strings.Contains(" "+strings.Join(testSettings, " "), " "+name+"=") {
			cmd.Env = append(cmd.Env, e)
		}
	}
	// a short demo, unless a test sets more months
	cmd.Env = append(append(cmd.Env, "LISTEN_ADDR=127.0.0.1:0", "DEMO_MONTHS=0"), env...)
	return cmd
}

// Result is the result of a command.
type Result struct {
	Code     int
	Out, Err string
}

// Call runs a command to its end.
func Call(t *testing.T, env []string, args ...string) Result {
	t.Helper()
	cmd := Command(t, env, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return Result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// Want runs a command and fails the test if its exit code is another one.
func Want(t *testing.T, code int, env []string, args ...string) Result {
	t.Helper()
	a := Call(t, env, args...)
	if a.Code != code {
		t.Fatalf("market40 %s: exit %d, want %d\n%s%s", strings.Join(args, " "), a.Code, code, a.Out, a.Err)
	}
	return a
}
