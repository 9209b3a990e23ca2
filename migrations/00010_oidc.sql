-- +goose Up
-- People whom another provider knows (OpenID Connect): its name for a person, and our user.
CREATE TABLE user_identities (
    issuer       text        NOT NULL,
    subject      text        NOT NULL,
    user_id      uuid        NOT NULL REFERENCES users,
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX user_identities_user ON user_identities (user_id);
COMMENT ON TABLE user_identities IS 'Never made by a login or e-mail alone: who may name itself at a provider would be anyone here.';

-- +goose Down
DROP TABLE user_identities;
