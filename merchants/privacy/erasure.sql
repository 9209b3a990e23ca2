-- The statements of an erasure, in their order. They do not change what the books need: payments,
-- amounts, times, references, tenancies. A number's index becomes a random one: if the number is
-- registered again, it is a new account.
UPDATE merchants SET full_name = @pseudonym, household_name = '', phone = NULL, phone_index = NULL, phone_last3 = '',
    tax_code = NULL, tax_index = NULL, erased_at = @now
WHERE id = @merchant;

-- A connection that named the account must still name one: with an empty list it could report on every account.
UPDATE connection_accounts c SET number_index = sha256(gen_random_uuid()::text::bytea), last4 = ''
FROM accounts a WHERE a.merchant_id = @merchant AND a.number_index = c.number_index;

UPDATE accounts SET holder_name = @pseudonym, last4 = '', number_index = sha256(gen_random_uuid()::text::bytea),
    name_checked_at = NULL
WHERE merchant_id = @merchant;

UPDATE tenancy_accounts a SET virtual_index = NULL FROM tenancies t
WHERE t.id = a.tenancy_id AND t.merchant_id = @merchant;

-- Only reasons from the merchant's own time: those before and after it belong to other merchants.
UPDATE stall_states s SET reason = '' FROM tenancies t
WHERE t.merchant_id = @merchant AND s.stall_id = t.stall_id AND s.valid && t.valid AND s.reason <> '';

UPDATE notices SET particulars = '', account_last4 = '', repeat_index = NULL
WHERE account_id IN (SELECT id FROM accounts WHERE merchant_id = @merchant);

UPDATE orders SET note = ''
WHERE code IN (SELECT c.code FROM codes c JOIN tenancies t ON t.id = c.tenancy_id WHERE t.merchant_id = @merchant);

UPDATE data_requests SET note = '' WHERE merchant_id = @merchant;

UPDATE connection_secrets s SET secrets = '', retired_at = coalesce(s.retired_at, @now) FROM bank_connections c
WHERE c.id = s.connection_id AND c.owner_kind = 'merchant' AND c.owner_id = @merchant;

UPDATE bank_connections SET name = @pseudonym WHERE owner_kind = 'merchant' AND owner_id = @merchant;

UPDATE api_keys SET name = @pseudonym, revoked_at = coalesce(revoked_at, @now) WHERE merchant_id = @merchant;

-- Steps and alerts are written by the board, without names and numbers.
UPDATE beneficiary_changes SET holder_name = @pseudonym, last4 = '', reason = '', contact = NULL, contact_last3 = '',
    proposal = CASE WHEN proposal IS NOT NULL THEN ''::bytea END
WHERE tenancy_id IN (SELECT id FROM tenancies WHERE merchant_id = @merchant);

UPDATE messages SET phone = '', text = '', state = CASE state WHEN 'queued' THEN 'failed' ELSE state END
WHERE about IN (SELECT c.id FROM beneficiary_changes c JOIN tenancies t ON t.id = c.tenancy_id
    WHERE t.merchant_id = @merchant);

-- The revenue book belongs to its owner alone, so it is deleted.
DELETE FROM book_cash WHERE merchant_id = @merchant;

DELETE FROM book_decisions WHERE merchant_id = @merchant;

DELETE FROM phone_codes WHERE merchant_id = @merchant;

UPDATE invitations SET revoked_at = @now WHERE merchant_id = @merchant AND used_at IS NULL AND revoked_at IS NULL;

UPDATE stall_devices SET name = '', revoked_at = coalesce(revoked_at, @now)
WHERE tenancy_id IN (SELECT id FROM tenancies WHERE merchant_id = @merchant);

DELETE FROM soundboxes WHERE tenancy_id IN (SELECT id FROM tenancies WHERE merchant_id = @merchant);

DELETE FROM soundbox_guesses WHERE tenancy_id IN (SELECT id FROM tenancies WHERE merchant_id = @merchant);

DELETE FROM idempotency_keys WHERE actor_id IN
    (SELECT id FROM users WHERE merchant_id = @merchant UNION SELECT id FROM api_keys WHERE merchant_id = @merchant);

DELETE FROM recovery_codes WHERE user_id IN (SELECT id FROM users WHERE merchant_id = @merchant);

DELETE FROM push_subscriptions WHERE tenancy_id IN (SELECT id FROM tenancies WHERE merchant_id = @merchant);

DELETE FROM passkeys WHERE user_id IN (SELECT id FROM users WHERE merchant_id = @merchant);

UPDATE sessions SET ended_at = coalesce(ended_at, @now), device = '', address = ''
WHERE user_id IN (SELECT id FROM users WHERE merchant_id = @merchant);

UPDATE users SET login = 'da-xoa-' || right(id::text, 12), full_name = @pseudonym, password = NULL, totp = NULL,
    disabled_at = coalesce(disabled_at, @now)
WHERE merchant_id = @merchant;

-- The notes of the team are deleted. Visits and refusals remain, because they are counted.
UPDATE visits SET note = '' WHERE note <> '' AND tenancy_id IN (SELECT id FROM tenancies WHERE merchant_id = @merchant);

UPDATE refusals SET note = ''
WHERE note <> '' AND tenancy_id IN (SELECT id FROM tenancies WHERE merchant_id = @merchant);
