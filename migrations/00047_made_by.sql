-- +goose Up
-- What a program makes is its own: a key or a user that a key made is no second person beside it.
ALTER TABLE api_keys DROP CONSTRAINT api_keys_owner_id_fkey, ADD CONSTRAINT api_keys_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES actors;
COMMENT ON COLUMN api_keys.owner_id IS 'the person behind who made it, a user or a key: two eyes are not four because one pair holds a key too; null: made at the server';
COMMENT ON COLUMN users.let_in_by IS 'the person behind the program that made the user, its rights, its new password or the invitation that it used, or behind a user whom a program let in; null: only persons did. A renewal by a person ends it.';
UPDATE api_keys k SET owner_id = m.id FROM audit_changes c JOIN audit_events e ON e.id = c.event_id JOIN api_keys m ON m.id = e.actor_id
    WHERE c.object_id = k.id::text AND c.kind = 'api_keys' AND c.before IS NULL AND k.owner_id IS NULL;

-- Who is behind an actor: whose a key is, and who let a user in, as far as that leads.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION person(actor uuid) RETURNS uuid LANGUAGE sql STABLE AS $$
    WITH RECURSIVE behind (id, step) AS (
        SELECT actor, 1
        UNION ALL
        SELECT coalesce(k.owner_id, u.let_in_by), step + 1
        FROM behind b LEFT JOIN api_keys k ON k.id = b.id LEFT JOIN users u ON u.id = b.id
        WHERE coalesce(k.owner_id, u.let_in_by) IS NOT NULL
    ) CYCLE id SET again USING path
    SELECT id FROM behind WHERE NOT again ORDER BY step DESC LIMIT 1
$$;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION person(actor uuid) RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT k.owner_id FROM api_keys k WHERE k.id = actor), actor)
$$;
-- +goose StatementEnd
UPDATE api_keys SET owner_id = NULL WHERE owner_id NOT IN (SELECT id FROM users);
ALTER TABLE api_keys DROP CONSTRAINT api_keys_owner_id_fkey, ADD CONSTRAINT api_keys_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES users;
COMMENT ON COLUMN api_keys.owner_id IS 'whose key it is: two eyes are not four because one pair holds a key too';
COMMENT ON COLUMN users.let_in_by IS 'the program that made the user, its rights, its new password or the invitation that it used, or a user whom a program let in; null: only persons did. A renewal by a person ends it.';
