// Package migrations contains the schema as numbered SQL files and brings a database up to them.
// A migration that has landed is never edited: the next one changes what it made.
package migrations

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"market40/migrations/database"
	"market40/migrations/reference"
)

//go:embed 0*.sql
var files embed.FS

//go:embed reference.go
var loader []byte

const (
	lockPoll       = 50 * time.Millisecond
	undefinedTable = "42P01"
)

// Why a database does not fit this binary.
var (
	ErrUnmigrated = errors.New("the database lacks migrations: run `market40 migrate up`")
	ErrNewer      = errors.New("the database has migrations that this program does not know: use the newer program")
	ErrNotOwner   = errors.New(
		"this needs the owner of the tables: set MIGRATE_DATABASE_URL to the same database as its owner")
)

// Migration is one file and whether the database has it.
type Migration struct {
	Version int64
	Name    string
	Applied bool
	At      time.Time // when it was applied, UTC; zero if it was not
}

// Up applies every migration that is missing and loads the reference data. Any number of programs
// may do so at once: one works, the others wait. A database with unknown migrations is refused with
// ErrNewer.
func Up(ctx context.Context, url string) error { return UpShown(ctx, url, nil) }

// UpShown does what Up does, and passes a line about each migration to show, if that is not nil.
func UpShown(ctx context.Context, url string, show func(line string)) error {
	db, err := database.Open(ctx, url, database.Options{MaxConns: 4, StatementTimeout: -1})
	if err != nil {
		return err
	}
	defer db.Close()
	unlock, err := acquireLock(ctx, db)
	if err != nil {
		return err
	}
	defer unlock()
	if err := Check(ctx, db.Pool); err != nil && !errors.Is(err, ErrUnmigrated) {
		return err
	}
	if err := CheckOwner(ctx, db.Pool); err != nil {
		return err
	}
	conns := stdlib.OpenDBFromPool(db.Pool)
	defer func() { _ = conns.Close() }()
	options := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	if show != nil {
		options = append(options, goose.WithVerbose(true), goose.WithLogger(shownLog(show)))
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, conns, files, options...)
	if err != nil {
		return fmt.Errorf("reading the migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrating: %w", err)
	}
	if err := loadReference(ctx, db.Pool); err != nil {
		return fmt.Errorf("loading the reference data: %w", err)
	}
	if err := watchTables(ctx, db.Pool); err != nil {
		return err
	}
	return grantRights(ctx, db.Pool)
}

// shownLog passes on which migration was applied, and not the SQL that goose says too.
type shownLog func(line string)

// Printf passes a line on, without the name that goose puts before it.
func (show shownLog) Printf(format string, values ...any) {
	line := strings.TrimPrefix(strings.TrimSpace(fmt.Sprintf(format, values...)), "goose: ")
	if strings.HasPrefix(line, "OK ") {
		show(line)
	}
}

// Fatalf is never called by a provider, which returns its errors.
func (show shownLog) Fatalf(format string, values ...any) { show.Printf(format, values...) }

// CheckOwner returns ErrNotOwner unless the role of the pool may change every table of the schema, or make the first
// ones.
func CheckOwner(ctx context.Context, pool *pgxpool.Pool) error {
	var role string
	var owns bool
	err := pool.QueryRow(ctx, `SELECT current_user, coalesce(has_schema_privilege(current_schema(), 'CREATE'), true)
		AND NOT EXISTS (SELECT FROM pg_class WHERE relnamespace = current_schema()::regnamespace
			AND relkind IN ('r', 'p') AND NOT pg_has_role(relowner, 'USAGE'))`).Scan(&role, &owns)
	if err != nil {
		return fmt.Errorf("reading the rights of the role: %w", err)
	}
	if !owns {
		return fmt.Errorf("%s does not own the tables: %w", role, ErrNotOwner)
	}
	return nil
}

