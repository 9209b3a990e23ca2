-- +goose Up
-- A change cannot be committed without its line: the line is written before the request runs, what became of it after it,
-- and what it changed in the change's own transaction, by triggers. Reads of a merchant's data name whose data it was.
ALTER TABLE audit_events ALTER COLUMN status DROP NOT NULL;
COMMENT ON TABLE audit_events IS 'Every request under /api that may change something, before it runs, and every reading of a merchant''s data by another, before it is answered; kept for 12 months at least, deleted by nothing.';
COMMENT ON COLUMN audit_events.status IS 'of a reading, known when it is recorded; null: stands in audit_results';
DROP INDEX audit_events_actor;
CREATE INDEX audit_events_actor ON audit_events (actor_id, at);
CREATE INDEX audit_events_session ON audit_events (session_id, at);
CREATE INDEX audit_events_method ON audit_events (method, at);
CREATE INDEX audit_events_route ON audit_events (route, at);
CREATE INDEX audit_events_object ON audit_events (object text_pattern_ops);
CREATE INDEX audit_events_object_id ON audit_events (substring(lower(object) FROM '[0-9a-f]{8}-[0-9a-f-]{27}'), at);
CREATE INDEX audit_events_address ON audit_events (address text_pattern_ops);
CREATE INDEX audit_events_begun ON audit_events (at) WHERE status IS NULL;

CREATE TABLE audit_results (
    event_id uuid PRIMARY KEY REFERENCES audit_events,
    at       timestamptz NOT NULL,
    status   int
);
COMMENT ON TABLE audit_results IS 'What became of a request that was recorded before it ran.';
COMMENT ON COLUMN audit_results.status IS 'null: unknown, the server died before it could tell; what it changed stands in audit_changes';
CREATE INDEX audit_results_at ON audit_results (at, event_id);
CREATE INDEX audit_results_failed ON audit_results (event_id) WHERE status >= 500;

CREATE TABLE audit_changes (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id  uuid NOT NULL,
    kind      text NOT NULL,
    object_id text NOT NULL,
    before    bytea,
    after     bytea,
    CONSTRAINT audit_change_some CHECK (before IS DISTINCT FROM after)
);
COMMENT ON TABLE audit_changes IS 'Each row that a recorded request changed, written in the change''s own transaction by the trigger `audited` of its table.';
COMMENT ON COLUMN audit_changes.event_id IS 'the line, committed before; no foreign key, whose check an import would pay for each of its rows';
COMMENT ON COLUMN audit_changes.kind IS 'the table';
COMMENT ON COLUMN audit_changes.object_id IS 'the row''s primary key, its columns joined by /';
COMMENT ON COLUMN audit_changes.before IS 'HMAC-SHA-256 over the row as jsonb prints it in UTC; null: the row was not there';
COMMENT ON COLUMN audit_changes.after IS 'the same of the row after; null: the row is gone. Equal contents have equal digests: a `before` that is not the `after` before it was changed behind the program''s back.';
CREATE INDEX audit_changes_event ON audit_changes (event_id, id);
CREATE INDEX audit_changes_object ON audit_changes (object_id, event_id);

CREATE TABLE audit_reads (
    event_id   uuid NOT NULL REFERENCES audit_events,
    tenancy_id uuid NOT NULL,
    what       text NOT NULL,
    PRIMARY KEY (event_id, tenancy_id, what)
);
COMMENT ON TABLE audit_reads IS 'Whose data a line''s request read: a merchant in the time of a tenancy.';
COMMENT ON COLUMN audit_reads.what IS 'payments, stream, contact (whole phone and account numbers), notices, cases, personal';
CREATE INDEX audit_reads_tenancy ON audit_reads (tenancy_id, event_id);

ALTER TABLE audit_seals ADD COLUMN version int NOT NULL DEFAULT 1;
ALTER TABLE audit_seals ALTER COLUMN version DROP DEFAULT;
COMMENT ON COLUMN audit_seals.version IS '1: the events of the minute; 2: also results, and with each result, or event that has its own, what was changed and read';

