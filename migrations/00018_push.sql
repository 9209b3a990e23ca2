-- +goose Up
-- Web Push: phones that are told of a stall's payments while the app is closed.
CREATE TABLE push_subscriptions (
    id             uuid PRIMARY KEY,
    market_id      uuid        NOT NULL REFERENCES markets,
    stall_id       uuid        NOT NULL REFERENCES stalls,
    tenancy_id     uuid        NOT NULL REFERENCES tenancies,
    session_id     uuid        NOT NULL REFERENCES sessions,
    shift          boolean     NOT NULL,
    endpoint_index bytea       NOT NULL,
    subscription   bytea       NOT NULL,
    last_version   bigint      NOT NULL,
    failures       int         NOT NULL DEFAULT 0,
    next_at        timestamptz NOT NULL,
    created_at     timestamptz NOT NULL,
    CONSTRAINT push_once UNIQUE (endpoint_index, stall_id)
);
COMMENT ON TABLE push_subscriptions IS 'Each row is told of the payments of its tenancy after last_version; it ends with its session or its tenancy.';
COMMENT ON COLUMN push_subscriptions.shift IS 'of staff: told of the payments of the shift alone, which is the session';
COMMENT ON COLUMN push_subscriptions.subscription IS 'sealed: the browser''s endpoint and keys (RFC 8291)';
COMMENT ON COLUMN push_subscriptions.endpoint_index IS 'keyed index of the endpoint: subscribed again, it is the same phone';
CREATE INDEX push_subscriptions_session ON push_subscriptions (session_id);

-- +goose Down
DROP TABLE push_subscriptions;
