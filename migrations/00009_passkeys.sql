-- +goose Up
-- Passkeys (W3C Web Authentication): a user's devices that prove possession and, by PIN or fingerprint, the person.
CREATE TABLE passkeys (
    id            uuid PRIMARY KEY,
    user_id       uuid        NOT NULL REFERENCES users,
    credential_id bytea       NOT NULL CONSTRAINT passkey_credential_unique UNIQUE,
    record        bytea       NOT NULL,
    name          text        NOT NULL,
    created_at    timestamptz NOT NULL,
    used_at       timestamptz
);
CREATE INDEX passkeys_user ON passkeys (user_id);
COMMENT ON COLUMN passkeys.record IS 'public key, flags and counter, sealed: who can write the database cannot let itself in';

CREATE TABLE finished_steps (
    id         uuid PRIMARY KEY,
    expires_at timestamptz NOT NULL
);
CREATE INDEX finished_steps_expiry ON finished_steps (expires_at);
COMMENT ON TABLE finished_steps IS 'Sign-ins in two steps that were finished, until they would have expired: none is finished twice. What was begun is kept by who began it, sealed.';

-- +goose Down
DROP TABLE finished_steps, passkeys;
