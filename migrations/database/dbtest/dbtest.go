// Package dbtest gives each test a migrated database of its own on a real PostgreSQL. A test binary
// runs one throw-away server, in a folder that later runs find warm; it ends with the binary,
// however that ends.
package dbtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"market40/migrations"
	"market40/migrations/database"
	"market40/migrations/database/private"
)

const (
	maxSlots  = 64 // test binaries that run at the same time
	startTime = 2 * time.Minute
	maxConns  = 8 // of one test's pool
)

// asFiles makes a database by copying its template's files. PostgreSQL would otherwise write it
// page by page into its log and its memory, which takes several times as long.
const asFiles = " STRATEGY file_copy"

// server is the binary's one server with its migrated template, started by the first test that
// needs it.
var server = sync.OnceValues(start)

// databases numbers the binary's test databases.
var databases atomic.Int64

// New gives a test an empty, migrated database that no other test sees, and drops it when the test
// ends.
func New(t testing.TB) *database.DB {
	t.Helper()
	db, err := database.Open(t.Context(), URL(t), database.Options{MaxConns: maxConns})
	if err != nil {
		t.Fatalf("opening the test's database: %v", err)
	}
	t.Cleanup(db.Close)
	return db
}

// URL does the same as New for tests that open the database themselves, such as those of commands.
func URL(t testing.TB) string {
	t.Helper()
	s, err := server()
	if err != nil {
		t.Fatalf("starting the tests' PostgreSQL: %v", err)
	}
	return s.create(t, "TEMPLATE "+s.template)
}

// Copy returns the URL of a copy of a database that fill wrote: once in this binary for all tests
// that give its name. Fill closes its connections.
func Copy(t testing.TB, name string, fill func(ctx context.Context, url string) error) string {
	t.Helper()
	s, err := server()
	if err != nil {
		t.Fatalf("starting the tests' PostgreSQL: %v", err)
	}
	once, _ := s.filled.LoadOrStore(name, sync.OnceValue(func() error {
		ctx := context.Background() // it outlives the first test that needs it
		if _, err := s.admin.Pool.Exec(ctx, "CREATE DATABASE filled_"+name+" TEMPLATE "+s.template+
			asFiles); err != nil {
			return err
		}
		return fill(ctx, s.running.DatabaseURL("filled_"+name))
	}))
	if err := once.(func() error)(); err != nil {
		t.Fatalf("filling the database %s: %v", name, err)
	}
	return s.create(t, "TEMPLATE filled_"+name)
}

// Empty returns the URL of a database without any migration.
func Empty(t testing.TB) string {
	t.Helper()
	s, err := server()
	if err != nil {
		t.Fatalf("starting the tests' PostgreSQL: %v", err)
	}
	return s.create(t, "TEMPLATE template0")
}

// Program returns the path of a program that came with the tests' PostgreSQL, such as pg_dump.
func Program(t testing.TB, name string) string {
	t.Helper()
	s, err := server()
	if err != nil {
		t.Fatalf("starting the tests' PostgreSQL: %v", err)
	}
	return filepath.Join(s.running.Programs(), name)
}

// shared is one binary's server.
type shared struct {
	running  *private.Server
	admin    *database.DB // where databases are made from
	template string
	filled   sync.Map // of Copy: the name of a database to what fills it once
}

func (s *shared) create(t testing.TB, from string) string {
	t.Helper()
	name := "test_" + strconv.FormatInt(databases.Add(1), 10)
	if _, err := s.admin.Pool.Exec(t.Context(), "CREATE DATABASE "+name+" "+from+asFiles); err != nil {
		t.Fatalf("making the test's database: %v", err)
	}
	t.Cleanup(func() {
		// The test's context has ended by now.
		if _, err := s.admin.Pool.Exec(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("dropping the test's database: %v", err)
		}
	})
	return s.running.DatabaseURL(name)
}

// start takes the first free folder, starts a server in it and migrates its template. The server is
// not stopped here: the system signals it at the binary's end, and the next binary in that folder
// waits for it.
func start() (*shared, error) {
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	for slot := range maxSlots {
		dir := filepath.Join(serverFolder(), fmt.Sprintf("market40-dbtest-%d", os.Getuid()), strconv.Itoa(slot))
		s, err := startIn(ctx, dir)
		if errors.Is(err, private.ErrBusy) {
			continue
		}
		return s, err
	}
	return nil, fmt.Errorf("%w: all %d folders of tests", private.ErrBusy, maxSlots)
}

func startIn(ctx context.Context, dir string) (*shared, error) {
	running, err := private.Start(ctx, dir, private.Options{Fast: true})
	if err != nil {
		return nil, err
	}
	admin, err := database.Open(ctx, running.URL(), database.Options{MaxConns: maxConns})
	if err != nil {
		return nil, errors.Join(err, running.Stop(ctx))
	}
	s := &shared{running: running, admin: admin}
	if err := s.clean(ctx); err != nil {
		admin.Close()
		return nil, errors.Join(err, running.Stop(ctx))
	}
	return s, nil
}

// clean drops what killed tests left and old templates, and migrates a template if these migrations
// have none.
func (s *shared) clean(ctx context.Context) error {
	fingerprint, err := migrations.Fingerprint()
	if err != nil {
		return err
	}
	s.template = "template_" + fingerprint
	rows, _ := s.admin.Pool.Query(ctx, `SELECT datname FROM pg_database
		WHERE datname NOT IN ('postgres', 'template0', 'template1', current_database())`)
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("listing databases: %w", err)
	}
	made := false
	for _, name := range names {
		if name == s.template {
			made = true
			continue
		}
		if _, err := s.admin.Pool.Exec(ctx, "DROP DATABASE "+pgx.Identifier{name}.Sanitize()+
			" WITH (FORCE)"); err != nil {
			return fmt.Errorf("dropping %s: %w", name, err)
		}
	}
	if made {
		return nil
	}
	return s.migrate(ctx)
}

// migrate makes the template under another name first, so that a killed binary leaves no half of
// one.
func (s *shared) migrate(ctx context.Context) error {
	if _, err := s.admin.Pool.Exec(ctx, "CREATE DATABASE unfinished TEMPLATE template0"); err != nil {
		return fmt.Errorf("making the template: %w", err)
	}
	if err := migrations.Up(ctx, s.running.DatabaseURL("unfinished")); err != nil {
		return err
	}
	if _, err := s.admin.Pool.Exec(ctx, "ALTER DATABASE unfinished RENAME TO "+s.template); err != nil {
		return fmt.Errorf("naming the template: %w", err)
	}
	return nil
}
