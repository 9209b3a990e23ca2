package private

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const orphanPatience = 2 * time.Second

// acquireLock acquires a file's lock. It tries again for as long as patience and ctx last, and then
// returns ErrBusy. The kernel frees it when the last process that has it open ends, however that
// happens.
func acquireLock(ctx context.Context, path string, patience time.Duration) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening a lock: %w", err)
	}
	for until := time.Now().Add(patience); ; {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return nil, errors.Join(fmt.Errorf("locking %s: %w", path, err), f.Close())
		}
		if ctx.Err() != nil || time.Now().After(until) {
			return nil, errors.Join(ErrBusy, f.Close())
		}
		time.Sleep(lookAgain)
	}
}

// releaseLock frees a lock at once, even if a child that is just being forked still holds a copy of it.
func releaseLock(f *os.File) {
	_ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN)
	_ = f.Close()
}

// isLocked reports whether some program has the lock.
func isLocked(path string) (bool, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("opening a lock: %w", err)
	}
	defer f.Close()
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	return errors.Is(err, syscall.EWOULDBLOCK), nil
}

// lockChildren acquires the lock that every process of a server inherits. Having it proves that
// none of an earlier server is alive, so their files are stale and are removed. If an earlier
// program died, its server gets time to shut down, and a signal where the system sent none.
func lockChildren(ctx context.Context, f layout) (*os.File, error) {
	for {
		lock, err := acquireLock(ctx, f.children, orphanPatience)
		if err == nil {
			if err := f.clearStale(); err != nil {
				return nil, errors.Join(err, lock.Close())
			}
			return lock, nil
		}
		if !errors.Is(err, ErrBusy) {
			return nil, err
		}
		if ctx.Err() != nil {
			return nil, fmt.Errorf("%w: processes of an earlier server of %s still run: %w", ErrBusy, f.dir, ctx.Err())
		}
		if pid := f.postmaster(); pid > 0 && worksIn(pid, f.data) {
			_ = syscall.Kill(pid, syscall.SIGINT)
		}
	}
}

// clearStale removes what a dead server left: its socket and, where its number now belongs to some
// other program, its postmaster.pid. A server that a person started by hand on the same data is
// ErrBusy.
func (f layout) clearStale() error {
	pidFile := filepath.Join(f.data, "postmaster.pid")
	if pid := f.postmaster(); pid > 0 && isAlive(pid) {
		if worksIn(pid, f.data) {
			return fmt.Errorf("%w: %s: process %d serves it: stop it, or remove %s if that is something else",
				ErrBusy, f.dir, pid, pidFile)
		}
		if err := os.Remove(pidFile); err != nil {
			return fmt.Errorf("removing a stale file: %w", err)
		}
	}
	for _, name := range []string{socketName, socketName + ".lock"} {
		if err := os.Remove(filepath.Join(f.run, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing a stale socket: %w", err)
		}
	}
	return nil
}

// postmaster returns the process that postmaster.pid names, or 0 if there is none.
func (f layout) postmaster() int {
	text, err := os.ReadFile(filepath.Join(f.data, "postmaster.pid"))
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || pid < 0 {
		return 0
	}
	return pid
}

func isAlive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}
