package private

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// process is how programs of the server are run: from where, and as whom.
type process struct {
	bin  string
	user account
}

// heapSettings lets a server process keep up to 16 MiB of freed memory (glibc, mallopt(3)). By default
// it frees what exceeds 128 KiB after each statement and allocates it again in the next. A
// statement over a dozen arrays took four times as long.
var heapSettings = []string{"MALLOC_TOP_PAD_=1048576", "MALLOC_TRIM_THRESHOLD_=16777216"}

// command returns one program with a clean environment and no open file except the children's lock.
func (p process) command(name string, atDeath syscall.Signal, children *os.File, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(p.bin, name), args...) //nolint:gosec,noctx // a found program, ended by signals
	cmd.Dir = "/"
	cmd.Env = append([]string{"PATH=" + p.bin + ":/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"}, heapSettings...)
	cmd.ExtraFiles = []*os.File{children}
	cmd.SysProcAttr = processAttributes(p.user, atDeath)
	return cmd
}

// initialiseFolder makes the data directory under another name and renames it when it is complete. So a
// killed start leaves nothing that a later one could mistake for data.
func initialiseFolder(ctx context.Context, s *Server, user account, children *os.File, fast bool) error {
	next, secret := s.files.data+".new", s.files.password+".initdb"
	if err := errors.Join(os.RemoveAll(next), os.RemoveAll(secret)); err != nil {
		return fmt.Errorf("removing a half made data directory: %w", err)
	}
	if err := os.Mkdir(next, 0o700); err != nil {
		return fmt.Errorf("making the data directory: %w", err)
	}
	if err := replaceFile(secret, s.password+"\n", 0o600); err != nil {
		return err
	}
	defer os.Remove(secret)
	if err := errors.Join(user.changeOwner(next), user.changeOwner(secret)); err != nil {
		return err
	}
	args := []string{
		"--pgdata=" + next, "--username=" + superuser, "--pwfile=" + secret, "--auth=scram-sha-256",
		"--data-checksums", "--encoding=UTF8", "--locale=C", "--no-instructions",
	}
	if runtime.GOOS == "linux" {
		args = append(args, "--lc-ctype=C.UTF-8") // lower() knows Vietnamese; the order stays that of bytes
	}
	if fast {
		args = append(args, "--no-sync")
	}
	cmd := process{bin: s.bin, user: user}.command("initdb", syscall.SIGKILL, children, args...)
	if err := runToEnd(ctx, cmd); err != nil {
		return fmt.Errorf("making the data directory: %w", err)
	}
	if err := os.Rename(next, s.files.data); err != nil {
		return fmt.Errorf("moving the data directory into place: %w", err)
	}
	return syncFolder(s.files.dir)
}

// runToEnd runs a program on a thread of its own, because the program is signalled when its thread
// ends. It is killed when ctx ends.
func runToEnd(ctx context.Context, cmd *exec.Cmd) error {
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.WaitDelay = time.Second
	done := make(chan error, 1)
	started := make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		close(started)
		if err == nil {
			err = cmd.Wait()
		}
		done <- err
	}()
	<-started
	select {
	case err := <-done:
		if err != nil {
			return fmt.Errorf("%w: %s", err, lastLines(out.String(), 3))
		}
		return nil
	case <-ctx.Done():
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		return errors.Join(ctx.Err(), <-done)
	}
}

func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("syncing %s: %w", dir, err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("syncing %s: %w", dir, err)
	}
	return nil
}

// ensureDatabase makes the roles and the database where they are missing.
func ensureDatabase(ctx context.Context, s *Server, fast bool) error {
	if hasDatabase(ctx, s.URL()) && hasDatabase(ctx, s.ServingURL()) {
		return nil
	}
	conn, err := pgx.Connect(ctx, s.superURL())
	if err != nil {
		return fmt.Errorf("connecting to the new server: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	rights := "LOGIN CREATEROLE"
	if fast {
		rights += " CREATEDB"
	}
	if err := ensureRole(ctx, conn, role, rights, s.password); err != nil {
		return err
	}
	if err := ensureRole(ctx, conn, servingRole, "LOGIN", s.password); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "CREATE DATABASE "+databaseName+" OWNER "+role)
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.Code == "42P04" {
		return nil // it was there, only a role was not
	}
	if err != nil {
		return fmt.Errorf("making the database: %w", err)
	}
	return nil
}

// ensureRole makes a role or sets its rights. The password is 64 hexadecimal digits of our own.
func ensureRole(ctx context.Context, conn *pgx.Conn, name, rights, password string) error {
	verb := "CREATE"
	var exists bool
	if err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)`, name).Scan(
		&exists); err != nil {
		return fmt.Errorf("looking for role %s: %w", name, err)
	}
	if exists {
		verb = "ALTER"
	}
	if _, err := conn.Exec(ctx, verb+" ROLE "+name+" "+rights+" PASSWORD '"+password+"'"); err != nil {
		return fmt.Errorf("making role %s: %w", name, err)
	}
	return nil
}

// hasDatabase reports whether the program's role can open the program's database.
func hasDatabase(ctx context.Context, url string) bool {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return false
	}
	_ = conn.Close(ctx)
	return true
}

// takesQueries reports whether a server takes queries; one that starts, recovers or is not there yet
// does not. An error is a refusal that waiting does not mend.
func takesQueries(ctx context.Context, url string) (bool, error) {
	conn, err := pgx.Connect(ctx, url)
	if err == nil {
		return true, conn.Close(ctx)
	}
	var refused *pgconn.PgError
	if errors.As(err, &refused) && strings.HasPrefix(refused.Code, "28") {
		return false, fmt.Errorf("%w: postgres.password does not open it: %s", ErrForeignFolder, refused.Message)
	}
	return false, nil
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], " | ")
}
