// Package database opens PostgreSQL: one pgx pool that GORM shares, with limits for every
// session. A use case writes through InTx, which retries it after a serialization failure
// or a deadlock.
package database

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/multitracer"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// What a session may hold on to. A statement that runs into one of these fails; it never waits for
// ever.
const (
	LockTimeout      = 5 * time.Second  // waiting for one lock
	statementTimeout = 30 * time.Second // one statement, unless Options says otherwise
	idleTimeout      = 30 * time.Second // an open transaction in which nothing happens

	// defaultMaxConns is how many connections everything shares that is not the money lane.
	defaultMaxConns = 16
	// moneyConns is how many connections the money lane has: two posting workers, the look-ups of webhooks,
	// the announcements of the feed, and the jobs that posting depends on. Whatever else reads
	// cannot use them up.
	moneyConns = 6

	maxIdentifier = 63 // bytes of a name in PostgreSQL
)

// ErrNoSchema is answered by Open when the search path names no schema that exists.
var ErrNoSchema = errors.New("the search path names no existing schema")

// DB is one database, or one schema of it, as the program uses it.
type DB struct {
	Pool   *pgxpool.Pool // statements, batches, COPY, LISTEN
	Gorm   *gorm.DB      // one row or one table, over the same connections
	Schema string        // where unqualified names live

	money *DB // the money lane; nil: this is it
}

// IsUnreachable reports whether an error says that no connection could be made. Whatever works by the
// clock need not log it: the payment feed does so once, and requests once a minute.
func IsUnreachable(err error) bool {
	var connect *pgconn.ConnectError
	return errors.As(err, &connect)
}

// Options are the sizes and limits of a pool. The zero value serves.
type Options struct {
	MaxConns         int32         // 0: 16, or pool_max_conns of the URL
	StatementTimeout time.Duration // 0: statementTimeout; negative: none, for migrations
	AcquireTimeout   time.Duration // 0: AcquireTimeout
	Tracer           Tracer        // sees every statement; nil: none
}

// Tracer sees statements and batches of the driver.
type Tracer interface {
	pgx.QueryTracer
	pgx.BatchTracer
}

// Open connects to a server (direct or behind a session pool) and checks that it answers. It opens
// two pools: one for the money lane, one for everything else. Neither connects before it is used.
// The caller closes the result.
func Open(ctx context.Context, url string, o Options) (*DB, error) {
	if o.MaxConns == 0 && !strings.Contains(url, "pool_max_conns=") {
		o.MaxConns = defaultMaxConns
	}
	pool, err := newPool(ctx, url, o)
	if err != nil {
		return nil, err
	}
	o.MaxConns = moneyConns
	money, err := newPool(ctx, url, o)
	if err != nil {
		pool.Close()
		return nil, err
	}
	db, err := fromPool(ctx, pool)
	if err != nil {
		pool.Close()
		money.Close()
		return nil, err
	}
	db.money = &DB{Pool: money, Gorm: db.Gorm, Schema: db.Schema}
	return db, nil
}

// Money returns the same database over the connections of the money lane. Only posting, the
// look-ups of webhooks, the feed and the jobs that posting depends on use it. Requests of people
// and programs do not.
func (db *DB) Money() *DB {
	if db.money == nil {
		return db
	}
	return db.money
}

// newPool makes a pool with sessions that have the limits of the options. Every pool of the program
// is made here.
func newPool(ctx context.Context, url string, o Options) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("reading the database URL: %w", err)
	}
	if o.MaxConns > 0 {
		cfg.MaxConns = o.MaxConns
		cfg.MinConns = min(cfg.MinConns, o.MaxConns)
	}
	if cfg.ConnConfig.RuntimeParams["application_name"] == "" {
		cfg.ConnConfig.RuntimeParams["application_name"] = "market40"
	}
	cfg.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		quickUUIDs(conn)
		return limitSession(ctx, conn, o)
	}
	cfg.PrepareConn = setMark
	boundWaits(cfg, o.statementTimeout())
	limit := acquireLimit{cmp.Or(o.AcquireTimeout, AcquireTimeout)}
	cfg.ConnConfig.Tracer = limit
	if o.Tracer != nil {
		cfg.ConnConfig.Tracer = multitracer.New(limit, o.Tracer)
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("opening the pool: %w", err)
	}
	return pool, nil
}

// statementTimeout returns how long one statement may take; 0: no limit.
func (o Options) statementTimeout() time.Duration {
	switch {
	case o.StatementTimeout > 0:
		return o.StatementTimeout
	case o.StatementTimeout < 0:
		return 0
	}
	return statementTimeout
}

// limitSession sets the limits of every session. It is a statement and not a startup parameter,
// because session poolers refuse parameters that they do not know.
func limitSession(ctx context.Context, conn *pgx.Conn, o Options) error {
	_, err := conn.Exec(ctx, `SELECT set_config('TimeZone', 'UTC', false),
		set_config('lock_timeout', $1, false),
		set_config('statement_timeout', $2, false),
		set_config('idle_in_transaction_session_timeout', $3, false)`,
		milliseconds(LockTimeout), milliseconds(o.statementTimeout()), milliseconds(idleTimeout))
	if err != nil {
		return fmt.Errorf("setting the session's limits: %w", err)
	}
	return nil
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

func fromPool(ctx context.Context, pool *pgxpool.Pool) (*DB, error) {
	var schema *string
	if err := pool.QueryRow(ctx, `SELECT current_schema()`).Scan(&schema); err != nil {
		return nil, fmt.Errorf("asking the database for its schema: %w", err)
	}
	if schema == nil {
		return nil, ErrNoSchema
	}
	orm, err := gorm.Open(postgres.New(postgres.Config{Conn: stdlib.OpenDBFromPool(pool)}), &gorm.Config{
		Logger:                 quietLogger(),
		SkipDefaultTransaction: true,
		TranslateError:         true,
		DisableAutomaticPing:   true,
	})
	if err != nil {
		return nil, fmt.Errorf("opening gorm: %w", err)
	}
	return &DB{Pool: pool, Gorm: orm, Schema: *schema}, nil
}

// quietLogger logs nothing, because errors are logged once, at the edge, and never with values,
// should someone call Debug.
func quietLogger() logger.Interface {
	return logger.New(log.New(io.Discard, "", 0), logger.Config{LogLevel: logger.Silent, ParameterizedQueries: true})
}

// Close waits for connections in use and closes them all.
func (db *DB) Close() {
	db.Pool.Close()
	if db.money != nil {
		db.money.Pool.Close()
	}
}

// Channel returns the LISTEN channel of a name in this schema, so that provinces in one database
// receive only their own notifications. It contains a dot: quote it in LISTEN with
// pgx.Identifier{channel}.Sanitize(). pg_notify accepts it unchanged.
func (db *DB) Channel(name string) string {
	channel := db.Schema + "." + name
	if len(channel) <= maxIdentifier {
		return channel
	}
	sum := sha256.Sum256([]byte(channel))
	return "market40." + hex.EncodeToString(sum[:16])
}

// LockID returns the advisory lock of a name in this schema.
func (db *DB) LockID(name string) int64 {
	sum := sha256.Sum256([]byte(db.Schema + "." + name))
	return int64(binary.BigEndian.Uint64(sum[:8])) //nolint:gosec // any 64 bits are a lock's id
}
