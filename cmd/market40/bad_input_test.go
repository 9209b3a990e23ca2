package main_test

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"market40/frontend/apptest/program"
	"market40/migrations/database/dbtest"
)

// wantSentence fails unless a command ends with a code and says one line with some words.
func wantSentence(t *testing.T, code int, words string, env []string, args ...string) {
	t.Helper()
	a := program.Want(t, code, env, args...)
	lines := strings.Split(strings.TrimSpace(a.Err), "\n")
	if last := lines[len(lines)-1]; !strings.HasPrefix(last, "market40: ") || !strings.Contains(last, words) ||
		strings.Count(a.Err, "market40: ") != 1 {
		t.Errorf("%v says %q, want one line with %q", args, a.Err, words)
	}
}

func TestServeSaysWhyItCannotListen(t *testing.T) {
	t.Parallel()
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	defer taken.Close()
	at := taken.Addr().String()
	env := []string{"DATABASE_URL=" + dbtest.URL(t), "SECRET_KEY=" + program.SecretKey(1)}
	wantSentence(t, 1, "LISTEN_ADDR "+at+" is in use by another program", append(env, "LISTEN_ADDR="+at), "serve")
	wantSentence(
		t,
		1,
		"MQTT_LISTEN_ADDR "+at+" is in use by another program",
		append(env, "MQTT_LISTEN_ADDR="+at),
		"serve",
	)
	wantSentence(t, 1, "is no address of this machine", append(env, "LISTEN_ADDR=192.0.2.1:8080"), "serve")
}

func TestServeSaysWhyACertificateIsRefused(t *testing.T) {
	t.Parallel()
	cert, _ := selfSigned(t)
	_, other := selfSigned(t)
	for words, env := range map[string][]string{
		"do not fit: the key is that of another certificate": {"TLS_CERT_FILE=" + cert, "TLS_KEY_FILE=" + other},
		"go together":    {"TLS_CERT_FILE=" + cert},
		"cannot be read": {"TLS_CERT_FILE=" + cert + ".none", "TLS_KEY_FILE=" + other},
	} {
		a := program.Want(t, 2, append(env, "PUBLIC_URL=https://cho.example.vn"), "serve")
		if !strings.Contains(a.Err, "\n  TLS_CERT_FILE and TLS_KEY_FILE ") &&
			!strings.Contains(a.Err, "\n  TLS_CERT_FILE ") ||
			!strings.Contains(a.Err, words) {
			t.Errorf("%v: %q", env, a.Err)
		}
	}
}

func TestADatabaseThatIsAwayIsOneSentence(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=postgres://u:hunter2@127.0.0.1:1,127.0.0.1:2/x", "SECRET_KEY=" + program.SecretKey(1)}
	for _, args := range [][]string{{"serve"}, {"status"}, {"migrate", "up"}, {"apikeys", "list"}} {
		wantSentence(t, 1, "connection refused", env, args...)
	}
}

// TestABackupOnAFullDisk leaves nothing behind. The disk is a small one of its own.
func TestABackupOnAFullDisk(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=" + dbtest.URL(t), "SECRET_KEY=" + program.SecretKey(1)}
	backup := program.Command(t, env, "backup", "x")
	const onSmallDisk = `mount -t tmpfs -o size=64k tmpfs "$1" && cd "$1" && code=0 && { "$0" backup "$1/x" || code=$?; } && ls -A >&2 && exit $code`
	arguments := []string{"--mount", "sh", "-c", onSmallDisk, backup.Path, t.TempDir()}
	if os.Geteuid() != 0 {
		arguments = append([]string{"--map-root-user"}, arguments...)
	}
	run := exec.Command("unshare", arguments...)
	var said bytes.Buffer
	run.Env, run.Stderr = backup.Env, &said
	_ = run.Run() // the code is looked at
	if code, want := run.ProcessState.ExitCode(), "No space left on device"; code != 1 ||
		!strings.HasPrefix(said.String(), "market40: making the backup: ") || !strings.Contains(said.String(), want) ||
		strings.Count(said.String(), "\n") != 1 {
		t.Errorf("exit %d, %q", code, said.String())
	}
}

func TestRestoreOfAnotherInstallation(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "other.backup")
	other := dbtest.Empty(t)
	program.Execute(t, other, `CREATE TABLE letters (id int)`)
	dump, err := exec.Command(dbtest.Program(t, "pg_dump"), "--format=custom", "--file="+file, other).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, dump)
	}
	to := []string{"DATABASE_URL=" + dbtest.Empty(t), "SECRET_KEY=" + program.SecretKey(2)}
	wantSentence(t, 1, "other.backup is a backup of another program's database", to, "restore", file)
	program.Want(t, 0, to, "migrate", "up") // it is still empty

	from := []string{"DATABASE_URL=" + dbtest.URL(t), "SECRET_KEY=" + program.SecretKey(1)}
	program.Want(t, 1, from, "users", "renew", "nobody") // makes the sealed keys
	must(t, os.Remove(file))
	program.Want(t, 0, from, "backup", file)
	to[0] = "DATABASE_URL=" + dbtest.Empty(t)
	wantSentence(t, 2, "the backup is restored, but ", to, "restore", file)
}
