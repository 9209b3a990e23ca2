package database_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"

	"market40/migrations/database"
	"market40/migrations/database/dbtest"
)

func openDatabase(t *testing.T, url string, o database.Options) *database.DB {
	t.Helper()
	db, err := database.Open(t.Context(), url, o)
	must(t, err)
	t.Cleanup(db.Close)
	return db
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func execSQL(t *testing.T, db *database.DB, sql string, args ...any) {
	t.Helper()
	_, err := db.Pool.Exec(t.Context(), sql, args...)
	must(t, err)
}

func TestEverySessionHasTheLimits(t *testing.T) {
	t.Parallel()
	tests := []struct {
		options database.Options
		want    string
	}{
		{database.Options{}, "UTC 5s 30s 30s market40"},
		{database.Options{StatementTimeout: 7 * time.Second}, "UTC 5s 7s 30s market40"},
		{database.Options{StatementTimeout: -1}, "UTC 5s 0 30s market40"},
	}
	for _, tt := range tests {
		db := openDatabase(t, dbtest.Empty(t), tt.options)
		var got string
		const ask = `SELECT concat_ws(' ', current_setting('TimeZone'), current_setting('lock_timeout'),
			current_setting('statement_timeout'), current_setting('idle_in_transaction_session_timeout'),
			current_setting('application_name'))`
		must(t, db.Pool.QueryRow(t.Context(), ask).Scan(&got))
		if got != tt.want {
			t.Errorf("%+v: %q, not %q", tt.options, got, tt.want)
		}
		var viaGorm string
		must(t, db.Gorm.WithContext(t.Context()).Raw(ask).Scan(&viaGorm).Error)
		if viaGorm != tt.want {
			t.Errorf("%+v through gorm: %q, not %q", tt.options, viaGorm, tt.want)
		}
	}
}

func TestPoolSize(t *testing.T) {
	t.Parallel()
	address := dbtest.Empty(t)
	for _, tt := range []struct {
		url  string
		max  int32
		want int32
	}{{address, 0, 16}, {address + "&pool_max_conns=3", 0, 3}, {address, 5, 5}, {address + "&pool_max_conns=3", 5, 5}} {
		if got := openDatabase(t, tt.url, database.Options{MaxConns: tt.max}).Pool.Config().MaxConns; got != tt.want {
			t.Errorf("%d connections, not %d", got, tt.want)
		}
	}
}

// TestPoolsFitAServer: three servers and a command beside them find connections in PostgreSQL as it
// is shipped, which is how compose.yaml runs it.
func TestPoolsFitAServer(t *testing.T) {
	t.Parallel()
	const programs = 4
	db := openDatabase(t, dbtest.Empty(t), database.Options{})
	each := int(db.Pool.Config().MaxConns + db.Money().Pool.Config().MaxConns)
	var shipped, reserved int
	must(t, db.Pool.QueryRow(t.Context(), `SELECT (SELECT boot_val FROM pg_settings
		WHERE name = 'max_connections')::int,
		(SELECT boot_val FROM pg_settings WHERE name = 'superuser_reserved_connections')::int`).Scan(&shipped,
		&reserved))
	if programs*each > shipped-reserved {
		t.Errorf("%d programs open up to %d connections, of %d", programs, programs*each, shipped-reserved)
	}
	compose, err := os.ReadFile("../../compose.yaml")
	must(t, err)
	if strings.Contains(string(compose), "max_connections") {
		t.Error("compose.yaml changes max_connections: hold the pools against that")
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	if _, err := database.Open(t.Context(), "postgres://%zz", database.Options{}); err == nil {
		t.Error("a malformed URL was opened")
	}
	_, err := database.Open(t.Context(), dbtest.Empty(t)+"&search_path=nowhere", database.Options{})
	if !errors.Is(err, database.ErrNoSchema) {
		t.Errorf("a missing schema is answered by %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := database.Open(ctx, dbtest.Empty(t), database.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled opening is answered by %v", err)
	}
}

func TestNamesCarryTheSchema(t *testing.T) {
	t.Parallel()
	address := dbtest.Empty(t)
	here := openDatabase(t, address, database.Options{})
	long := strings.Repeat("tỉnh", 9)
	execSQL(t, here, `CREATE SCHEMA "Khánh Hòa"`)
	execSQL(t, here, `CREATE SCHEMA `+pgx.Identifier{long}.Sanitize())
	seen := map[string]bool{}
	for _, schema := range []string{"public", `"Khánh Hòa"`, `"` + long + `"`} {
		db := openDatabase(t, address+"&search_path="+url.PathEscape(schema), database.Options{})
		if strings.Trim(schema, `"`) != db.Schema {
			t.Errorf("schema %q, not %q", db.Schema, schema)
		}
		for _, name := range []string{"feed", "cache"} {
			channel, lock := db.Channel(name), fmt.Sprint(db.LockID(name))
			if seen[channel] || seen[lock] {
				t.Errorf("%s of %s is not its own", name, schema)
			}
			seen[channel], seen[lock] = true, true
			hears(t, db, channel)
		}
	}
}

// hears checks that a notification of the channel reaches who listens to it.
func hears(t *testing.T, db *database.DB, channel string) {
	t.Helper()
	conn, err := db.Pool.Acquire(t.Context())
	must(t, err)
	defer conn.Release()
	_, err = conn.Exec(t.Context(), "LISTEN "+pgx.Identifier{channel}.Sanitize())
	must(t, err)
	execSQL(t, db, `SELECT pg_notify($1, '')`, channel)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	got, err := conn.Conn().WaitForNotification(ctx)
	must(t, err)
	if got.Channel != channel {
		t.Errorf("heard %q, not %q", got.Channel, channel)
	}
	_, err = conn.Exec(t.Context(), "UNLISTEN *")
	must(t, err)
}

func TestGormTranslatesAndPrintsNoValue(t *testing.T) {
	// Not parallel: it looks at what the process prints.
	db := newCounters(t)
	read, write, err := os.Pipe()
	must(t, err)
	stdout, stderr := os.Stdout, os.Stderr
	os.Stdout, os.Stderr = write, write
	insert := db.Gorm.WithContext(t.Context()).Debug().Exec(`INSERT INTO counter VALUES (?, ?)`, 1, 987654321).Error
	os.Stdout, os.Stderr = stdout, stderr
	must(t, write.Close())
	var printed bytes.Buffer
	_, err = printed.ReadFrom(read)
	must(t, err)
	if !errors.Is(insert, gorm.ErrDuplicatedKey) {
		t.Errorf("a duplicate is answered by %v", insert)
	}
	if strings.Contains(printed.String(), "987654321") {
		t.Errorf("a value was printed: %s", printed.String())
	}
}
