-- +goose Up
-- What one transfer has in common when two connections tell it and its reference is weak. Notices from before have none:
-- two connections tell one transfer minutes apart.
ALTER TABLE notices ADD COLUMN telling_index bytea;
COMMENT ON COLUMN notices.telling_index IS 'keyed index of (account, amount, reference, memo) of a credit whose reference alone does not name it: finds what another connection told';
CREATE INDEX notices_telling ON notices (telling_index, occurred_at) WHERE telling_index IS NOT NULL;
-- A conflict's own currency; null: kept by an earlier program, its delivery says it.
ALTER TABLE notice_conflicts ADD COLUMN currency text CONSTRAINT conflict_currency_form CHECK (length(currency) <= 3);

-- +goose Down
ALTER TABLE notice_conflicts DROP COLUMN currency;
DROP INDEX notices_telling;
ALTER TABLE notices DROP COLUMN telling_index;
