package migrations

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"
)

// ServingRole is the role that serves. It owns nothing: what is append-only it may read and add to,
// nothing more. The triggers are the second wall. Where the role does not exist, the owner serves
// and they are the only one.
const ServingRole = "market40_app"

// grants gives the serving role what it needs after every migration. Partitions are reached through
// their parents only.
const grants = `DO $$
DECLARE
    t record;
    serving CONSTANT text := '` + ServingRole + `';
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = serving) OR current_user = serving THEN
        RETURN;
    END IF;
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), serving);
    FOR t IN SELECT c.relname, c.relispartition FROM pg_class c
             WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND c.relowner = current_user::regrole LOOP
        EXECUTE format('REVOKE ALL ON %I FROM %I', t.relname, serving);
        CONTINUE WHEN t.relispartition;
        EXECUTE format('GRANT %s ON %I TO %I',
            CASE WHEN t.relname IN ('payments', 'deliveries', 'notice_keys', 'notice_conflicts', 'case_steps', 'audit_events', 'audit_results', 'audit_changes', 'audit_reads', 'audit_seals',
                     'beneficiary_change_steps', 'account_claims', 'consents', 'data_request_steps', 'connection_days', 'report_versions', 'report_steps') THEN 'SELECT, INSERT'
                 WHEN t.relname IN ('banks', 'localities', 'locality_versions', 'locality_lineage', 'reporting_bases', 'legal_parameters', 'consent_texts', 'goose_db_version', 'last_runs') THEN 'SELECT'
                 WHEN t.relname IN ('ledger_accounts', 'notices', 'stall_days', 'first_days', 'beneficiary_changes', 'alerts') THEN 'SELECT, INSERT, UPDATE'
                 ELSE 'SELECT, INSERT, UPDATE, DELETE' END,
            t.relname, serving);
    END LOOP;
END
$$`

func grantRights(ctx context.Context, pool *pgxpool.Pool) error {
	if _, err := pool.Exec(ctx, grants); err != nil {
		return fmt.Errorf("granting to %s: %w", ServingRole, err)
	}
	return nil
}
