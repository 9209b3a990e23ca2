package main_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"market40/frontend/apptest/program"
	"market40/migrations/database/private"
)

// TestNothingIsLostWhenProcessesAreKilled pays with every fault on while the program, the
// database's processes, and all of them are killed; simulate goes on sending what was not
// acknowledged, as banks do, and then finds every payment once.
func TestNothingIsLostWhenProcessesAreKilled(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	env := []string{"DATA_DIR=" + dir, "LISTEN_ADDR=" + freeAddress(t)}
	s := program.Serve(t, env)
	registerPaidStall(t, s, env)
	refused := program.Want(t, 1, env, "simulate", "--connection", "test", "--server", s.Address, "--for", "1s")
	if !strings.Contains(refused.Out+refused.Err, "is real") {
		t.Errorf("simulate in a real market: %s%s", refused.Out, refused.Err)
	}
	markDemo(t, dir)
	shoppers := program.Command(t, env, "simulate", "--connection", "test", "--rate", "40", "--for", "12s",
		"--faults", "duplicate=5%,late=2%,disorder,mangle,unsigned=2%,debit=2%")
	out, err := os.Create(filepath.Join(t.TempDir(), "printed"))
	must(t, err)
	defer out.Close()
	shoppers.Stdout, shoppers.Stderr = out, out
	must(t, shoppers.Start())
	t.Cleanup(func() { _ = shoppers.Process.Kill() })

	awaitPrinted(t, out.Name(), "playing ")
	time.Sleep(3 * time.Second)
	killServer(s)
	s = program.Serve(t, env)
	time.Sleep(2 * time.Second)
	awaitDatabase(t, dir)
	killDatabase(t, dir)
	time.Sleep(3 * time.Second)
	awaitDatabase(t, dir)
	killServer(s)
	killDatabase(t, dir)
	program.Serve(t, env)

	err = shoppers.Wait()
	printed := awaitPrinted(t, out.Name(), "")
	if err != nil {
		t.Fatalf("simulate: %v\n%s", err, printed)
	}
	for _, count := range []string{"lost", "doubled", "misplaced", "never answered"} {
		if !strings.Contains(printed, " 0  "+count) {
			t.Errorf("%s is not 0:\n%s", count, printed)
		}
	}
	if strings.Contains(printed, " 0  notices sent") {
		t.Errorf("nothing was sent:\n%s", printed)
	}
	program.Want(t, 0, env, "ledger", "verify")
}

// awaitPrinted waits until a file has a text, and returns all of it.
func awaitPrinted(t *testing.T, file, text string) string {
	t.Helper()
	for end := time.Now().Add(program.Patience); ; time.Sleep(100 * time.Millisecond) {
		printed, err := os.ReadFile(file)
		must(t, err)
		if strings.Contains(string(printed), text) {
			return string(printed)
		}
		if time.Now().After(end) {
			t.Fatalf("%q was never printed:\n%s", text, printed)
		}
	}
}

// markDemo makes every market of a private database a demo market.
func markDemo(t *testing.T, dir string) {
	t.Helper()
	server, err := private.Use(t.Context(), dir, private.Options{})
	must(t, err)
	defer func() { _ = server.Stop(t.Context()) }()
	pool, err := pgxpool.New(t.Context(), server.ServingURL())
	must(t, err)
	defer pool.Close()
	_, err = pool.Exec(t.Context(), `UPDATE markets SET demo = true`)
	must(t, err)
}

// freeAddress is an address on loopback that a server can come back to. Its port is none of those
// that the system gives away by itself (from 32768, ip(7)): no other server or connection gets it
// while no process listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	for {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 20_000+rand.N(12_000)))
		if err == nil {
			must(t, l.Close())
			return l.Addr().String()
		}
	}
}

// killServer ends the server without a word.
func killServer(s *program.Server) {
	s.T.Helper()
	s.Once.Do(func() {
		must(s.T, s.Cmd.Process.Kill())
		_ = s.Cmd.Wait()
	})
}

// killDatabase kills the processes of the private server at once: the postmaster and its children.
// There may be none: a server is not started again after its program was killed.
func killDatabase(t *testing.T, dir string) {
	t.Helper()
	for _, pid := range databaseProcesses(t, dir) {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

// awaitDatabase waits until the private server runs.
func awaitDatabase(t *testing.T, dir string) {
	t.Helper()
	end := time.Now().Add(program.Patience)
	for len(databaseProcesses(t, dir)) == 0 {
		if time.Now().After(end) {
			t.Fatal("the database does not come back")
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// databaseProcesses are those of the server that postmaster.pid names.
func databaseProcesses(t *testing.T, dir string) (pids []int) {
	t.Helper()
	file, _ := os.ReadFile(filepath.Join(dir, "postgres", "postmaster.pid"))
	first, _, _ := strings.Cut(string(file), "\n")
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	must(t, err)
	for _, stat := range stats {
		text, _ := os.ReadFile(stat)
		_, after, _ := strings.Cut(string(text), ") ") // then state and parent: proc(5)
		fields := strings.Fields(after)
		pid := filepath.Base(filepath.Dir(stat))
		if len(fields) > 1 && (pid == first || fields[1] == first) {
			n, err := strconv.Atoi(pid)
			must(t, err)
			pids = append(pids, n)
		}
	}
	return pids
}
