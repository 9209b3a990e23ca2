package unnest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"market40/migrations/database/dbtest"
	"market40/payments/unnest"
)

type visit struct {
	name string
	age  int64
	at   *time.Time
}

var visits = unnest.Columns[visit]{
	unnest.NewColumn("name", "text", func(v visit) string { return v.name }),
	unnest.NewColumn("age", "bigint", func(v visit) int64 { return v.age }),
	unnest.NewColumn("at", "timestamptz", func(v visit) *time.Time { return v.at }),
}

// TestText pins the text of the statements: it must be equal for every group, so that PostgreSQL
// plans it once.
func TestText(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		visits.Names():                `name, age, at`,
		visits.From("v"):              `unnest($1::text[], $2::bigint[], $3::timestamptz[]) AS v (name, age, at)`,
		visits.FromNumbered("v", "n"): `unnest($1::text[], $2::bigint[], $3::timestamptz[]) WITH ORDINALITY AS v (name, age, at, n)`,
		visits.Further(2):             `$5`,
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// TestRows sends rows to PostgreSQL and reads them back, with NULL and a further argument.
func TestRows(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	at := time.Date(2026, 11, 20, 10, 11, 12, 0, time.UTC)
	rows, err := db.Pool.Query(
		t.Context(),
		`SELECT v.n || ' ' || v.name || ' ' || v.age + `+visits.Further(1)+`::bigint || ' ' ||
		coalesce((v.at AT TIME ZONE 'UTC')::text, 'never') FROM `+visits.FromNumbered("v", "n")+` ORDER BY v.n`,
		visits.Arguments([]visit{{"An", 30, &at}, {"Bình", 40, nil}}, 2)...)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"1 An 32 2026-11-20 10:11:12", "2 Bình 42 never"}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("read %q, want %q", got, want)
	}
}

// TestNoRows checks that an empty group is a group of empty arrays, not of NULL.
func TestNoRows(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	var n int
	err := db.Pool.QueryRow(t.Context(), `SELECT count(*) FROM `+visits.From("v"), visits.Arguments(nil)...).Scan(&n)
	if err != nil || n != 0 {
		t.Errorf("%d rows, %v", n, err)
	}
}

// BenchmarkArguments builds the arguments of a full group.
func BenchmarkArguments(b *testing.B) {
	rows := make([]visit, 256)
	b.ReportAllocs()
	for b.Loop() {
		visits.Arguments(rows)
	}
}
