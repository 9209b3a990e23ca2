-- +goose Up
-- A phone's codes are counted by where they are requested, so that a stranger cannot use up the owner's. Codes live five
-- minutes: those of before the change are dropped.
DELETE FROM phone_codes;
ALTER TABLE phone_codes ADD COLUMN origin bytea NOT NULL, DROP CONSTRAINT phone_codes_pkey, ADD PRIMARY KEY (phone_index, origin);
CREATE INDEX phone_codes_day ON phone_codes (day_began);
COMMENT ON TABLE phone_codes IS 'The live code of a phone and an origin, and how many were sent. Rows of one byte of origin only count: all strangers at a phone, one address for all phones. Phones nobody registered share rows of two bytes without a merchant: they cost the same work and leave nothing.';
COMMENT ON COLUMN phone_codes.phone_index IS 'keyed index of the phone, as in merchants; of an address in rows that count by address';
COMMENT ON COLUMN phone_codes.origin IS 'keyed index of the address or of the known browser that requested the code';

-- +goose Down
DELETE FROM phone_codes;
ALTER TABLE phone_codes DROP CONSTRAINT phone_codes_pkey, DROP COLUMN origin, ADD PRIMARY KEY (phone_index);
