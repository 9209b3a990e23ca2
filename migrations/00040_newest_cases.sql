-- +goose Up
-- The newest cases of all markets, in the order in which they are listed.
CREATE INDEX cases_newest ON cases (opened_at DESC, id DESC);

-- +goose Down
DROP INDEX cases_newest;
