package dbtest_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"market40/migrations"
	"market40/migrations/database/dbtest"
)

// asChild makes a copy of this binary start a server, print where it is, and wait to be killed.
const asChild = "MARKET40_TEST_DBTEST_CHILD"

func TestEachTestHasItsOwnMigratedDatabase(t *testing.T) {
	t.Parallel()
	for range 3 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			db := dbtest.New(t)
			t.Logf("ready in %v", time.Since(began))
			if err := migrations.Check(t.Context(), db.Pool); err != nil {
				t.Error(err)
			}
			if _, err := db.Pool.Exec(t.Context(), `CREATE TABLE mine ()`); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestDatabasesAreDropped(t *testing.T) {
	t.Parallel()
	admin := dbtest.New(t)
	var name string
	t.Run("user", func(t *testing.T) {
		if err := dbtest.New(t).Pool.QueryRow(t.Context(), `SELECT current_database()`).Scan(&name); err != nil {
			t.Fatal(err)
		}
	})
	var left int
	if err := admin.Pool.QueryRow(t.Context(), `SELECT count(*) FROM pg_database WHERE datname = $1`, name).Scan(
		&left); err != nil || left != 0 {
		t.Errorf("%d databases %q are left, %v", left, name, err)
	}
}

func TestKilledBinaryLeavesNoServer(t *testing.T) {
	t.Parallel()
	if os.Getenv(asChild) != "" {
		var data string
		if err := dbtest.New(t).Pool.QueryRow(t.Context(), `SELECT pg_backend_pid()::text`).Scan(&data); err != nil {
			t.Fatal(err)
		}
		_, _ = os.Stdout.WriteString("backend " + data + "\n")
		<-t.Context().Done()
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, self, "-test.run=^TestKilledBinaryLeavesNoServer$")
	cmd.Env = append(os.Environ(), asChild+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	text := make([]byte, 1000)
	n, _ := out.Read(text)
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	number, found := strings.CutPrefix(strings.TrimSpace(string(text[:n])), "backend ")
	backend, err := strconv.Atoi(number)
	if !found || err != nil {
		t.Fatalf("the child says %q", text[:n])
	}
	for until := time.Now().Add(time.Minute); running(backend); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatal("the killed binary's server still runs after 20 s")
		}
	}
}

func running(pid int) bool {
	_, err := os.Stat(filepath.Join("/proc", strconv.Itoa(pid), "exe"))
	return syscall.Kill(pid, 0) == nil && !os.IsNotExist(err)
}
