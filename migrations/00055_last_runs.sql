-- +goose Up
-- When commands last ended that a monitor waits for: one row each. Only the owner of the tables, who runs the
-- backup, writes that there is one; what was proved may be said by any role, by record_proof.
CREATE TABLE last_runs (
    task        text PRIMARY KEY CONSTRAINT run_task_known CHECK (task IN ('backup', 'ledger_verify', 'audit_verify')),
    finished_at timestamptz NOT NULL,
    faults      integer CONSTRAINT run_faults_positive CHECK (faults >= 0)
);
COMMENT ON TABLE last_runs IS 'When backup, ledger verify and audit verify last ended.';
COMMENT ON COLUMN last_runs.faults IS 'that a proof found; null: a backup';

-- +goose StatementBegin
CREATE FUNCTION record_proof(proof text, faults_found integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF proof NOT IN ('ledger_verify', 'audit_verify') THEN
        RAISE EXCEPTION '% is no proof', proof USING ERRCODE = 'invalid_parameter_value';
    END IF;
    INSERT INTO last_runs (task, finished_at, faults) VALUES (proof, clock_timestamp(), faults_found)
    ON CONFLICT (task) DO UPDATE SET finished_at = excluded.finished_at, faults = excluded.faults;
END
$$;

-- How many months after the present one have a partition, -1 where the present one has none; and how many rows
-- are in the default partition, which should be empty: 10,000 are counted at most.
CREATE FUNCTION partition_state() RETURNS TABLE (parent text, months_ahead integer, default_rows bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    month timestamptz;
BEGIN
    FOREACH parent IN ARRAY ARRAY['deliveries', 'notices', 'payments'] LOOP
        month := date_trunc('month', now(), 'UTC');
        months_ahead := -1;
        WHILE to_regclass(partition_name(parent, month)) IS NOT NULL LOOP
            months_ahead := months_ahead + 1;
            month := next_month(month);
        END LOOP;
        EXECUTE format('SELECT count(*) FROM (SELECT FROM %I LIMIT 10000) AS r', parent || '_default')
            INTO default_rows;
        RETURN NEXT;
    END LOOP;
END
$$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION partition_state;
DROP FUNCTION record_proof;
DROP TABLE last_runs;
