-- +goose Up
-- How stall owners and their staff come in: one-time codes to a registered phone, invitations on paper, and staff with a
-- PIN on a device that the owner enrolled.
ALTER TABLE actors DROP CONSTRAINT actor_role_known, ADD CONSTRAINT actor_role_known CHECK (role IN
    ('admin', 'province_officer', 'locality_officer', 'manager', 'merchant', 'team', 'auditor', 'integration', 'staff'));

CREATE UNIQUE INDEX users_of_merchant ON users (merchant_id) WHERE role = 'merchant' AND scope_kind = 'merchant';

CREATE TABLE phone_codes (
    phone_index bytea PRIMARY KEY,
    merchant_id uuid REFERENCES merchants,
    hash        bytea       NOT NULL,
    sent_at     timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    guesses     int         NOT NULL,
    hour_began  timestamptz NOT NULL,
    hour_codes  int         NOT NULL,
    day_began   timestamptz NOT NULL,
    day_codes   int         NOT NULL
);
COMMENT ON TABLE phone_codes IS 'The one live code of each merchant''s phone, and how many were sent to it. Phones nobody registered share rows of two bytes without a merchant: they cost the same work and leave nothing.';
COMMENT ON COLUMN phone_codes.phone_index IS 'keyed index of the phone, as in merchants';
COMMENT ON COLUMN phone_codes.hash IS 'keyed index of phone and code: who reads the table cannot try all six digits';

CREATE TABLE phone_code_days (
    day  date PRIMARY KEY,
    sent int NOT NULL
);
COMMENT ON TABLE phone_code_days IS 'Messages of a business day: a bound for what strangers can make us pay for.';

CREATE TABLE invitations (
    id          uuid PRIMARY KEY,
    market_id   uuid        NOT NULL REFERENCES markets,
    stall_id    uuid        NOT NULL REFERENCES stalls,
    tenancy_id  uuid        NOT NULL REFERENCES tenancies,
    merchant_id uuid        NOT NULL REFERENCES merchants,
    hash        bytea       NOT NULL CONSTRAINT invitation_hash_unique UNIQUE,
    created_at  timestamptz NOT NULL,
    actor_id    uuid        NOT NULL REFERENCES actors,
    expires_at  timestamptz NOT NULL,
    used_at     timestamptz,
    revoked_at  timestamptz,
    CONSTRAINT invitation_ended_once CHECK (used_at IS NULL OR revoked_at IS NULL)
);
COMMENT ON TABLE invitations IS 'What a market''s manager prints for a stall''s present merchant; it opens one session, once.';
COMMENT ON COLUMN invitations.hash IS 'SHA-256 of the token, which is 256 random bits: no salt is needed';
COMMENT ON COLUMN invitations.actor_id IS 'who made it';
CREATE INDEX invitations_stall ON invitations (stall_id, id);

CREATE TABLE stall_devices (
    id          uuid PRIMARY KEY,
    market_id   uuid        NOT NULL REFERENCES markets,
    stall_id    uuid        NOT NULL REFERENCES stalls,
    tenancy_id  uuid        NOT NULL REFERENCES tenancies,
    name        text        NOT NULL,
    hash        bytea       NOT NULL CONSTRAINT stall_device_hash_unique UNIQUE,
    created_at  timestamptz NOT NULL,
    revoked_at  timestamptz
);
COMMENT ON TABLE stall_devices IS 'A phone or tablet that a merchant lets staff sign in on; it ends with the tenancy.';
COMMENT ON COLUMN stall_devices.hash IS 'SHA-256 of the device''s cookie, which is 256 random bits: no salt is needed';
CREATE INDEX stall_devices_tenancy ON stall_devices (tenancy_id);

CREATE TABLE staff (
    id         uuid PRIMARY KEY REFERENCES users,
    market_id  uuid        NOT NULL REFERENCES markets,
    stall_id   uuid        NOT NULL REFERENCES stalls,
    tenancy_id uuid        NOT NULL REFERENCES tenancies,
    pin        text        NOT NULL,
    created_at timestamptz NOT NULL
);
COMMENT ON TABLE staff IS 'Who sells at a stall for its merchant, by a PIN; gone with the tenancy, removed when users.disabled_at is set.';
COMMENT ON COLUMN staff.pin IS 'argon2id in PHC form (RFC 9106)';
CREATE INDEX staff_tenancy ON staff (tenancy_id);

CREATE TABLE shifts (
    id         uuid PRIMARY KEY REFERENCES sessions,
    staff_id   uuid        NOT NULL REFERENCES staff,
    market_id  uuid        NOT NULL REFERENCES markets,
    stall_id   uuid        NOT NULL REFERENCES stalls,
    tenancy_id uuid        NOT NULL REFERENCES tenancies,
    device_id  uuid        NOT NULL REFERENCES stall_devices,
    started_at timestamptz NOT NULL,
    ends_at    timestamptz NOT NULL,
    CONSTRAINT shift_forward CHECK (ends_at > started_at)
);
COMMENT ON TABLE shifts IS 'A shift is a session of staff, with its id: it ends when that, its device or the tenancy does, at ends_at at the latest.';
CREATE INDEX shifts_tenancy ON shifts (tenancy_id, id);
CREATE INDEX shifts_staff ON shifts (staff_id);

-- From when to when a shift was: what was recorded outside of it is not its seller's to read.
-- +goose StatementBegin
CREATE FUNCTION shift_span(shift uuid) RETURNS tstzrange LANGUAGE sql STABLE AS $$
    SELECT tstzrange(sh.started_at, greatest(sh.started_at, least(sh.ends_at, s.ended_at, d.revoked_at, upper(t.valid))))
    FROM shifts sh JOIN sessions s ON s.id = sh.id JOIN stall_devices d ON d.id = sh.device_id JOIN tenancies t ON t.id = sh.tenancy_id
    WHERE sh.id = shift
$$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION shift_span;
DROP TABLE shifts, staff, stall_devices, invitations, phone_code_days, phone_codes;
DROP INDEX users_of_merchant;
-- What they did stays, so those who cannot be any more become what is nearest.
UPDATE actors SET role = 'merchant' WHERE role = 'staff';
ALTER TABLE actors DROP CONSTRAINT actor_role_known, ADD CONSTRAINT actor_role_known CHECK (role IN
    ('admin', 'province_officer', 'locality_officer', 'manager', 'merchant', 'team', 'auditor', 'integration'));
