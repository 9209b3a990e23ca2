-- +goose Up
-- Ways to sign in besides a password, how and when a session's user was proved, scopes with dates, scopes of a merchant
-- with several stalls, and whose key a key is.
ALTER TABLE users ALTER COLUMN password DROP NOT NULL, ALTER COLUMN totp DROP NOT NULL,
    DROP CONSTRAINT user_scope_known,
    ADD CONSTRAINT user_scope_known CHECK (scope_kind IN ('all', 'locality', 'market', 'stall', 'merchant', 'dated'));
COMMENT ON COLUMN users.password IS 'argon2id in PHC form (RFC 9106); null: signs in another way';
COMMENT ON COLUMN users.totp IS 'the secret of the second factor (RFC 6238), sealed; null: none';
COMMENT ON COLUMN users.scope_id IS 'of the locality, market, stall or merchant; of the user itself where user_scopes tell';

ALTER TABLE sessions
    ADD COLUMN method text NOT NULL DEFAULT 'password',
    ADD COLUMN proved_at timestamptz;
UPDATE sessions SET proved_at = created_at;
ALTER TABLE sessions ALTER COLUMN method DROP DEFAULT, ALTER COLUMN proved_at SET NOT NULL,
    ADD CONSTRAINT session_method_known CHECK (method IN ('password', 'passkey', 'oidc', 'phone', 'invitation', 'pin'));
COMMENT ON COLUMN sessions.proved_at IS 'when the user last proved who it is: what moves money asks for it anew';

CREATE TABLE user_scopes (
    user_id    uuid      NOT NULL REFERENCES users,
    scope_kind text      NOT NULL CONSTRAINT dated_scope_known CHECK (scope_kind IN ('locality', 'market')),
    scope_id   uuid      NOT NULL,
    valid      daterange NOT NULL CONSTRAINT dated_scope_some CHECK (NOT isempty(valid)),
    PRIMARY KEY (user_id, scope_kind, scope_id, valid)
);
COMMENT ON TABLE user_scopes IS 'What a user sees on which days: a district office ends, a commune office begins.';

ALTER TABLE api_keys ADD COLUMN owner_id uuid REFERENCES users;
COMMENT ON COLUMN api_keys.owner_id IS 'whose key it is: two eyes are not four because one pair holds a key too';

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION scope_markets(scope text, named uuid) RETURNS SETOF uuid LANGUAGE sql STABLE AS $$
    SELECT m.id FROM markets m WHERE scope = 'all' OR (scope = 'market' AND m.id = named)
    UNION
    SELECT s.market_id FROM stalls s WHERE scope = 'stall' AND s.id = named
    UNION
    SELECT t.market_id FROM tenancies t WHERE scope = 'merchant' AND t.merchant_id = named
    UNION
    SELECT p.market_id
    FROM market_places p
    LEFT JOIN locality_versions v ON v.locality_id = p.locality_id
    LEFT JOIN locality_versions w ON w.locality_id = v.parent_id
    WHERE scope = 'locality' AND named IN (p.locality_id, v.parent_id, w.parent_id)
    UNION
    SELECT d.scope_id FROM user_scopes d
    WHERE scope = 'dated' AND d.user_id = named AND d.scope_kind = 'market' AND d.valid @> (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
    UNION
    SELECT p.market_id
    FROM user_scopes d, market_places p
    LEFT JOIN locality_versions v ON v.locality_id = p.locality_id
    LEFT JOIN locality_versions w ON w.locality_id = v.parent_id
    WHERE scope = 'dated' AND d.user_id = named AND d.scope_kind = 'locality' AND d.valid @> (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
    AND d.scope_id IN (p.locality_id, v.parent_id, w.parent_id)
$$;

-- Whether a caller whose scope names stalls sees this one; every other scope is a matter of scope_markets.
CREATE FUNCTION sees_stall(scope text, named uuid, stall uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT CASE scope WHEN 'stall' THEN stall = named
        WHEN 'merchant' THEN EXISTS (SELECT FROM tenancies t WHERE t.stall_id = stall AND t.merchant_id = named)
        ELSE true END
$$;

-- Who is behind an actor: the owner of a key, or the user itself.
CREATE FUNCTION person(actor uuid) RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT k.owner_id FROM api_keys k WHERE k.id = actor), actor)
$$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION sees_stall, person;
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION scope_markets(scope text, named uuid) RETURNS SETOF uuid LANGUAGE sql STABLE AS $$
    SELECT m.id FROM markets m WHERE scope = 'all' OR (scope = 'market' AND m.id = named)
    UNION
    SELECT s.market_id FROM stalls s WHERE scope = 'stall' AND s.id = named
    UNION
    SELECT p.market_id
    FROM market_places p
    LEFT JOIN locality_versions v ON v.locality_id = p.locality_id
    LEFT JOIN locality_versions w ON w.locality_id = v.parent_id
    WHERE scope = 'locality' AND named IN (p.locality_id, v.parent_id, w.parent_id)
$$;
-- +goose StatementEnd
ALTER TABLE api_keys DROP COLUMN owner_id;
DROP TABLE user_scopes;
ALTER TABLE sessions DROP COLUMN method, DROP COLUMN proved_at;
ALTER TABLE users ALTER COLUMN password SET NOT NULL, ALTER COLUMN totp SET NOT NULL,
    DROP CONSTRAINT user_scope_known,
    ADD CONSTRAINT user_scope_known CHECK (scope_kind IN ('all', 'locality', 'market', 'stall'));
