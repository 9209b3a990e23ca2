-- +goose Up
-- Who came in by what a program made is no second person, and what it wants of an account waits as the program's own does.
ALTER TABLE users ADD COLUMN let_in_by uuid REFERENCES actors;
COMMENT ON COLUMN users.let_in_by IS 'the program that made the user, its rights, its new password or the invitation that it used, or a user whom a program let in; null: only persons did. A renewal by a person ends it.';
UPDATE users u SET let_in_by = i.actor_id FROM invitations i JOIN api_keys k ON k.id = i.actor_id
    WHERE i.used_at IS NOT NULL AND u.merchant_id = i.merchant_id AND u.role = 'merchant' AND u.scope_kind = 'merchant';

-- +goose Down
ALTER TABLE users DROP COLUMN let_in_by;
