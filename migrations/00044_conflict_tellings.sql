-- +goose Up
-- What came later under a known id is a telling too, once people have posted it: another connection may tell the same transfer.
-- Conflicts from before have neither; their times count as those of a feed that tells seconds.
ALTER TABLE notice_conflicts ADD COLUMN precision text CONSTRAINT conflict_precision_known CHECK (precision IN ('second', 'minute', 'day'));
ALTER TABLE notice_conflicts ADD COLUMN telling_index bytea;
COMMENT ON COLUMN notice_conflicts.telling_index IS 'as in notices';
CREATE INDEX notice_conflicts_telling ON notice_conflicts (telling_index, occurred_at) WHERE telling_index IS NOT NULL;

-- +goose Down
DROP INDEX notice_conflicts_telling;
ALTER TABLE notice_conflicts DROP COLUMN telling_index;
ALTER TABLE notice_conflicts DROP COLUMN precision;
