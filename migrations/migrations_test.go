package migrations_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"market40/migrations"
	"market40/migrations/database"
	"market40/migrations/database/dbtest"
)

func openDatabase(t *testing.T, url string) *database.DB {
	t.Helper()
	db, err := database.Open(t.Context(), url, database.Options{MaxConns: 2})
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

func TestUpBringsAnEmptyDatabaseUp(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	db := openDatabase(t, url)
	if err := migrations.Check(t.Context(), db.Pool); !errors.Is(err, migrations.ErrUnmigrated) {
		t.Errorf("an empty database is answered by %v", err)
	}
	before, err := migrations.Status(t.Context(), url)
	must(t, err)
	began := time.Now()
	must(t, migrations.Up(t.Context(), url))
	t.Logf("migrated in %v", time.Since(began))
	must(t, migrations.Check(t.Context(), db.Pool))
	after, err := migrations.Status(t.Context(), url)
	must(t, err)
	if len(before) == 0 || len(after) != len(before) {
		t.Fatalf("%d migrations before, %d after", len(before), len(after))
	}
	for i, m := range after {
		if before[i].Applied || !before[i].At.IsZero() {
			t.Errorf("%s is said to be there before", m.Name)
		}
		if !m.Applied || time.Since(m.At).Abs() > time.Hour {
			t.Errorf("%s is said not to be there, or at %v", m.Name, m.At)
		}
		if m.Version != int64(i)+1 {
			t.Errorf("%s has place %d", m.Name, i+1)
		}
	}
	must(t, migrations.Up(t.Context(), url)) // nothing to do
}

func TestProgramsThatMigrateTogether(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	began := time.Now()
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() {
			if err := migrations.Up(t.Context(), url); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	t.Logf("six at once in %v", time.Since(began))
	var twice int
	must(t, openDatabase(t, url).Pool.QueryRow(t.Context(),
		`SELECT count(*) - count(DISTINCT version_id) FROM goose_db_version`).Scan(&twice))
	if twice != 0 {
		t.Errorf("%d migrations were applied twice", twice)
	}
}

func TestOlderAndNewerDatabasesAreReported(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	db := openDatabase(t, url)
	must(t, migrations.Check(t.Context(), db.Pool))
	exec := func(sql string) {
		t.Helper()
		_, err := db.Pool.Exec(t.Context(), sql)
		must(t, err)
	}
	check := func(want error) {
		t.Helper()
		if err := migrations.Check(t.Context(), db.Pool); !errors.Is(err, want) {
			t.Errorf("answered by %v, not %v", err, want)
		}
	}
	exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)`)
	check(migrations.ErrNewer)
	if err := migrations.Up(t.Context(), url); !errors.Is(err, migrations.ErrNewer) {
		t.Errorf("Up of a newer database is answered by %v", err)
	}
	exec(`DELETE FROM goose_db_version WHERE version_id < 99999 AND version_id > 1`)
	check(migrations.ErrNewer)
	exec(`DELETE FROM goose_db_version WHERE version_id = 99999`)
	check(migrations.ErrUnmigrated)
}

func TestProvincesLiveSideBySide(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	db := openDatabase(t, url)
	// An extension is one for the database: it lies where every schema finds it.
	_, err := db.Pool.Exec(t.Context(), `CREATE SCHEMA khanh_hoa; CREATE SCHEMA da_nang; CREATE EXTENSION btree_gist`)
	must(t, err)
	for _, schema := range []string{"khanh_hoa", "da_nang"} {
		must(t, migrations.Up(t.Context(), url+"&search_path="+schema+",public"))
		here := openDatabase(t, url+"&search_path="+schema+",public")
		must(t, migrations.Check(t.Context(), here.Pool))
	}
	var tables int
	must(t, db.Pool.QueryRow(t.Context(), `SELECT count(*) FROM pg_tables WHERE schemaname = 'public'`).Scan(&tables))
	if tables != 0 {
		t.Errorf("%d tables went into another schema", tables)
	}
}

func TestUpWaitsNoLongerThanItsCaller(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	db := openDatabase(t, url)
	conn, err := db.Pool.Acquire(t.Context())
	must(t, err)
	defer conn.Release()
	_, err = conn.Exec(t.Context(), `SELECT pg_advisory_lock($1)`, db.LockID("migrations"))
	must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := migrations.Up(ctx, url); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("answered by %v", err)
	}
	_, err = conn.Exec(t.Context(), `SELECT pg_advisory_unlock_all()`)
	must(t, err)
	must(t, migrations.Up(t.Context(), url))
}

func TestFingerprintIsStable(t *testing.T) {
	t.Parallel()
	first, err := migrations.Fingerprint()
	must(t, err)
	second, err := migrations.Fingerprint()
	must(t, err)
	if first != second || len(first) != 16 {
		t.Errorf("%q, then %q", first, second)
	}
}
