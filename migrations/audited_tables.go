package migrations

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"
)

// unwatched are the tables with changes that the audit trail does not record, each with the reason.
// Every other table is watched from its first migration on: what a request under /api changes there
// is in the trail, by whichever route.
var unwatched = map[string]string{
	"deliveries":       "what banks sent: stored whole, added to by webhooks only",
	"notices":          "the same, read",
	"notice_keys":      "the same, by key",
	"notice_retries":   "when pending ones are tried again",
	"notice_conflicts": "the same, reported differently a second time",
	"payments":         "the books: append-only, proved by ledger verify; what a person decides is a case",
	"ledger_accounts":  "sums of payments, proved by ledger verify",
	"stall_days":       "sums of payments by day",
	"first_days":       "the first of them",
	"connection_hours": "counters of deliveries and refusals", "connection_health": "when the last of each came",
	"connection_days": "days on which a connection delivered",
	"fact_changes":    "that something changed which reports count; what, is in the lines of its table",
	"banks":           "reference data, which the serving role cannot change",
	"localities":      "reference data", "locality_versions": "reference data", "locality_lineage": "reference data",
	"reporting_bases":  "reference data",
	"goose_db_version": "the schema's own version",
	"last_runs":        "when commands at the server last ended",
	"sealed_keys":      "data keys, made when a month begins, whoever asks first",
	"idempotency_keys": "answers, stored to be repeated",
	"sign_in_failures": "counters of guesses",
	"soundbox_guesses": "the same",
	"finished_steps":   "marks of sign-ins in two steps, for minutes; the session they open is watched",
	"phone_codes":      "one-time codes and their counters; the session they open is watched",
	"phone_code_days":  "a counter of messages",
	"account_claims":   "append-only: who wanted an account, for alerts, which are watched",
	"survey_answers":   "anonymous: a line would tie an answer to who asked and when",
	"audit_events":     "the trail itself", "audit_results": "the trail itself", "audit_changes": "the trail itself",
	"audit_reads": "the trail itself", "audit_seals": "the trail itself", "audit_cursors": "how far the trail was sent",
}

// watch gives every table that is not in $1 the triggers of the audit trail. They run only where
// the session is marked with a request's line (database.Marked): a webhook pays for a look at a
// setting. A table without a primary key is refused. A table that came into $1 later loses them.
const watch = `DO $$
DECLARE
    t record;
BEGIN
    IF to_regprocedure('audit_change()') IS NULL THEN
        RETURN;
    END IF;
    FOR t IN SELECT c.oid, c.relname,
                 (SELECT string_agg(quote_literal(a.attname), ', ' ORDER BY k.place)
                 FROM pg_index i, unnest(i.indkey) WITH ORDINALITY AS k (attnum, place)
                  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum WHERE i.indrelid = c.oid
                  AND i.indisprimary AND i.indnkeyatts <= 4) AS key
             FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
             AND NOT c.relispartition
             AND c.relname NOT IN (%[1]s) AND NOT EXISTS (SELECT FROM pg_trigger g
             WHERE g.tgrelid = c.oid AND g.tgname = 'audited_update') LOOP
        IF t.key IS NULL THEN
            RAISE EXCEPTION 'the table %% needs a primary key of at most four columns to be watched by the audit trail',
            t.relname;
        END IF;
        EXECUTE format('CREATE TRIGGER audited_insert AFTER INSERT ON %%I REFERENCING NEW TABLE AS rows_after FOR EACH STATEMENT
            WHEN (current_setting(''market40.event'', true) <> '''') EXECUTE FUNCTION audit_change(%%s)', t.relname,
            t.key);
        EXECUTE format('CREATE TRIGGER audited_update AFTER UPDATE ON %%I REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after FOR EACH STATEMENT
            WHEN (current_setting(''market40.event'', true) <> '''') EXECUTE FUNCTION audit_change(%%s)', t.relname,
            t.key);
        EXECUTE format('CREATE TRIGGER audited_delete AFTER DELETE ON %%I REFERENCING OLD TABLE AS rows_before FOR EACH STATEMENT
            WHEN (current_setting(''market40.event'', true) <> '''') EXECUTE FUNCTION audit_change(%%s)', t.relname,
            t.key);
    END LOOP;
    FOR t IN SELECT c.relname, g.tgname FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
    WHERE c.relnamespace = current_schema()::regnamespace
             AND NOT c.relispartition AND c.relname IN (%[1]s) AND g.tgname IN ('audited_insert', 'audited_update',
             'audited_delete') LOOP
        EXECUTE format('DROP TRIGGER %%I ON %%I', t.tgname, t.relname);
    END LOOP;
END
$$`

// watchSQL returns the statement of watch with the tables that are left out.
func watchSQL() string {
	names := make([]string, 0, len(unwatched))
	for name := range unwatched {
		names = append(names, "'"+name+"'")
	}
	slices.Sort(names)
	return fmt.Sprintf(watch, strings.Join(names, ", "))
}

func watchTables(ctx context.Context, pool *pgxpool.Pool) error {
	if _, err := pool.Exec(ctx, watchSQL()); err != nil {
		return fmt.Errorf("watching the tables for the audit trail: %w", err)
	}
	return nil
}
