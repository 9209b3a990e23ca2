-- +goose Up
-- Boards learn that a stall which has a code has another number, and a merchant who receives another name.
ALTER TABLE alerts DROP CONSTRAINT alert_kind_known;
ALTER TABLE alerts ADD CONSTRAINT alert_kind_known CHECK (kind IN ('many_accounts', 'shared_account', 'before_peak', 'account_added',
    'tenant_changed', 'stall_renamed', 'merchant_renamed', 'swapped_code', 'number_twice'));

-- +goose Down
UPDATE alerts SET kind = 'tenant_changed' WHERE kind IN ('stall_renamed', 'merchant_renamed');
ALTER TABLE alerts DROP CONSTRAINT alert_kind_known;
ALTER TABLE alerts ADD CONSTRAINT alert_kind_known CHECK (kind IN
    ('many_accounts', 'shared_account', 'before_peak', 'account_added', 'tenant_changed', 'swapped_code', 'number_twice'));
