package app

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"market40/merchants/platform/seal"
	"market40/migrations/database"
)

// errNoKey refuses a database with keys that no secret of this machine opens.
var errNoKey = errors.New("SECRET_KEY is missing")

// KeyFile returns where a private database's key lies when it is not given.
func (s *Settings) KeyFile() string { return filepath.Join(s.DataDir, "secret.key") }

// findSecret returns the key that was given, else that of the data directory, which is made when
// the database has no sealed keys yet. Where it has some, a new key could open nothing: errNoKey.
func findSecret(ctx context.Context, s *Settings, pool *pgxpool.Pool) ([seal.KeySize]byte, error) {
	if s.Secret != nil {
		return *s.Secret, nil
	}
	if err := s.finishSecretRotation(ctx, pool); err != nil {
		return [seal.KeySize]byte{}, err
	}
	key, err := ReadSecretFile(s.KeyFile())
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	var sealed bool
	if err := pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM sealed_keys)`).Scan(&sealed); err != nil {
		return key, fmt.Errorf("looking for sealed keys: %w", err)
	}
	if sealed {
		return key, fmt.Errorf("%w: put the original key at %s, or set SECRET_KEY or SECRET_KEY_FILE", errNoKey,
			s.KeyFile())
	}
	return makeSecretFile(s.KeyFile())
}

// secretAgain returns a function that reads the key again from where findSecret had it, for a
// server that goes on after a rotation. It returns nil for a key that was given as SECRET_KEY,
// which cannot change.
func (s *Settings) secretAgain(pool *pgxpool.Pool) func() ([seal.KeySize]byte, error) {
	switch {
	case s.SecretFile != "":
		return func() ([seal.KeySize]byte, error) { return ReadSecretFile(s.SecretFile) }
	case s.Secret == nil:
		return func() ([seal.KeySize]byte, error) {
			ctx, cancel := context.WithTimeout(context.Background(), secretPatience)
			defer cancel()
			return findSecret(ctx, s, pool)
		}
	}
	return nil
}

// secretPatience is how long a rotation under way may keep a server waiting that reads its key
// again.
const secretPatience = 10 * time.Second

// ReadSecretFile reads a key from a file: 32 bytes in base64.
func ReadSecretFile(path string) (key [seal.KeySize]byte, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return key, fmt.Errorf("reading the secret key: %w", err)
	}
	parsed, err := parseSecret(string(text))
	if err != nil {
		return key, wrongSettings{path + " " + err.Error()}
	}
	return *parsed, nil
}

// unnamedSecret are keys that are not whole on disk yet, or were left so by a kill.
const unnamedSecret = ".secret.key.*"

// makeSecretFile draws a key and writes it, 0600. Of several processes that do so at once, all get
// the first one's.
func makeSecretFile(path string) (key [seal.KeySize]byte, err error) {
	_, _ = rand.Read(key[:]) // never fails, says its documentation
	f, err := os.CreateTemp(filepath.Dir(path), unnamedSecret)
	if err != nil {
		return key, fmt.Errorf("making the secret key: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(key[:]) + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return key, fmt.Errorf("making the secret key: %w", err)
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return key, fmt.Errorf("making the secret key: %w", err)
	}
	return ReadSecretFile(path)
}

// OpenSecret opens the database and finds its present key. The function it returns closes the
// database.
func OpenSecret(ctx context.Context,
	s *Settings,
) (db *database.DB, secret [seal.KeySize]byte, closeDB func(), err error) {
	if err := s.NeedSecret(); err != nil {
		return nil, secret, nil, err
	}
	db, closeDB, err = OpenDatabase(ctx, s)
	if err != nil {
		return nil, secret, nil, err
	}
	if secret, err = findSecret(ctx, s, db.Pool); err != nil {
		closeDB()
	}
	return db, secret, closeDB, err
}