CREATE TABLE audit_cursors (
    receiver text PRIMARY KEY,
    at       timestamptz NOT NULL
);
COMMENT ON TABLE audit_cursors IS 'Up to when a receiver (AUDIT_SYSLOG) was sent the trail.';

CREATE TRIGGER audit_results_append_only BEFORE UPDATE OR DELETE ON audit_results FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_results_never_truncated BEFORE TRUNCATE ON audit_results FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_changes_append_only BEFORE UPDATE OR DELETE ON audit_changes FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_changes_never_truncated BEFORE TRUNCATE ON audit_changes FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_reads_append_only BEFORE UPDATE OR DELETE ON audit_reads FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_reads_never_truncated BEFORE TRUNCATE ON audit_reads FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Run by each watched table's triggers, which migrate up makes (watch.go), while the session is marked with the line of a
-- request (market40.event) and the two padded keys of HMAC (market40.digest_key, RFC 2104). Its arguments are the columns
-- of the primary key.
-- +goose StatementBegin
CREATE FUNCTION audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    line  CONSTANT uuid := current_setting('market40.event');
    keys  CONSTANT bytea := decode(current_setting('market40.digest_key'), 'hex');
    inner_key CONSTANT bytea := substr(keys, 1, 64);
    outer_key CONSTANT bytea := substr(keys, 65);
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO audit_changes (event_id, kind, object_id, after)
        SELECT line, TG_TABLE_NAME, concat_ws('/', n.j ->> TG_ARGV[0], n.j ->> TG_ARGV[1], n.j ->> TG_ARGV[2], n.j ->> TG_ARGV[3]),
            sha256(outer_key || sha256(inner_key || convert_to(n.j::text, 'UTF8')))
        FROM (SELECT to_jsonb(r) AS j FROM rows_after r) n;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO audit_changes (event_id, kind, object_id, before)
        SELECT line, TG_TABLE_NAME, concat_ws('/', o.j ->> TG_ARGV[0], o.j ->> TG_ARGV[1], o.j ->> TG_ARGV[2], o.j ->> TG_ARGV[3]),
            sha256(outer_key || sha256(inner_key || convert_to(o.j::text, 'UTF8')))
        FROM (SELECT to_jsonb(r) AS j FROM rows_before r) o;
    ELSE
        INSERT INTO audit_changes (event_id, kind, object_id, before, after)
        SELECT line, TG_TABLE_NAME, key,
            CASE WHEN o.j IS NOT NULL THEN sha256(outer_key || sha256(inner_key || convert_to(o.j::text, 'UTF8'))) END,
            CASE WHEN n.j IS NOT NULL THEN sha256(outer_key || sha256(inner_key || convert_to(n.j::text, 'UTF8'))) END
        FROM (SELECT j, concat_ws('/', j ->> TG_ARGV[0], j ->> TG_ARGV[1], j ->> TG_ARGV[2], j ->> TG_ARGV[3]) AS key FROM (SELECT to_jsonb(r) AS j FROM rows_before r) b) o
        FULL JOIN (SELECT j, concat_ws('/', j ->> TG_ARGV[0], j ->> TG_ARGV[1], j ->> TG_ARGV[2], j ->> TG_ARGV[3]) AS key FROM (SELECT to_jsonb(r) AS j FROM rows_after r) a) n
        USING (key) WHERE o.j IS DISTINCT FROM n.j;
    END IF;
    RETURN NULL;
END
$$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION audit_change CASCADE; -- and the triggers
DROP TABLE audit_cursors, audit_reads, audit_changes, audit_results;
ALTER TABLE audit_seals DROP COLUMN version;
DROP INDEX audit_events_actor, audit_events_session, audit_events_method, audit_events_route, audit_events_object, audit_events_object_id, audit_events_address, audit_events_begun;
CREATE INDEX audit_events_actor ON audit_events (actor_id, id);
ALTER TABLE audit_events DISABLE TRIGGER audit_events_append_only;
UPDATE audit_events SET status = 0 WHERE status IS NULL;
ALTER TABLE audit_events ENABLE TRIGGER audit_events_append_only;
ALTER TABLE audit_events ALTER COLUMN status SET NOT NULL;
