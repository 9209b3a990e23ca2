package private_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"market40/migrations/database/private"
)

func TestKillingTheProgramShutsTheServerDown(t *testing.T) {
	t.Parallel()
	dir := usedDir(t)
	p := launchProgram(t, dir, false)
	writeWord(t, p.ready(t), "một")
	server := postmasterPID(t, dir)
	p.kill(t)
	eventually(t, "the server is gone", func() bool { return syscall.Kill(server, 0) != nil })
	log, err := os.ReadFile(filepath.Join(dir, "postgres.log"))
	must(t, err)
	if !strings.HasSuffix(strings.TrimSpace(string(log)), "database system is shut down") {
		t.Errorf("the server did not shut down cleanly:\n%s", log)
	}
	checkWord(t, startServer(t, dir).URL(), "một")
}

func TestNextStartNeedNotWaitForTheDeadProgramsServer(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	p := launchProgram(t, dir, true)
	writeWord(t, p.ready(t), "một")
	p.kill(t)
	p = launchProgram(t, dir, true) // at once, while the server still shuts down
	checkWord(t, p.ready(t), "một")
}

func TestKilledServerComesBackByItself(t *testing.T) {
	t.Parallel()
	dir := usedDir(t)
	s := startServer(t, dir)
	for _, word := range []string{"một", "hai"} {
		writeWord(t, s.URL(), word)
		killServer(t, dir)
		eventually(t, "the server answers again", func() bool {
			conn, err := pgx.Connect(t.Context(), s.URL())
			return err == nil && conn.Close(t.Context()) == nil
		})
	}
	checkWord(t, s.URL(), "hai một")
	stopServer(t, s)
	checkWord(t, startServer(t, dir).URL(), "hai một")
}

func TestKillingBoth(t *testing.T) {
	t.Parallel()
	dir := usedDir(t)
	p := launchProgram(t, dir, false)
	writeWord(t, p.ready(t), "một")
	must(t, p.cmd.Process.Signal(syscall.SIGSTOP)) // so that it cannot start the server again in between
	killServer(t, dir)
	p.kill(t)
	checkWord(t, startServer(t, dir).URL(), "một")
}

func TestStopThatMayNotWaitLosesNothing(t *testing.T) {
	t.Parallel()
	dir := usedDir(t)
	s := startServer(t, dir)
	writeWord(t, s.URL(), "một")
	server := postmasterPID(t, dir)
	must(t, syscall.Kill(server, syscall.SIGSTOP)) // deaf to any request
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Stop(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("answered by %v", err)
	}
	if syscall.Kill(server, 0) == nil {
		t.Error("the server still runs")
	}
	checkWord(t, startServer(t, dir).URL(), "một")
}

// killServer kills every process of a server: those that work in its data directory.
func killServer(t *testing.T, dir string) {
	t.Helper()
	server := postmasterPID(t, dir)
	must(t, syscall.Kill(server, syscall.SIGSTOP)) // it starts no more of them
	links, err := filepath.Glob("/proc/[0-9]*/cwd")
	must(t, err)
	var killed []int
	for _, link := range links {
		cwd, err := os.Readlink(link)
		if err != nil || cwd != filepath.Join(dir, "postgres") {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(link)))
		must(t, err)
		must(t, syscall.Kill(pid, syscall.SIGKILL))
		killed = append(killed, pid)
	}
	if !slices.Contains(killed, server) { // how many processes it has right after its start depends on the machine
		t.Fatalf("the server %d is not among its processes %v", server, killed)
	}
}

func TestKillingTheProgramWhileItMakesTheData(t *testing.T) {
	t.Parallel()
	for _, moment := range []string{"postgres.new", "postgres.new/base/1", "postgres.new/postgresql.auto.conf"} {
		t.Run(moment, func(t *testing.T) {
			t.Parallel()
			dir := dataDir(t)
			p := launchProgram(t, dir, false)
			eventually(t, moment+" is there", func() bool { return fileExists(filepath.Join(dir, moment)) })
			p.kill(t)
			if fileExists(filepath.Join(dir, "postgres")) {
				t.Error("half a data directory is in its place")
			}
			s := startServer(t, dir)
			writeWord(t, s.URL(), "một")
			checkWord(t, s.URL(), "một")
			for _, left := range []string{"postgres.new", "postgres.password.initdb"} {
				if fileExists(filepath.Join(dir, left)) {
					t.Errorf("%s was left behind", left)
				}
			}
		})
	}
}

func TestServerStartedByHandIsRespected(t *testing.T) {
	t.Parallel()
	dir := usedDir(t)
	s := startServer(t, dir)
	stopServer(t, s)
	byHand(t, s, dir, nil)
	if _, err := private.Start(t.Context(), dir, private.Options{}); !errors.Is(err, private.ErrBusy) {
		t.Errorf("answered by %v", err)
	}
}

func TestOrphanIsEnded(t *testing.T) {
	t.Parallel()
	dir := usedDir(t)
	s := startServer(t, dir)
	writeWord(t, s.URL(), "một")
	stopServer(t, s)
	lock, err := os.OpenFile(filepath.Join(dir, "postgres.lock"), os.O_RDWR, 0)
	must(t, err)
	must(t, syscall.Flock(int(lock.Fd()), syscall.LOCK_EX))
	orphan := byHand(t, s, dir, lock)
	must(t, lock.Close())
	checkWord(t, startServer(t, dir).URL(), "một")
	if state, err := orphan.Process.Wait(); err != nil || !state.Success() {
		t.Errorf("the orphan ended as %v, %v", state, err)
	}
}

// byHand runs the server of a directory as somebody with a shell would, with the children's lock if
// there is one.
func byHand(t *testing.T, s *private.Server, dir string, lock *os.File) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(filepath.Join(s.Programs(), "postgres"), "-D", filepath.Join(dir, "postgres"),
		"-c", "config_file="+filepath.Join(dir, "postgres.conf"), "-c", "hba_file="+filepath.Join(dir, "postgres.hba"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if lock != nil {
		cmd.ExtraFiles = []*os.File{lock}
	}
	info, err := os.Stat(filepath.Join(dir, "postgres"))
	must(t, err)
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && os.Geteuid() == 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: stat.Uid, Gid: stat.Gid}
	}
	must(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Signal(syscall.SIGINT); _ = cmd.Wait() })
	eventually(t, "the server answers", func() bool {
		conn, err := pgx.Connect(t.Context(), s.URL())
		return err == nil && conn.Close(t.Context()) == nil
	})
	return cmd
}
