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

// TestServingRoleOnlyAddsToTheBooks connects as the role that serves and tries to change what is append-only.
func TestServingRoleOnlyAddsToTheBooks(t *testing.T) {
	t.Parallel()
	at, err := url.Parse(dbtest.URL(t))
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
	defer conn.Close(ctx)
	for statement, allowed := range map[string]bool{
		`SELECT count(*) FROM payments`:                        true,
		`UPDATE payments SET amount = 1`:                       false,
		`DELETE FROM payments`:                                 false,
		`TRUNCATE payments`:                                    false,
		`DELETE FROM notice_keys`:                              false,
		`UPDATE case_steps SET reason = ''`:                    false,
		`UPDATE ledger_accounts SET version = version`:         true,
		`DELETE FROM ledger_accounts`:                          false,
		`ALTER TABLE payments DISABLE TRIGGER ALL`:             false,
		`DROP TABLE payments`:                                  false,
		`UPDATE banks SET code = code`:                         false,
		`SELECT make_partitions(now() + interval '2 months')`:  true,
		`UPDATE idempotency_keys SET status = 200 WHERE false`: true,
		`DELETE FROM payments_default`:                         false,
		`INSERT INTO payments_default SELECT * FROM payments`:  false,
	} {
		_, err := conn.Exec(ctx, statement)
		if refused := err != nil && (strings.Contains(err.Error(), "42501")); allowed != (err == nil) || (!allowed && !refused) {
			t.Errorf("%s: %v", statement, err)
		}
	}
}
