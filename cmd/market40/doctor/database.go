package doctor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"market40/cmd/market40/app"
	"market40/migrations"
	"market40/migrations/database"
)

const (
	// oldestServer is the major version of PostgreSQL that the program needs at least.
	oldestServer = 15
	// Clocks that differ by more than this are worth a warning, and past the second notices are refused.
	clockWarning = 5 * time.Second
	clockFailure = 5 * time.Minute
	// backupAge is how old the last backup may be.
	backupAge = 26 * time.Hour
	// databaseWithin is how long all checks of the database may take.
	databaseWithin = 30 * time.Second
)

// checkDatabase checks the database of the settings. A private one that no serve runs is started for it.
func (c *checkup) checkDatabase(ctx context.Context) {
	if _, err := os.Stat(filepath.Join(c.settings.DataDir, "postgres")); err != nil && c.settings.DatabaseURL == "" {
		c.warn("database", "there is none in "+c.settings.DataDir+" yet", "serve makes it; or set DATABASE_URL")
		return
	}
	store, err := app.OpenStore(ctx, c.settings)
	if err != nil {
		c.fail("database", oneLine(err), "mend this first: without its database nothing runs")
		return
	}
	defer store.Stop()
	ctx, cancel := context.WithTimeout(ctx, databaseWithin)
	defer cancel()
	if err := store.CheckSessions(ctx, store.ServingURL()); err != nil {
		c.fail("database", oneLine(err), "check DATABASE_URL, the server and its pg_hba.conf")
		return
	}
	db, err := database.Open(ctx, store.ServingURL(), database.Options{MaxConns: 1})
	if err != nil {
		c.fail("database", oneLine(err), "check DATABASE_URL, the server and its pg_hba.conf")
		return
	}
	defer db.Close()
	c.checkServer(ctx, db.Pool)
	c.checkClock(ctx, db.Pool)
	if c.checkSchema(ctx, db.Pool) {
		c.checkRole(ctx, db.Pool)
		c.checkPartitions(ctx, db.Pool)
		c.checkLastRuns(ctx, db.Pool)
		c.checkMessagesSent(ctx, db.Pool)
	}
}

// oneLine writes an error in one line.
func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

func (c *checkup) checkServer(ctx context.Context, pool *pgxpool.Pool) {
	var version string
	var major, connections int
	err := pool.QueryRow(ctx, `SELECT current_setting('server_version'),
		current_setting('server_version_num')::int / 10000, current_setting('max_connections')::int`).
		Scan(&version, &major, &connections)
	switch {
	case err != nil:
		c.fail("database", oneLine(err), "check DATABASE_URL")
	case major < oldestServer:
		c.fail("database", "PostgreSQL "+version+" is too old", fmt.Sprintf("install %d or newer", oldestServer))
	default:
		c.good("database", "PostgreSQL %s, %d connections", version, connections)
	}
}

// checkClock compares this machine's clock with the database's, in the middle of the question.
func (c *checkup) checkClock(ctx context.Context, pool *pgxpool.Pool) {
	var there time.Time
	asked := time.Now()
	if err := pool.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&there); err != nil {
		c.fail("clock", oneLine(err), "check the database")
		return
	}
	took := time.Since(asked)
	off := asked.Add(took / 2).Sub(there)
	says := fmt.Sprintf("it differs from the database's by %s", off.Abs().Round(time.Millisecond))
	const remedy = "let chrony or systemd-timesyncd set the clocks of both machines"
	switch {
	case off.Abs() > clockFailure:
		c.fail("clock", says+": signed notices are refused", remedy)
	case off.Abs() > clockWarning:
		c.warn("clock", says, remedy)
	default:
		c.good("clock", "%s", says)
	}
}

// checkSchema reports whether the database has this program's schema.
func (c *checkup) checkSchema(ctx context.Context, pool *pgxpool.Pool) bool {
	err := migrations.Check(ctx, pool)
	switch {
	case err == nil:
		c.good("schema", "it is this program's")
	case errors.Is(err, migrations.ErrUnmigrated) && c.settings.DatabaseURL == "":
		c.warn("schema", "it is older than this program", "serve migrates a private database when it starts")
	case errors.Is(err, migrations.ErrUnmigrated):
		c.fail("schema", "it is older than this program", "make a backup, then run market40 migrate up as the owner")
	case errors.Is(err, migrations.ErrNewer):
		c.fail("schema", "it is newer than this program", "use the newer program")
	default:
		c.fail("schema", oneLine(err), "check the database and the rights of the role")
	}
	return err == nil
}

