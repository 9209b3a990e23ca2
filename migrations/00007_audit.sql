-- +goose Up
-- Who did what, from where, with which result. Rows are added and never changed; each closed minute is sealed.
CREATE TABLE audit_events (
    id         uuid PRIMARY KEY,
    at         timestamptz NOT NULL,
    actor_id   uuid REFERENCES actors,
    session_id uuid REFERENCES sessions,
    address    text        NOT NULL,
    method     text        NOT NULL,
    route      text        NOT NULL,
    object     text        NOT NULL,
    status     int         NOT NULL
);
COMMENT ON TABLE audit_events IS 'Every request under /api that changes something or reads a merchant''s payments; kept for 12 months at least.';
COMMENT ON COLUMN audit_events.actor_id IS 'null: a stranger, such as one whose sign-in was refused';
COMMENT ON COLUMN audit_events.address IS 'address and port of the caller';
COMMENT ON COLUMN audit_events.object IS 'the path as it was asked for, without its query';
CREATE INDEX audit_events_at ON audit_events (at);
CREATE INDEX audit_events_actor ON audit_events (actor_id, id);

CREATE TABLE audit_seals (
    minute timestamptz PRIMARY KEY,
    events int   NOT NULL,
    seal   bytea NOT NULL
);
COMMENT ON COLUMN audit_seals.seal IS 'SHA-256 over the seal before it, the minute and its events in the order of their ids';

CREATE TRIGGER audit_events_append_only BEFORE UPDATE OR DELETE ON audit_events FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_events_never_truncated BEFORE TRUNCATE ON audit_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_seals_append_only BEFORE UPDATE OR DELETE ON audit_seals FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_seals_never_truncated BEFORE TRUNCATE ON audit_seals FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- +goose Down
DROP TABLE audit_seals, audit_events;
