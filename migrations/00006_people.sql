-- +goose Up
-- People sign in; programs hold keys. Whoever acts is an actor: what was done names one, whichever it is.
CREATE TABLE actors (
    id   uuid PRIMARY KEY,
    role text NOT NULL CONSTRAINT actor_role_known CHECK (role IN
         ('admin', 'province_officer', 'locality_officer', 'manager', 'merchant', 'team', 'auditor', 'integration'))
);
COMMENT ON TABLE actors IS 'an API key or a user, by its own id';
INSERT INTO actors (id, role) SELECT id, role FROM api_keys;
ALTER TABLE api_keys ADD FOREIGN KEY (id) REFERENCES actors;

ALTER TABLE idempotency_keys RENAME COLUMN api_key_id TO actor_id;
ALTER TABLE idempotency_keys DROP CONSTRAINT idempotency_keys_api_key_id_fkey, ADD FOREIGN KEY (actor_id) REFERENCES actors;
ALTER TABLE code_checks RENAME COLUMN api_key_id TO actor_id;
ALTER TABLE code_checks DROP CONSTRAINT code_checks_api_key_id_fkey, ADD FOREIGN KEY (actor_id) REFERENCES actors;
ALTER TABLE confirmations RENAME COLUMN api_key_id TO actor_id;
ALTER TABLE confirmations DROP CONSTRAINT confirmations_api_key_id_fkey, ADD FOREIGN KEY (actor_id) REFERENCES actors;
ALTER TABLE case_steps RENAME COLUMN api_key_id TO actor_id;
ALTER TABLE case_steps DROP CONSTRAINT case_steps_api_key_id_fkey, ADD FOREIGN KEY (actor_id) REFERENCES actors;

CREATE TABLE users (
    id           uuid PRIMARY KEY REFERENCES actors,
    login        text        NOT NULL CONSTRAINT user_login_unique UNIQUE CONSTRAINT user_login_form CHECK (login ~ '^[a-z0-9][a-z0-9._@+-]{1,99}$'),
    full_name    text        NOT NULL,
    role         text        NOT NULL,
    scope_kind   text        NOT NULL CONSTRAINT user_scope_known CHECK (scope_kind IN ('all', 'locality', 'market', 'stall')),
    scope_id     uuid,
    merchant_id  uuid REFERENCES merchants,
    password     text        NOT NULL,
    totp         bytea       NOT NULL,
    totp_step    bigint      NOT NULL DEFAULT 0,
    created_at   timestamptz NOT NULL,
    signed_in_at timestamptz,
    disabled_at  timestamptz,
    CONSTRAINT user_scope_named CHECK ((scope_kind = 'all') = (scope_id IS NULL))
);
COMMENT ON COLUMN users.password IS 'argon2id in PHC form (RFC 9106)';
COMMENT ON COLUMN users.totp IS 'the secret of the second factor (RFC 6238), sealed';
COMMENT ON COLUMN users.totp_step IS 'the last time step whose code was taken: no code is taken twice';

CREATE TABLE recovery_codes (
    user_id uuid  NOT NULL REFERENCES users,
    hash    bytea NOT NULL,
    used_at timestamptz,
    PRIMARY KEY (user_id, hash)
);
COMMENT ON COLUMN recovery_codes.hash IS 'SHA-256 of a code, which is 80 random bits: no salt is needed';

CREATE TABLE sessions (
    id         uuid PRIMARY KEY,
    user_id    uuid        NOT NULL REFERENCES users,
    hash       bytea       NOT NULL CONSTRAINT session_hash_unique UNIQUE,
    created_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,
    ended_at   timestamptz,
    device     text        NOT NULL,
    address    text        NOT NULL
);
COMMENT ON COLUMN sessions.hash IS 'SHA-256 of the token, which is 256 random bits: no salt is needed';
CREATE INDEX sessions_user ON sessions (user_id) WHERE ended_at IS NULL;

CREATE TABLE sign_in_failures (
    subject  bytea PRIMARY KEY,
    failures int         NOT NULL,
    last_at  timestamptz NOT NULL
);
COMMENT ON COLUMN sign_in_failures.subject IS 'keyed index of a login with an address, or of a login: never of an address alone, behind which a whole market may stand';

-- +goose Down
DROP TABLE sign_in_failures, sessions, recovery_codes, users;
ALTER TABLE case_steps RENAME COLUMN actor_id TO api_key_id;
ALTER TABLE case_steps DROP CONSTRAINT case_steps_actor_id_fkey, ADD FOREIGN KEY (api_key_id) REFERENCES api_keys;
ALTER TABLE confirmations RENAME COLUMN actor_id TO api_key_id;
ALTER TABLE confirmations DROP CONSTRAINT confirmations_actor_id_fkey, ADD FOREIGN KEY (api_key_id) REFERENCES api_keys;
ALTER TABLE code_checks RENAME COLUMN actor_id TO api_key_id;
ALTER TABLE code_checks DROP CONSTRAINT code_checks_actor_id_fkey, ADD FOREIGN KEY (api_key_id) REFERENCES api_keys;
ALTER TABLE idempotency_keys RENAME COLUMN actor_id TO api_key_id;
ALTER TABLE idempotency_keys DROP CONSTRAINT idempotency_keys_actor_id_fkey, ADD FOREIGN KEY (api_key_id) REFERENCES api_keys;
ALTER TABLE api_keys DROP CONSTRAINT api_keys_id_fkey;
DROP TABLE actors;
