-- +goose Up
-- Pending notices are tried again by turns: when next, and how often it failed.
CREATE TABLE notice_retries (
    notice_id uuid PRIMARY KEY,
    attempts  int         NOT NULL CONSTRAINT notice_retry_attempts CHECK (attempts >= 0),
    next_at   timestamptz NOT NULL,
    since     timestamptz NOT NULL
);
COMMENT ON TABLE notice_retries IS 'The notices in state pending.';
CREATE INDEX notice_retries_next ON notice_retries (next_at);
INSERT INTO notice_retries (notice_id, attempts, next_at, since) SELECT id, 0, now(), recorded_at FROM notices WHERE state = 'pending';

-- A month's partition is made by itself, so that a month that fails stops no other. What DEFAULT took of it meanwhile is
-- moved. Months before the first one of its own stay in DEFAULT: only an invented past is that old.
DROP FUNCTION make_partitions;
-- +goose StatementBegin
CREATE FUNCTION missing_partitions(until timestamptz) RETURNS TABLE (parent text, month timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    this_month CONSTANT timestamptz := date_trunc('month', now(), 'UTC');
    found uuid;
BEGIN
    FOREACH parent IN ARRAY ARRAY ['deliveries', 'notices', 'payments'] LOOP
        month := this_month;
        WHILE month <= until LOOP
            IF to_regclass(partition_name(parent, month)) IS NULL THEN
                RETURN NEXT;
            END IF;
            month := next_month(month);
        END LOOP;
        SELECT min((replace(right(c.relname, 7), '_', '-') || '-01 00:00:00+00')::timestamptz) INTO month
        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = parent::regclass AND c.relname ~ '_\d{4}_\d\d$';
        WHILE month < this_month LOOP
            EXECUTE format('SELECT id FROM %I WHERE id >= $1 AND id < $2 ORDER BY id LIMIT 1', parent || '_default')
                INTO found USING id_floor(month), id_floor(this_month);
            EXIT WHEN found IS NULL;
            month := date_trunc('month', to_timestamp(('x' || left(replace(found::text, '-', ''), 12))::bit(48)::bigint / 1000.0), 'UTC');
            RETURN NEXT;
            month := next_month(month);
        END LOOP;
    END LOOP;
END
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION missing_partitions IS 'the months up to a time that have no partition, and earlier ones of which DEFAULT holds rows';

-- +goose StatementBegin
CREATE FUNCTION next_month(month timestamptz) RETURNS timestamptz LANGUAGE sql STABLE STRICT AS $$
    SELECT date_trunc('month', month + interval '32 days', 'UTC')
$$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION partition_name(parent text, month timestamptz) RETURNS text LANGUAGE sql STABLE STRICT AS $$
    SELECT parent || '_' || to_char(month AT TIME ZONE 'UTC', 'YYYY_MM')
$$;
-- +goose StatementEnd

-- Rows are moved while DEFAULT is detached, because a detached table has no triggers of its parent. Whoever writes meanwhile
-- waits for the parent's lock. It is not waited for long, because everybody else would wait behind.
-- +goose StatementBegin
CREATE FUNCTION make_partition(parent text, month timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    child CONSTANT text := partition_name(parent, month);
    rest  CONSTANT text := parent || '_default';
    low   CONSTANT uuid := id_floor(month);
    high  CONSTANT uuid := id_floor(next_month(month));
    held  boolean;
    moved bigint := 0;
BEGIN
    IF parent NOT IN ('deliveries', 'notices', 'payments') OR month <> date_trunc('month', month, 'UTC') THEN
        RAISE EXCEPTION 'no partition of % begins at %', parent, month USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF to_regclass(child) IS NOT NULL THEN
        RETURN 0;
    END IF;
    PERFORM set_config('lock_timeout', '2s', true);
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', child, parent);
    EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE id >= $1 AND id < $2)', rest) INTO held USING low, high;
    IF held THEN
        EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', parent);
        EXECUTE format('ALTER TABLE %I DETACH PARTITION %I', parent, rest);
        EXECUTE format('WITH gone AS (DELETE FROM %I WHERE id >= $1 AND id < $2 RETURNING *) INSERT INTO %I SELECT * FROM gone', rest, child) USING low, high;
        GET DIAGNOSTICS moved = ROW_COUNT;
    END IF;
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, child, low, high);
    IF held THEN
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I DEFAULT', parent, rest);
    END IF;
    RETURN moved;
END
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION make_partition IS 'makes the partition of a month and returns how many rows it took from DEFAULT';

-- +goose Down
DROP FUNCTION make_partition, missing_partitions, partition_name, next_month;
DROP TABLE notice_retries;
