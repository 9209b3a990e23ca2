-- +goose Up
-- SECRET_KEY may be changed while servers run: until a rotation is finished each key is wrapped by both secrets.
ALTER TABLE sealed_keys ADD COLUMN old_wrapped bytea;
COMMENT ON COLUMN sealed_keys.old_wrapped IS 'the same key wrapped by the SECRET_KEY before; null: no rotation is under way';

-- +goose Down
ALTER TABLE sealed_keys DROP COLUMN old_wrapped;
