-- +goose Up
-- A provider may tell one transfer in two ways by one connection, under ids of two kinds.
ALTER TABLE notices ADD COLUMN dialect text CONSTRAINT dialect_length CHECK (length(dialect) <= 20);
COMMENT ON COLUMN notices.dialect IS 'which of its provider''s ways told it, where there are several on one connection; null: the usual one';
COMMENT ON COLUMN notices.telling_index IS 'keyed index of (account, amount, memo) of a credit: finds what was told in another way';

-- +goose Down
ALTER TABLE notices DROP COLUMN dialect;
