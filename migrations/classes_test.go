package migrations_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"market40/migrations"
	"market40/migrations/database/dbtest"
)

// TestEveryColumnIsClassified holds classes.csv against the schema: a column without a row is
// personal data without a class. What is called sealed is stored as bytes.
func TestEveryColumnIsClassified(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	rows, err := db.Pool.Query(t.Context(), `SELECT c.table_name || '.' || c.column_name, c.data_type
		FROM information_schema.columns c JOIN pg_class p ON p.relname = c.table_name
		AND p.relnamespace = c.table_schema::regnamespace
		WHERE c.table_schema = current_schema() AND p.relkind IN ('r', 'p') AND NOT p.relispartition`)
	must(t, err)
	types := map[string]string{}
	var name, kind string
	_, err = pgx.ForEachRow(rows, []any{&name, &kind}, func() error { types[name] = kind; return nil })
	must(t, err)
	classes, err := migrations.Classes()
	must(t, err)
	words := map[string][]string{
		"class":   {"public", "basic", "sensitive"},
		"storage": {migrations.Clear, migrations.Sealed, migrations.KeyedIndex, migrations.Hashed, migrations.Masked},
		"subject": {"merchant", "user", "shopper", "none"},
	}
	seen := map[string]bool{}
	for _, c := range classes {
		name := c.Table + "." + c.Column
		if seen[name] {
			t.Errorf("%s has two rows", name)
		}
		seen[name] = true
		if types[name] == "" {
			t.Errorf("%s has a row and does not exist", name)
		}
		for column, word := range map[string]string{"class": c.Class, "storage": c.Storage, "subject": c.Subject} {
			if !slices.Contains(words[column], word) {
				t.Errorf("%s: %s is no %s", name, word, column)
			}
		}
		if (c.Class == "public") != (c.Subject == "none") {
			t.Errorf("%s is %s and of %s", name, c.Class, c.Subject)
		}
		if c.Export != migrations.Exported && !strings.HasPrefix(c.Export, "no: ") {
			t.Errorf("%s is left out of the export without a reason: %q", name, c.Export)
		}
		if secret := c.Storage == migrations.Sealed ||
			c.Storage == migrations.KeyedIndex; secret &&
			types[name] != "bytea" {
			t.Errorf("%s is %s and stored as %s", name, c.Storage, types[name])
		}
	}
	for name := range types {
		if !seen[name] {
			t.Errorf("%s is not classified", name)
		}
	}
}