// OwnsBooks reports whether the role of the pool owns the table of payments, so that it could change what is only
// ever added to.
func OwnsBooks(ctx context.Context, pool *pgxpool.Pool) (owns bool, err error) {
	err = pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_class WHERE relnamespace = current_schema()::regnamespace
		AND relname = 'payments' AND pg_has_role(relowner, 'USAGE'))`).Scan(&owns)
	if err != nil {
		return false, fmt.Errorf("reading the rights of the role: %w", err)
	}
	return owns, nil
}

// acquireLock acquires the advisory lock of migrations on its own session. Unlike goose's locker, it also
// covers the version table and the reference data, and waiting programs continue at once, not after
// 5 s.
func acquireLock(ctx context.Context, db *database.DB) (unlock func(), err error) {
	conn, err := db.Pool.Acquire(ctx)
	if err != nil {
		return nil, fmt.Errorf("connecting to migrate: %w", err)
	}
	for {
		var held bool
		err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, db.LockID("migrations")).Scan(&held)
		if err != nil {
			conn.Release()
			return nil, fmt.Errorf("locking the migrations: %w", err)
		}
		if held {
			break
		}
		select {
		case <-ctx.Done():
			conn.Release()
			return nil, fmt.Errorf("waiting for another migration: %w", ctx.Err())
		case <-time.After(lockPoll):
		}
	}
	// The session's end frees the lock, also when the context has ended by then.
	return func() { _ = conn.Hijack().Close(context.WithoutCancel(ctx)) }, nil
}

// Check returns nil if the database has exactly this program's migrations. It returns ErrUnmigrated
// if some or all are missing, and ErrNewer if the database has others.
func Check(ctx context.Context, pool *pgxpool.Pool) error {
	applied, err := appliedAt(ctx, pool)
	if err != nil {
		return err
	}
	known, err := readSources()
	if err != nil {
		return err
	}
	missing := false
	for _, m := range known {
		if _, ok := applied[m.Version]; !ok {
			missing = true
		}
		delete(applied, m.Version)
	}
	for version := range applied {
		return fmt.Errorf("%w (version %d)", ErrNewer, version)
	}
	if missing {
		return ErrUnmigrated
	}
	return nil
}

// Version returns the last migration that the database has; 0: none.
func Version(ctx context.Context, pool *pgxpool.Pool) (int64, error) {
	applied, err := appliedAt(ctx, pool)
	last := int64(0)
	for version := range applied {
		last = max(last, version)
	}
	return last, err
}

// Status lists this program's migrations in order, and whether the database has each. It changes
// nothing.
func Status(ctx context.Context, url string) ([]Migration, error) {
	db, err := database.Open(ctx, url, database.Options{MaxConns: 1})
	if err != nil {
		return nil, err
	}
	defer db.Close()
	applied, err := appliedAt(ctx, db.Pool)
	if err != nil {
		return nil, err
	}
	known, err := readSources()
	if err != nil {
		return nil, err
	}
	for i := range known {
		known[i].At, known[i].Applied = applied[known[i].Version]
	}
	return known, nil
}

// appliedAt reads the versions that the database has; an empty database has none.
func appliedAt(ctx context.Context, pool *pgxpool.Pool) (map[int64]time.Time, error) {
	applied := map[int64]time.Time{}
	var version int64
	var at time.Time
	rows, _ := pool.Query(ctx, `SELECT version_id, tstamp FROM goose_db_version WHERE is_applied AND version_id > 0`)
	_, err := pgx.ForEachRow(rows, []any{&version, &at}, func() error { // it answers what Query did
		applied[version] = at
		return nil
	})
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.Code == undefinedTable {
		return applied, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the schema's version: %w", err)
	}
	return applied, nil
}

// Latest returns the version of this program's last migration.
func Latest() (int64, error) {
	known, err := readSources()
	if err != nil {
		return 0, err
	}
	return known[len(known)-1].Version, nil
}

// readSources returns the embedded files in order of version.
func readSources() ([]Migration, error) {
	names, err := fs.Glob(files, "0*.sql")
	if err != nil {
		return nil, err
	}
	known := make([]Migration, 0, len(names))
	for _, name := range names { // Glob sorts, and versions have five digits
		version, err := goose.NumericComponent(name)
		if err != nil {
			return nil, fmt.Errorf("naming %s: %w", name, err)
		}
		known = append(known, Migration{Version: version, Name: name})
	}
	return known, nil
}

// Fingerprint identifies what Up makes. Its 16 hexadecimal digits change with any byte of the
// migrations, the reference tables and the code that loads them.
func Fingerprint() (string, error) {
	known, err := readSources()
	if err != nil {
		return "", err
	}
	parts := [][]byte{
		reference.Banks, reference.Localities, reference.Lineage, loader, []byte(grants),
		[]byte(watchSQL()),
	}
	for _, m := range known {
		text, err := files.ReadFile(m.Name)
		if err != nil {
			return "", err
		}
		parts = append(parts, []byte(m.Name), text)
	}
	sum := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(sum, "%d\n", len(part))
		sum.Write(part)
	}
	return hex.EncodeToString(sum.Sum(nil))[:16], nil
}
