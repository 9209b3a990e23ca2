package migrations_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"market40/migrations"
	"market40/migrations/database/dbtest"
)

// TestServingRoleOnlyAddsToTheBooks connects as the role that serves and tries to change what is
// append-only.
func TestServingRoleOnlyAddsToTheBooks(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	at, err := url.Parse(db.Pool.Config().ConnString())
	if err != nil {
		t.Fatal(err)
	}
	password, _ := at.User.Password()
	at.User = url.UserPassword(migrations.ServingRole, password)
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, at.String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = conn.Close(ctx)
		for gone := false; !gone; { // the owner may not end the other role's session, so its end is waited for
			err := db.Pool.QueryRow(ctx, `SELECT NOT EXISTS (SELECT FROM pg_stat_activity
				WHERE usename = $1 AND datname = current_database())`,
				migrations.ServingRole).Scan(&gone)
			if err != nil {
				t.Fatal(err)
			}
		}
	}()
	for statement, allowed := range map[string]bool{
		`SELECT count(*) FROM payments`:                                         true,
		`UPDATE payments SET amount = 1`:                                        false,
		`DELETE FROM payments`:                                                  false,
		`TRUNCATE payments`:                                                     false,
		`DELETE FROM notice_keys`:                                               false,
		`UPDATE audit_events SET object = ''`:                                   false,
		`DELETE FROM audit_results`:                                             false,
		`UPDATE audit_changes SET after = NULL`:                                 false,
		`DELETE FROM audit_reads`:                                               false,
		`DELETE FROM audit_seals`:                                               false,
		`ALTER TABLE stalls DISABLE TRIGGER audited_update`:                     false,
		`UPDATE case_steps SET reason = ''`:                                     false,
		`UPDATE beneficiary_change_steps SET reason = ''`:                       false,
		`DELETE FROM beneficiary_changes`:                                       false,
		`DELETE FROM account_claims`:                                            false,
		`DELETE FROM alerts`:                                                    false,
		`UPDATE ledger_accounts SET version = version`:                          true,
		`DELETE FROM ledger_accounts`:                                           false,
		`ALTER TABLE payments DISABLE TRIGGER ALL`:                              false,
		`DROP TABLE payments`:                                                   false,
		`UPDATE banks SET code = code`:                                          false,
		`SELECT missing_partitions(now() + interval '3 months')`:                true,
		`SELECT make_partition('payments', timestamptz '2031-01-01 00:00:00Z')`: true,
		`UPDATE idempotency_keys SET status = 200 WHERE false`:                  true,
		`SELECT finished_at FROM last_runs`:                                     true,
		`SELECT record_proof('ledger_verify', 0)`:                               true,
		`INSERT INTO last_runs VALUES ('backup', now())`:                        false,
		`UPDATE last_runs SET finished_at = now()`:                              false,
		`SELECT * FROM partition_state()`:                                       true,
		`DELETE FROM payments_default`:                                          false,
		`INSERT INTO payments_default SELECT * FROM payments`:                   false,
	} {
		_, err := conn.Exec(ctx, statement)
		if refused := err != nil && (strings.Contains(err.Error(), "42501")); allowed != (err == nil) ||
			(!allowed && !refused) {
			t.Errorf("%s: %v", statement, err)
		}
	}
}

// TestMapOfEveryDay counts the units of Khánh Hòa (province 56) on days around the changes of the
// map.
func TestMapOfEveryDay(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	for _, c := range []struct {
		level, day string
		want       int
	}{
		{"district", "2024-05-28", 9},
		{"district", "2025-07-01", 0},
		{"commune", "2025-07-01", 65},
		{"commune", "2026-11-22", 65},
	} {
		var n int
		err := db.Pool.QueryRow(t.Context(), `SELECT count(*) FROM locality_versions v
			JOIN locality_versions p ON p.locality_id = v.parent_id AND p.code = '56'
			WHERE v.level = $1 AND v.valid @> $2::text::date`, c.level, c.day).Scan(&n)
		if err != nil || n != c.want {
			t.Errorf("%s on %s: %d, %v; want %d", c.level, c.day, n, err, c.want)
		}
	}
	rows, err := db.Pool.Query(t.Context(), `SELECT name FROM locality_versions WHERE level = 'commune'
		AND code = '22366' ORDER BY valid`)
	if err != nil {
		t.Fatal(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || strings.Join(names, ", ") != "Phường Phước Tiến, Phường Tân Tiến, Phường Nha Trang" {
		t.Errorf("22366 was %v, %v", names, err)
	}
	var selves int
	if err := db.Pool.QueryRow(t.Context(), `SELECT count(*) FROM locality_lineage WHERE old_id = new_id`).Scan(
		&selves); err != nil || selves != 0 {
		t.Errorf("%d units became themselves, %v", selves, err)
	}
}
