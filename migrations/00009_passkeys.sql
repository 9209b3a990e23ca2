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

CREATE TABLE passkey_ceremonies (
    id         uuid PRIMARY KEY,
    expires_at timestamptz NOT NULL
);
CREATE INDEX passkey_ceremonies_expiry ON passkey_ceremonies (expires_at);
COMMENT ON TABLE passkey_ceremonies IS 'Those that were finished, until they would have expired: none is finished twice. Those begun are kept by who began them, sealed.';

-- +goose Down
DROP TABLE passkey_ceremonies, passkeys;
