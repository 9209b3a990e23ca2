-- +goose Up
-- A sticker that was scanned without a network is dated when it was scanned; when we were told stands beside it.
ALTER TABLE code_checks ADD COLUMN recorded_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE code_checks DISABLE TRIGGER USER; -- no count reads it
UPDATE code_checks SET recorded_at = checked_at;
ALTER TABLE code_checks ENABLE TRIGGER USER;
COMMENT ON COLUMN code_checks.recorded_at IS 'when we were told: later than checked_at where the phone had no network';

-- +goose Down
ALTER TABLE code_checks DROP COLUMN recorded_at;
