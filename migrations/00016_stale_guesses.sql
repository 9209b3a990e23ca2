-- +goose Up
-- Guesses that are forgotten are found by their time: a sign-in clears some of them away without reading all.
CREATE INDEX sign_in_failures_last_at ON sign_in_failures (last_at);

-- +goose Down
DROP INDEX sign_in_failures_last_at;
