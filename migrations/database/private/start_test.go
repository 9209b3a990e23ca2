package private_test

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"market40/migrations/database/private"
)

func TestFirstStartThenWarmStart(t *testing.T) {
	t.Parallel()
	for _, ordinary := range []bool{false, true} {
		t.Run(fmt.Sprintf("ordinary=%t", ordinary), func(t *testing.T) {
			t.Parallel()
			dir := dataDir(t)
			began := time.Now()
			p := launchProgram(t, dir, ordinary)
			url := p.ready(t)
			t.Logf("first start in %v", time.Since(began))
			writeWord(t, url, "chợ")
			p.finish(t)

			began = time.Now()
			p = launchProgram(t, dir, ordinary)
			again := p.ready(t)
			t.Logf("warm start in %v", time.Since(began))
			if again != url {
				t.Errorf("the URL changed from one start to the next")
			}
			checkWord(t, again, "chợ")
			p.finish(t)
			if fileExists(filepath.Join(dir, "postgres", "postmaster.pid")) {
				t.Error("the server still runs after a clean stop")
			}
		})
	}
}

func TestServerIsDurableAndPrivate(t *testing.T) {
	t.Parallel()
	dir := usedDir(t)
	s := startServer(t, dir)
	for setting, want := range map[string]string{
		"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "data_checksums": "on",
		"listen_addresses": "", "unix_socket_permissions": "0700", "password_encryption": "scram-sha-256",
		"server_encoding": "UTF8", "TimeZone": "UTC", "is_superuser": "off", "jit": "off",
	} {
		if got := queryText(t, s.URL(), "SHOW "+setting); got != want {
			t.Errorf("%s is %q, not %q", setting, got, want)
		}
	}
	if got := queryText(t, s.URL(), `SELECT lower('ĐÀ NẴNG')`); got != "đà nẵng" {
		t.Errorf("lower() does not know Vietnamese: %q", got)
	}
	for name, want := range map[string]fs.FileMode{
		"postgres": 0o700, "run": 0o700, "postgres.password": 0o600,
		"postgres.log": 0o600, "lock": 0o600,
	} {
		info, err := os.Stat(filepath.Join(dir, name))
		must(t, err)
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %o, not %o", name, info.Mode().Perm(), want)
		}
	}
	password := strings.Split(strings.SplitN(s.URL(), "@", 2)[0], ":")[2]
	if _, err := private.Use(t.Context(), dir, private.Options{}); err != nil {
		t.Errorf("its own password is refused: %v", err)
	}
	must(t, os.WriteFile(filepath.Join(dir, "postgres.password"), []byte(strings.Repeat("0", len(password))), 0o600))
	if _, err := private.Use(t.Context(), dir, private.Options{}); !errors.Is(err, private.ErrForeignFolder) {
		t.Errorf("a wrong password is answered by %v", err)
	}
}

func TestSecondInstanceIsRefusedAndUseAttaches(t *testing.T) {
	t.Parallel()
	dir := usedDir(t)
	first := startServer(t, dir)
	if _, err := private.Start(t.Context(), dir, private.Options{}); !errors.Is(err, private.ErrBusy) {
		t.Errorf("a second instance is answered by %v", err)
	}
	guest, err := private.Use(t.Context(), dir, private.Options{})
	must(t, err)
	writeWord(t, guest.URL(), "guest")
	stopServer(t, guest)
	checkWord(t, first.URL(), "guest")
	if guest.Programs() == "" || guest.Programs() != first.Programs() {
		t.Errorf("programs of the same server in %q and %q", guest.Programs(), first.Programs())
	}
	stopServer(t, first)

	own, err := private.Use(t.Context(), dir, private.Options{})
	must(t, err)
	checkWord(t, own.URL(), "guest")
	stopServer(t, own)
	if fileExists(filepath.Join(dir, "postgres", "postmaster.pid")) {
		t.Error("Use left the server running that it had started")
	}
}

func TestCommandsThatStartTogetherShareOneServer(t *testing.T) {
	t.Parallel()
	dir := usedDir(t)
	type answer struct {
		server *private.Server
		err    error
	}
	answers := make(chan answer)
	for range 4 {
		go func() {
			s, err := private.Use(t.Context(), dir, private.Options{})
			answers <- answer{s, err}
		}()
	}
	var servers []*private.Server
	for range 4 {
		a := <-answers
		if a.err != nil {
			t.Error(a.err)
			continue
		}
		servers = append(servers, a.server)
		if got := queryText(t, a.server.URL(), `SELECT current_database()`); got != "market40" {
			t.Errorf("opened %q", got)
		}
	}
	for _, s := range servers {
		stopServer(t, s)
	}
}

func TestDatabaseIsMadeAgainWhenMissing(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(reachableDir(t), "dữ liệu + 100%")
	s := startServer(t, dir)
	queryText(t, s.DatabaseURL("postgres"), `DROP DATABASE market40`)
	stopServer(t, s)
	if got := queryText(t, startServer(t, dir).URL(), `SELECT current_user`); got != "market40" {
		t.Errorf("the database belongs to %q", got)
	}
}

func TestDataOfAnotherVersionIsRefusedAndUntouched(t *testing.T) {
	t.Parallel()
	dir := usedDir(t)
	must(t, os.WriteFile(filepath.Join(dir, "postgres", "PG_VERSION"), []byte("9\n"), 0o600))
	before := contents(t, filepath.Join(dir, "postgres"))
	_, err := private.Start(t.Context(), dir, private.Options{})
	if !errors.Is(err, private.ErrVersion) || !strings.Contains(err.Error(), "market40 backup FILE") {
		t.Errorf("answered by %v", err)
	}
	after := contents(t, filepath.Join(dir, "postgres"))
	if len(before) < 100 || len(after) != len(before) {
		t.Fatalf("%d files before, %d after", len(before), len(after))
	}
	for name, text := range before {
		if after[name] != text {
			t.Errorf("%s was changed", name)
		}
	}
}

