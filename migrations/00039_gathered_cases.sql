-- +goose Up
-- The notices for one unknown account wait in one case with a count: the case and its notices bear the same gathering.
-- Cases that were opened before keep their one notice each.
ALTER TABLE notices ADD COLUMN gathering uuid;
COMMENT ON COLUMN notices.gathering IS 'of an unknown account: what it and the open case that it waits in have in common; null: it has a case of its own, or none';
CREATE INDEX notices_gathering ON notices (gathering, id) WHERE gathering IS NOT NULL;
ALTER TABLE cases ADD COLUMN gathering uuid, ADD COLUMN notices int NOT NULL DEFAULT 1 CONSTRAINT case_has_notices CHECK (notices > 0);
COMMENT ON COLUMN cases.gathering IS 'made of the connection and the unknown account; null: a case about one thing';
COMMENT ON COLUMN cases.notices IS 'how many notices wait in it';
CREATE UNIQUE INDEX cases_gathering ON cases (gathering) WHERE gathering IS NOT NULL AND state = 'open';
CREATE INDEX cases_gathering_connection ON cases (connection_id) WHERE gathering IS NOT NULL AND state = 'open';

-- +goose Down
DROP INDEX cases_gathering, cases_gathering_connection;
ALTER TABLE cases DROP COLUMN gathering, DROP COLUMN notices;
ALTER TABLE notices DROP COLUMN gathering;
