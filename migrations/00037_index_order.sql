-- +goose Up
-- version_before read back from the newest payment to the time that was asked for. It now halves: an account's versions
-- have no gaps and are recorded in their order, but for clocks that differ by seconds, far less than the day that is added.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION version_before(account uuid, at timestamptz) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
    low    bigint := 0; -- recorded before, or none
    high   bigint;      -- recorded later, or beyond the newest
    middle bigint;
    seen   bigint;
    moment timestamptz;
BEGIN
    IF at IS NULL THEN
        RETURN 0;
    END IF;
    SELECT credit_version + 1 INTO high FROM payments WHERE credit_account = account ORDER BY credit_version DESC LIMIT 1;
    WHILE high - low > 1 LOOP
        middle := low + (high - low) / 2;
        SELECT credit_version, recorded_at INTO seen, moment FROM payments
            WHERE credit_account = account AND credit_version >= middle ORDER BY credit_version LIMIT 1;
        IF seen < high AND moment < at - interval '1 day' THEN
            low := seen;
        ELSE
            high := middle;
        END IF;
    END LOOP;
    RETURN low;
END
$$;
-- +goose StatementEnd
-- A market's cases, newest first, among those of all others.
CREATE INDEX cases_market ON cases (market_id, id);

-- +goose Down
DROP INDEX cases_market;
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION version_before(account uuid, at timestamptz) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT credit_version FROM payments WHERE credit_account = account AND recorded_at < at - interval '1 day'
        ORDER BY credit_version DESC LIMIT 1), 0)
$$;
-- +goose StatementEnd
