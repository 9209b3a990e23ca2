-- +goose Up
-- Who may call, what was already answered, and the keys that everything secret is sealed with.
CREATE TABLE api_keys (
    id           uuid PRIMARY KEY,
    name         text        NOT NULL,
    role         text        NOT NULL CONSTRAINT api_key_role_known CHECK (role IN
                 ('admin', 'province_officer', 'locality_officer', 'manager', 'merchant', 'team', 'auditor', 'integration')),
    scope_kind   text        NOT NULL CONSTRAINT api_key_scope_known CHECK (scope_kind IN ('all', 'locality', 'market', 'stall')),
    scope_id     uuid,
    prefix       text        NOT NULL,
    hash         bytea       NOT NULL CONSTRAINT api_key_hash_unique UNIQUE,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz,
    revoked_at   timestamptz,
    last_used_at timestamptz,
    CONSTRAINT api_key_scope_named CHECK ((scope_kind = 'all') = (scope_id IS NULL))
);
COMMENT ON COLUMN api_keys.hash IS 'SHA-256 of the key, which is 256 random bits: no salt is needed';

CREATE TABLE idempotency_keys (
    api_key_id uuid        NOT NULL REFERENCES api_keys,
    key        text        NOT NULL,
    route      text        NOT NULL,
    digest     bytea       NOT NULL,
    status     int,
    answer     bytea,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (api_key_id, key)
);
COMMENT ON COLUMN idempotency_keys.answer IS 'the first answer, sealed; null while its request is under way';

CREATE TABLE sealed_keys (
    id         text PRIMARY KEY,
    wrapped    bytea       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE sealed_keys IS 'data keys by month (''2026-11'') and ''index'', each wrapped by SECRET_KEY';

-- +goose Down
DROP TABLE sealed_keys, idempotency_keys, api_keys;
