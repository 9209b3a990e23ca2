-- +goose Up
-- Reports keep what they counted of a day. Whoever changes a fact says here, in the same transaction, from which as-of day on figures may differ:
-- what was counted of a day holds as long as no further line reaches back to it. Payments of the present day reach no day that has begun: they write none.
CREATE TABLE fact_changes (
    id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    since date NOT NULL
);
CREATE INDEX fact_changes_since ON fact_changes (since);
COMMENT ON TABLE fact_changes IS 'A line a transaction that changed what reports count, with the first as-of day that it may matter to. Lines may be put together into one of the earliest day.';

-- +goose StatementBegin
-- The first as-of day whose moment (00:00 in Asia/Ho_Chi_Minh) is not before a time.
CREATE FUNCTION day_from(at timestamptz) RETURNS date LANGUAGE sql STABLE AS $$
    SELECT coalesce(((at - interval '1 microsecond') AT TIME ZONE 'Asia/Ho_Chi_Minh')::date + 1, '-infinity')
$$;

CREATE FUNCTION fact_changed(first date) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF first IS NULL OR first >= nullif(current_setting('market40.changed_since', true), '')::date THEN
        RETURN; -- this transaction said so already
    END IF;
    INSERT INTO fact_changes (since) VALUES (first);
    PERFORM set_config('market40.changed_since', first::text, true);
END
$$;

-- Of a statement: its argument tells the day of a row x; null: it matters to none.
CREATE FUNCTION facts_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    first  date;
    before date;
BEGIN
    IF TG_OP <> 'DELETE' THEN
        EXECUTE 'SELECT min(' || TG_ARGV[0] || ') FROM rows_after x' INTO first;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        EXECUTE 'SELECT min(' || TG_ARGV[0] || ') FROM rows_before x' INTO before;
    END IF;
    PERFORM fact_changed(least(first, before));
    RETURN NULL;
END
$$;

-- Of a row of a rollup by day, which matters from the next day on.
CREATE FUNCTION day_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM fact_changed(CASE TG_OP WHEN 'DELETE' THEN OLD.day ELSE NEW.day END + 1);
    RETURN NULL;
END
$$;

CREATE FUNCTION account_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.bank_bin, OLD.number_index) IS DISTINCT FROM (NEW.bank_bin, NEW.number_index) THEN
        PERFORM fact_changed('-infinity');
    ELSIF (OLD.name_checked_at, OLD.name_checked_how) IS DISTINCT FROM (NEW.name_checked_at, NEW.name_checked_how) THEN
        PERFORM fact_changed(day_from(least(OLD.name_checked_at, NEW.name_checked_at)));
    END IF;
    RETURN NULL;
END
$$;

DO $$
DECLARE
    t record;
BEGIN
    FOR t IN SELECT * FROM (VALUES
        ('tenancies', 'iud', 'day_from(lower(x.valid))'),
        ('stalls', 'ud', 'date ''-infinity'''), -- one that is new is in no figure before it has a tenancy
        ('stall_states', 'iud', 'day_from(lower(x.valid))'),
        ('tenancy_accounts', 'iud', 'day_from(x.since)'),
        ('bank_connections', 'iud', 'day_from(x.created_at)'),
        ('connection_accounts', 'iud', 'date ''-infinity'''),
        ('codes', 'iud', 'CASE x.kind WHEN ''stall'' THEN day_from(x.issued_at) END'),
        ('code_checks', 'iud', 'day_from(x.checked_at)'),
        ('actors', 'ud', 'date ''-infinity'''),
        ('confirmations', 'iud', 'day_from(x.occurred_at)'),
        ('trainings', 'ud', 'x.held_on + 1'),
        ('attendances', 'iud', '(SELECT t.held_on + 1 FROM trainings t WHERE t.id = x.training_id)'),
        ('visits', 'iud', 'day_from(x.visited_at)'),
        ('declared_shares', 'iud', 'x.asked_on + 1'),
        ('sample_plans', 'ud', 'date ''-infinity'''), -- a new one is counted once a half-hour of it was
        ('sample_strata', 'ud', 'date ''-infinity'''),
        ('sample_slots', 'iud', 'day_from(x.starts_at)'),
        ('fee_summaries', 'iud', '(x.month + interval ''1 month'')::date'),
        ('incidents', 'iud', 'day_from(x.occurred_at)'),
        ('survey_answers', 'iud', 'x.asked_on + 1'),
        ('programme_costs', 'iud', 'x.spent_on + 1')
    ) AS v (name, on_what, since) LOOP
        IF t.on_what LIKE '%i%' THEN
            EXECUTE format('CREATE TRIGGER counted_insert AFTER INSERT ON %I REFERENCING NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION facts_changed(%L)', t.name, t.since);
        END IF;
        EXECUTE format('CREATE TRIGGER counted_update AFTER UPDATE ON %I REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION facts_changed(%L)', t.name, t.since);
        EXECUTE format('CREATE TRIGGER counted_delete AFTER DELETE ON %I REFERENCING OLD TABLE AS rows_before FOR EACH STATEMENT EXECUTE FUNCTION facts_changed(%L)', t.name, t.since);
    END LOOP;
    FOR t IN SELECT unnest(ARRAY['stall_days', 'connection_days']) AS name LOOP
        EXECUTE format('CREATE TRIGGER counted_late AFTER INSERT OR UPDATE ON %I FOR EACH ROW
            WHEN (NEW.day < (now() AT TIME ZONE ''Asia/Ho_Chi_Minh'')::date AND current_setting(''market40.changed_since'', true) IS DISTINCT FROM ''-infinity'') EXECUTE FUNCTION day_changed()', t.name);
        EXECUTE format('CREATE TRIGGER counted_delete AFTER DELETE ON %I FOR EACH ROW EXECUTE FUNCTION day_changed()', t.name);
    END LOOP;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER counted_update AFTER UPDATE OF bank_bin, number_index, name_checked_at, name_checked_how ON accounts FOR EACH ROW EXECUTE FUNCTION account_changed();

-- +goose Down
-- +goose StatementBegin
DO $$
DECLARE
    t record;
BEGIN
    FOR t IN SELECT g.tgname, c.relname FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
             WHERE c.relnamespace = current_schema()::regnamespace AND NOT g.tgisinternal AND g.tgname LIKE 'counted\_%' LOOP
        EXECUTE format('DROP TRIGGER %I ON %I', t.tgname, t.relname);
    END LOOP;
END
$$;
-- +goose StatementEnd
DROP FUNCTION account_changed, day_changed, facts_changed, fact_changed, day_from;
DROP TABLE fact_changes;