// checkRole checks that the role that serves can read every table, and owns none.
func (c *checkup) checkRole(ctx context.Context, pool *pgxpool.Pool) {
	var role string
	var closed []string
	err := pool.QueryRow(ctx, `SELECT current_user, coalesce(array_agg(relname ORDER BY relname), '{}') FROM pg_class
		WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
		AND NOT has_table_privilege(oid, 'SELECT')`).Scan(&role, &closed)
	if err != nil {
		c.fail("role", oneLine(err), "check the database")
		return
	}
	owns, err := migrations.OwnsBooks(ctx, pool)
	switch {
	case err != nil:
		c.fail("role", oneLine(err), "check the database")
	case len(closed) > 0:
		c.fail("role", role+" may not read "+strings.Join(closed[:min(3, len(closed))], ", "),
			"run market40 migrate up as the owner: it grants what "+migrations.ServingRole+" needs")
	case owns:
		c.warn("role", role+" owns the tables: it could change the append-only ledger",
			"serve as "+migrations.ServingRole+", and leave the owner's URL to migrate and backup")
	default:
		c.good("role", "%s may add to the books and change nothing in them", role)
	}
}

// checkPartitions checks that the tables of the coming month exist, and that no row lies outside of its month.
func (c *checkup) checkPartitions(ctx context.Context, pool *pgxpool.Pool) {
	const remedy = "start serve, which makes them and moves the rows; if this stays, its log says why (job=partitions)"
	var late, misplaced []string
	err := pool.QueryRow(ctx, `SELECT coalesce(array_agg(parent) FILTER (WHERE months_ahead < 1), '{}'),
		coalesce(array_agg(parent) FILTER (WHERE default_rows > 0), '{}') FROM partition_state()`).Scan(&late, &misplaced)
	switch {
	case err != nil:
		c.fail("partitions", oneLine(err), "check the database")
	case len(late) > 0:
		c.fail("partitions", "the coming month has no table in "+strings.Join(late, ", "), remedy)
	case len(misplaced) > 0:
		c.fail("partitions", "rows lie outside of their month in "+strings.Join(misplaced, ", "), remedy)
	default:
		c.good("partitions", "the coming month has its tables, and no row lies outside of its month")
	}
}

// checkLastRuns checks when the last backup ended, and what the last proofs found.
func (c *checkup) checkLastRuns(ctx context.Context, pool *pgxpool.Pool) {
	var backup *time.Time
	var faulty []string
	err := pool.QueryRow(ctx, `SELECT max(finished_at) FILTER (WHERE task = 'backup'),
		coalesce(array_agg(replace(task, '_', ' ')) FILTER (WHERE faults > 0), '{}') FROM last_runs`).Scan(&backup, &faulty)
	const remedy = "run market40 backup each night, and store the files on another machine"
	switch {
	case err != nil:
		c.fail("backup", oneLine(err), "check the database")
	case backup == nil:
		c.warn("backup", "there was none yet", remedy)
	case time.Since(*backup) > backupAge:
		c.warn("backup", "the last one ended on "+backup.UTC().Format("2006-01-02 15:04")+" UTC", remedy)
	default:
		c.good("backup", "the last one ended on %s UTC", backup.UTC().Format("2006-01-02 15:04"))
	}
	for _, proof := range faulty {
		c.fail("proof", "the last "+proof+" found faults", "run market40 "+proof+", and see what it prints")
	}
}

// checkMessagesSent warns of messages to phones that were given up.
func (c *checkup) checkMessagesSent(ctx context.Context, pool *pgxpool.Pool) {
	var failed int
	err := pool.QueryRow(ctx, `SELECT count(*) FROM messages WHERE state = 'failed'
		AND created_at > now() - interval '7 days'`).Scan(&failed)
	if err == nil && failed > 0 {
		c.warn("messages", fmt.Sprintf("%d of the last 7 days could not be sent", failed), "check the SMS gateway")
	}
}
