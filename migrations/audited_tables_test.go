package migrations_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"market40/migrations/database/dbtest"
)

// TestUnwatchedTablesHaveAReason counts what is left out: a table that is added to it is
// a decision.
func TestUnwatchedTablesHaveAReason(t *testing.T) {
	t.Parallel()
	rows, err := dbtest.New(t).Pool.Query(t.Context(), `SELECT c.relname FROM pg_class c
		WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
		AND 3 <> (SELECT count(*) FROM pg_trigger g WHERE g.tgrelid = c.oid AND g.tgname IN ('audited_insert',
		'audited_update', 'audited_delete') AND g.tgenabled = 'O')
		ORDER BY c.relname COLLATE "C"`)
	if err != nil {
		t.Fatal(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	const want = "account_claims audit_changes audit_cursors audit_events audit_reads audit_results audit_seals banks connection_days connection_health connection_hours deliveries fact_changes finished_steps first_days goose_db_version idempotency_keys last_runs " +
		"ledger_accounts localities locality_lineage locality_versions notice_conflicts notice_keys notice_retries notices payments phone_code_days phone_codes reporting_bases sealed_keys sign_in_failures soundbox_guesses stall_days survey_answers"
	if got := strings.Join(names, " "); err != nil || got != want {
		t.Errorf("unwatched are\n%s, %v\nwant\n%s", got, err, want)
	}
}
