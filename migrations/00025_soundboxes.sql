-- +goose Up
-- Soundboxes: speakers at a stall that are told of its payments over MQTT.
CREATE TABLE soundboxes (
    id            uuid PRIMARY KEY,
    market_id     uuid        NOT NULL REFERENCES markets,
    stall_id      uuid        NOT NULL REFERENCES stalls,
    tenancy_id    uuid        NOT NULL REFERENCES tenancies,
    account_id    uuid        NOT NULL,
    name          text        NOT NULL,
    key           bytea       NOT NULL,
    speaks        boolean     NOT NULL,
    heard_version bigint      NOT NULL CONSTRAINT soundbox_version_counts CHECK (heard_version >= 0),
    line_id       uuid,
    seen_at       timestamptz NOT NULL,
    paired_at     timestamptz NOT NULL,
    actor_id      uuid        NOT NULL REFERENCES actors,
    revoked_at    timestamptz
);
COMMENT ON TABLE soundboxes IS 'A box speaks the payments of its tenancy, and ends with it. What it has not taken is what lies after heard_version: nothing waits in MQTT.';
COMMENT ON COLUMN soundboxes.id IS 'the box''s own, drawn when it was new: its MQTT user name and client id';
COMMENT ON COLUMN soundboxes.account_id IS 'the ledger account of the tenancy, which its first payment opens';
COMMENT ON COLUMN soundboxes.key IS 'sealed: 32 bytes of the box''s own, from which its password and the key of its messages follow';
COMMENT ON COLUMN soundboxes.speaks IS 'the stall''s phones leave a payment to the box, and speak it only when the box has not within five seconds';
COMMENT ON COLUMN soundboxes.heard_version IS 'up to which of the account''s versions the box says it has taken payments: it keeps them, and speaks them in their turn';
COMMENT ON COLUMN soundboxes.line_id IS 'the connection that it has; null: none. One whose server died is told by seen_at';
CREATE INDEX soundboxes_account ON soundboxes (account_id) WHERE revoked_at IS NULL;
CREATE INDEX soundboxes_tenancy ON soundboxes (tenancy_id);

CREATE TABLE soundbox_pairings (
    id         uuid PRIMARY KEY,
    code_index bytea       NOT NULL CONSTRAINT soundbox_code_unique UNIQUE,
    key        bytea       NOT NULL,
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE soundbox_pairings IS 'New boxes that speak a code and wait for an owner to enter it.';
COMMENT ON COLUMN soundbox_pairings.code_index IS 'keyed index of the code';
COMMENT ON COLUMN soundbox_pairings.key IS 'sealed, as soundboxes.key';

CREATE TABLE soundbox_guesses (
    tenancy_id uuid PRIMARY KEY REFERENCES tenancies,
    began_at   timestamptz NOT NULL,
    guesses    int         NOT NULL
);
COMMENT ON TABLE soundbox_guesses IS 'How many codes were tried at a stall since a time.';

-- +goose Down
DROP TABLE soundbox_guesses, soundbox_pairings, soundboxes;
