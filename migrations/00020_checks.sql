-- +goose Up
-- Where a sticker was checked, and a warning when it was not the stall's.
ALTER TABLE code_checks
    ADD COLUMN latitude numeric(9, 6) CONSTRAINT check_latitude CHECK (latitude BETWEEN -90 AND 90),
    ADD COLUMN longitude numeric(9, 6) CONSTRAINT check_longitude CHECK (longitude BETWEEN -180 AND 180),
    ADD CONSTRAINT check_place_whole CHECK ((latitude IS NULL) = (longitude IS NULL));
COMMENT ON COLUMN code_checks.latitude IS 'where the phone said it was, if whoever checked allowed it';
ALTER TABLE alerts DROP CONSTRAINT alert_kind_known, ADD CONSTRAINT alert_kind_known CHECK (kind IN
    ('many_accounts', 'shared_account', 'before_peak', 'account_added', 'tenant_changed', 'swapped_code'));

-- +goose Down
-- Warnings that the former schema does not know become the nearest that it does.
UPDATE alerts SET kind = 'account_added' WHERE kind = 'swapped_code';
ALTER TABLE alerts DROP CONSTRAINT alert_kind_known, ADD CONSTRAINT alert_kind_known CHECK (kind IN
    ('many_accounts', 'shared_account', 'before_peak', 'account_added', 'tenant_changed'));
ALTER TABLE code_checks DROP CONSTRAINT check_place_whole, DROP COLUMN latitude, DROP COLUMN longitude;
