-- +goose Up
-- What makes a notice the same is its provider's own: a key has a part beside the provider's id. What is ignored takes no
-- identity from a credit: its part is its content. Keys of credits from before have no part; a notice of the same content
-- under such a key is still a repeat.
ALTER TABLE notice_keys ADD COLUMN part bytea NOT NULL DEFAULT '';
COMMENT ON COLUMN notice_keys.part IS 'empty: the id alone names the transfer; else the keyed identity of the transfer, or of what is ignored its content';
ALTER TABLE notice_keys DROP CONSTRAINT notice_keys_pkey;
ALTER TABLE notice_keys DISABLE TRIGGER USER;
UPDATE notice_keys k SET part = substring(k.digest FROM 1 FOR 16)
    FROM notices n WHERE n.id = k.notice_id AND n.state = 'ignored' AND n.why NOT LIKE 'duplicate_of:%';
ALTER TABLE notice_keys ENABLE TRIGGER USER;
ALTER TABLE notice_keys ADD PRIMARY KEY (connection_id, external_id, part);

-- +goose Down
ALTER TABLE notice_keys DROP CONSTRAINT notice_keys_pkey;
ALTER TABLE notice_keys DROP COLUMN part;
ALTER TABLE notice_keys ADD PRIMARY KEY (connection_id, external_id);
