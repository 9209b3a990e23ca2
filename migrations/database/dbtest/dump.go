package dbtest

import (
	"bytes"
	"testing"

	"github.com/jackc/pgx/v5"

	"market40/migrations/database"
)

// Dump returns every value of every table, as a thief of the disk would read it: texts and bytes
// unchanged.
func Dump(t testing.TB, db *database.DB) []byte {
	t.Helper()
	rows, err := db.Pool.Query(t.Context(), `SELECT relname FROM pg_class
		WHERE relnamespace = current_schema()::regnamespace
		AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY relname`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	conn, err := db.Pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	var all bytes.Buffer
	for _, table := range tables {
		_, err := conn.Conn().PgConn().CopyTo(t.Context(), &all, `COPY (SELECT * FROM `+
			pgx.Identifier{table}.Sanitize()+`) TO STDOUT (FORMAT binary)`)
		if err != nil {
			t.Fatalf("dumping %s: %v", table, err)
		}
	}
	return all.Bytes()
}
