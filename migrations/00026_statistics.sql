-- +goose Up
-- Whoever writes much at once has the planner learn of it at once: plans that do not know the tables take many times as long
-- until autovacuum comes by. The function belongs to the owner of the tables, because the serving role may not analyze them.
-- +goose StatementBegin
CREATE FUNCTION learn_tables() RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    named   text;
    learned int := 0;
BEGIN
    FOR named IN SELECT c.relname FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition LOOP
        EXECUTE format('ANALYZE %I', named);
        learned := learned + 1;
    END LOOP;
    RETURN learned;
END
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION learn_tables IS 'ANALYZE of every table, partitions with their parents; how many tables';

-- +goose Down
DROP FUNCTION learn_tables;
