-- +goose Up
-- A connection can be switched off, one secret of it retired, and what signs nothing waits for a second person.
ALTER TABLE bank_connections ADD COLUMN enabled boolean NOT NULL DEFAULT true;
COMMENT ON COLUMN bank_connections.enabled IS 'false: its webhooks answer 404';
ALTER TABLE connection_secrets
    ADD COLUMN awaits_approval boolean NOT NULL DEFAULT false,
    ADD COLUMN created_by uuid,
    ADD COLUMN approved_by uuid;
COMMENT ON COLUMN connection_secrets.awaits_approval IS 'takes nothing in until another person than created_by approves it';

-- Counters of what came and what was refused: one row an hour, written every few seconds whatever strangers send.
CREATE TABLE connection_hours (
    connection_id uuid        NOT NULL REFERENCES bank_connections,
    hour          timestamptz NOT NULL,
    received      bigint      NOT NULL,
    refused       bigint      NOT NULL,
    PRIMARY KEY (connection_id, hour)
);
CREATE TABLE connection_health (
    connection_id    uuid PRIMARY KEY REFERENCES bank_connections,
    last_received_at timestamptz,
    last_refused_at  timestamptz,
    last_refusal     text CONSTRAINT refusal_known CHECK (last_refusal IN ('bad_signature', 'stale', 'unreadable'))
);

-- +goose Down
DROP TABLE connection_health, connection_hours;
ALTER TABLE connection_secrets DROP COLUMN awaits_approval, DROP COLUMN created_by, DROP COLUMN approved_by;
ALTER TABLE bank_connections DROP COLUMN enabled;