// contents are all files of a folder: their bytes and when they were written.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	must(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		info, err := entry.Info()
		found[path] = info.ModTime().String() + string(text)
		return err
	}))
	return found
}

func TestForeignFoldersAreRefused(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	must(t, os.MkdirAll(filepath.Join(dir, "postgres"), 0o755))
	letter := filepath.Join(dir, "postgres", "letter.txt")
	must(t, os.WriteFile(letter, []byte("unchanged"), 0o600))
	if _, err := private.Start(t.Context(), dir, private.Options{}); !errors.Is(err, private.ErrForeignFolder) {
		t.Errorf("a folder with a letter in it is answered by %v", err)
	}
	if text, err := os.ReadFile(letter); err != nil || string(text) != "unchanged" {
		t.Errorf("the letter: %q, %v", text, err)
	}
}

func TestMissingPasswordIsReported(t *testing.T) {
	t.Parallel()
	dir := usedDir(t)
	must(t, os.Remove(filepath.Join(dir, "postgres.password")))
	if _, err := private.Start(t.Context(), dir, private.Options{}); !errors.Is(err, private.ErrForeignFolder) {
		t.Errorf("answered by %v", err)
	}
}

func TestDeepDirectoryHasItsSocketElsewhere(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(reachableDir(t), strings.Repeat("chợ-bến-thành/", 8), "it's, \"data\"")
	s := startServer(t, dir)
	writeWord(t, s.URL(), "sâu")
	opened, err := url.Parse(s.URL())
	must(t, err)
	run := opened.Query().Get("host")
	t.Cleanup(func() { _ = os.RemoveAll(run) })
	if len(run) > 60 || !fileExists(filepath.Join(run, ".s.PGSQL.5432")) {
		t.Errorf("the socket lies in %q", run)
	}
	guest, err := private.Use(t.Context(), dir, private.Options{})
	must(t, err)
	checkWord(t, guest.URL(), "sâu")
	stopServer(t, s)
	checkWord(t, startServer(t, dir).URL(), "sâu")
}

func TestUnreachableDirectoryIsNamed(t *testing.T) {
	t.Parallel()
	closed := filepath.Join(reachableDir(t), "closed")
	must(t, os.Mkdir(closed, 0o700))
	if os.Geteuid() != 0 {
		must(t, os.Chmod(closed, 0))
		t.Cleanup(func() { _ = os.Chmod(closed, 0o700) })
	}
	_, err := private.Start(t.Context(), filepath.Join(closed, "data"), private.Options{})
	if !errors.Is(err, private.ErrUnreachableDir) || !strings.Contains(err.Error(), closed) {
		t.Fatalf("answered by %v", err)
	}
	if os.Geteuid() == 0 && !strings.Contains(err.Error(), "DATA_DIR=/var/lib/market40") {
		t.Errorf("no way out is named: %v", err)
	}
	if fileExists(filepath.Join(closed, "data")) {
		t.Error("a folder was made that no user can open")
	}
}

func TestDataOfRootIsNotForOthers(t *testing.T) {
	t.Parallel()
	dir := usedDir(t)
	p := launchProgram(t, dir, true)
	if os.Geteuid() != 0 {
		p.ready(t) // the same user, to whom it belongs
		return
	}
	if !p.lines.Scan() || !strings.Contains(p.lines.Text(), private.ErrUnreachableDir.Error()) {
		t.Errorf("another user is answered by %q", p.lines.Text())
	}
}

func TestMissingProgramsSayWhatToInstall(t *testing.T) {
	t.Parallel()
	_, err := private.Start(t.Context(), dataDir(t), private.Options{Programs: []string{t.TempDir()}})
	if !errors.Is(err, private.ErrNoBinaries) || !strings.Contains(err.Error(), "apt-get install postgresql") {
		t.Fatalf("answered by %v", err)
	}
	if strings.Contains(err.Error(), "\n") {
		t.Error("not one line")
	}
}

func TestStaleFilesDoNotHinder(t *testing.T) {
	t.Parallel()
	dir := usedDir(t)
	s := startServer(t, dir)
	writeWord(t, s.URL(), "cũ")
	stopServer(t, s)
	owner, err := os.Stat(filepath.Join(dir, "postgres"))
	must(t, err)
	stat, ok := owner.Sys().(*syscall.Stat_t)
	if !ok {
		t.Fatal("no owner")
	}
	// Process numbers come round again: this one is alive, the same user's, and no PostgreSQL.
	sleeper := exec.Command("sleep", "60")
	sleeper.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if os.Geteuid() == 0 {
		sleeper.SysProcAttr.Credential = &syscall.Credential{Uid: stat.Uid, Gid: stat.Gid}
	}
	must(t, sleeper.Start())
	t.Cleanup(func() { _ = sleeper.Process.Kill(); _ = sleeper.Wait() })
	stale := fmt.Sprintf("%d\n%s/postgres\n1700000000\n5432\n%s/run\n\n\n", sleeper.Process.Pid, dir, dir)
	for _, name := range []string{"postgres/postmaster.pid", "run/.s.PGSQL.5432.lock", "run/.s.PGSQL.5432"} {
		path := filepath.Join(dir, name)
		must(t, os.WriteFile(path, []byte(stale), 0o600))
		must(t, os.Chown(path, int(stat.Uid), int(stat.Gid)))
	}
	checkWord(t, startServer(t, dir).URL(), "cũ")
}
