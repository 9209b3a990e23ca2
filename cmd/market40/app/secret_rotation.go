package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"market40/merchants/platform/seal"
)

// nextSecretFile returns where a new key waits until the database is wrapped by it.
func (s *Settings) nextSecretFile() string { return s.KeyFile() + ".next" }

// RotateKey changes the key of the data directory in steps. First it writes the new key to disk
// beside the old one. Then it encrypts the stored keys with both, gives the new file the old one's
// name, and deletes what the old key encrypted. It may stop after any step: the next start finds a
// key that opens the database, and finishSecretRotation continues.
func (s *Settings) RotateKey(ctx context.Context, pool *pgxpool.Pool) error {
	unlock, err := s.lockSecret(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if err := s.finishLockedRotation(ctx, pool); err != nil {
		return err
	}
	old, err := ReadSecretFile(s.KeyFile())
	if err != nil {
		return err
	}
	if err := seal.Finish(ctx, pool, old); err != nil { // of a rotation that was cut off
		return err
	}
	next, err := makeSecretFile(s.nextSecretFile())
	if err != nil {
		return err
	}
	if err := errors.Join(sameOwner(s.KeyFile(), s.nextSecretFile()), SyncFolder(s.DataDir)); err != nil {
		return err
	}
	if err := seal.Rotate(ctx, pool, old, next, time.Now()); err != nil {
		return err
	}
	if err := s.finishLockedRotation(ctx, pool); err != nil {
		return err
	}
	left, _ := filepath.Glob(filepath.Join(s.DataDir, unnamedSecret)) // only a malformed pattern fails
	for _, path := range left {
		os.Remove(path)
	}
	return seal.Finish(ctx, pool, next)
}

// finishSecretRotation ends a rotation that was cut off after its commit: the new key's file takes the old
// one's name. One that was cut off before is no rotation, and its key is for the next one.
func (s *Settings) finishSecretRotation(ctx context.Context, pool *pgxpool.Pool) error {
	if _, err := os.Stat(s.nextSecretFile()); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	unlock, err := s.lockSecret(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	return s.finishLockedRotation(ctx, pool)
}

// finishLockedRotation does what finishSecretRotation does, under the lock.
func (s *Settings) finishLockedRotation(ctx context.Context, pool *pgxpool.Pool) error {
	next, err := ReadSecretFile(s.nextSecretFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	present, err := seal.IsPresent(ctx, pool, next)
	if err != nil || !present {
		return err
	}
	if err := os.Rename(s.nextSecretFile(), s.KeyFile()); err != nil {
		return fmt.Errorf("putting the new key in place: %w", err)
	}
	return SyncFolder(s.DataDir)
}

// FinishRotation forgets the old wraps that a rotation left when it was cut off at its end. A key
// that is not the present one is left alone: it opens the database by those wraps.
func (s *Settings) FinishRotation(ctx context.Context, pool *pgxpool.Pool) error {
	if s.Secret != nil {
		return nil
	}
	unlock, err := s.lockSecret(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	key, err := ReadSecretFile(s.KeyFile())
	if err != nil {
		return err
	}
	err = seal.Finish(ctx, pool, key)
	if errors.Is(err, seal.ErrWrongKey) {
		slog.Warn("the key of the data directory is the one before the last rotation: put the new one back", "file",
			s.KeyFile())
		return nil
	}
	return err
}

// lockSecret stops other processes from changing the key's files; the kernel frees it when the
// process ends.
func (s *Settings) lockSecret(ctx context.Context) (unlock func(), err error) {
	f, err := os.Open(s.DataDir)
	if err != nil {
		return nil, fmt.Errorf("locking the secret key: %w", err)
	}
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = f.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return nil, errors.Join(fmt.Errorf("locking the secret key: %w", err), f.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("waiting for a rotation: %w", ctx.Err()), f.Close())
		case <-time.After(lockAgain):
		}
	}
}

// lockAgain is the pause between two looks at a lock.
const lockAgain = 20 * time.Millisecond

// sameOwner changes a file's owner to that of another one: root rotates, and the server's user must
// read it.
func sameOwner(like, path string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	info, err := os.Stat(like)
	if err != nil {
		return fmt.Errorf("looking at %s: %w", like, err)
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return os.Chown(path, int(stat.Uid), int(stat.Gid))
	}
	return nil
}
