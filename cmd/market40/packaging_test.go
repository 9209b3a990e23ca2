package main_test

import (
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"market40/frontend/apptest/program"
	"market40/migrations/database/dbtest"
)

// TestServeReportsToSystemd plays the socket of a unit of Type=notify with a watchdog: the server
// reports that it listens, that it lives and that it stops.
func TestServeReportsToSystemd(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "m40-") // a socket's path is short
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket := filepath.Join(dir, "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	must(t, err)
	defer conn.Close()
	must(t, conn.SetReadDeadline(time.Now().Add(2*program.Patience)))
	s := program.Serve(t, []string{ // not a PostgreSQL of its own, which would report too
		"DATABASE_URL=" + dbtest.URL(t), "SECRET_KEY=" + program.SecretKey(1),
		"NOTIFY_SOCKET=" + socket, "WATCHDOG_USEC=200000",
	})
	read := func() string {
		buffer := make([]byte, 256)
		n, err := conn.Read(buffer)
		must(t, err)
		return string(buffer[:n])
	}
	for _, want := range []string{"READY=1", "WATCHDOG=1", "WATCHDOG=1"} {
		if got := read(); got != want {
			t.Fatalf("it reports %q, not %q", got, want)
		}
	}
	must(t, s.Cmd.Process.Signal(syscall.SIGTERM))
	for got := "WATCHDOG=1"; got != "STOPPING=1"; {
		if got = read(); got != "WATCHDOG=1" && got != "STOPPING=1" {
			t.Fatalf("it reports %q at its end", got)
		}
	}
}

// TestServeWarnsOfTheOwner: whoever could change the tables is warned at the start.
func TestServeWarnsOfTheOwner(t *testing.T) {
	t.Parallel()
	s := program.Serve(t, []string{"DATABASE_URL=" + dbtest.URL(t), "SECRET_KEY=" + program.SecretKey(1)})
	s.Stop()
	if said := s.Log.String(); !strings.Contains(said, "role owns the tables") {
		t.Errorf("it serves as the owner and says %q", said)
	}
}

// TestUnits lets systemd check the units of the package, and requires that what it says about their
// exposure is low.
func TestUnits(t *testing.T) {
	t.Parallel()
	units, err := filepath.Glob("packaging/*.service")
	must(t, err)
	timers, err := filepath.Glob("packaging/*.timer")
	must(t, err)
	dir := t.TempDir()
	var all []string
	for _, unit := range append(units, timers...) {
		text, err := os.ReadFile(unit)
		must(t, err)
		// systemd looks whether the programs are there.
		there := strings.NewReplacer("/usr/bin/market40", "/bin/true", "/usr/lib/market40/backup", "/bin/true").
			Replace(string(text))
		copied := filepath.Join(dir, filepath.Base(unit))
		must(t, os.WriteFile(copied, []byte(there), 0o600))
		all = append(all, copied)
	}
	if out, err := exec.Command("systemd-analyze", append([]string{"verify", "--man=no"}, all...)...).
		CombinedOutput(); err != nil ||
		len(out) > 0 {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
	for _, unit := range units {
		out, err := exec.Command("systemd-analyze", "security", "--offline=yes", "--no-pager", "--threshold=20",
			filepath.Join(dir, filepath.Base(unit))).CombinedOutput()
		if err != nil {
			lines := strings.Split(strings.TrimSpace(string(out)), "\n")
			t.Errorf("systemd-analyze security: %v: %s", err, lines[len(lines)-1])
		}
	}
}

// TestPackageHoldsWhatIsThere: every file of the checkout that the Debian package takes exists, and
// systemd's units and the scripts are executable where they must be.
func TestPackageHoldsWhatIsThere(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("packaging/nfpm.yaml")
	must(t, err)
	var pack struct {
		Contents []struct{ Src, Dst string }
		Scripts  map[string]string
	}
	must(t, yaml.Unmarshal(text, &pack))
	sources := slices.Collect(maps.Values(pack.Scripts))
	for _, c := range pack.Contents {
		sources = append(sources, c.Src)
	}
	for _, source := range sources {
		if source == "" || strings.HasPrefix(source, "bin/") { // a folder, or what make deb makes
			continue
		}
		found, err := filepath.Glob(filepath.Join(repository, source))
		must(t, err)
		if len(found) == 0 {
			t.Errorf("nfpm.yaml takes %s, which does not exist", source)
		}
		for _, file := range found {
			start, err := os.ReadFile(file)
			must(t, err)
			info, err := os.Stat(file)
			must(t, err)
			if script := strings.HasPrefix(string(start), "#!"); script != (info.Mode()&0o111 != 0) {
				t.Errorf("%s: a script: %v, its mode: %v", file, script, info.Mode())
			}
		}
	}
}
