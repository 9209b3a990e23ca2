-- +goose Up
-- A payment's accounts are locked by the transaction that writes it and cannot be deleted (ledger_accounts_kept), and
-- `ledger verify` finds a payment without its account. The two checks cost a tenth of the posting's time in the server.
ALTER TABLE payments DROP CONSTRAINT payments_debit_account_fkey, DROP CONSTRAINT payments_credit_account_fkey;

-- +goose Down
ALTER TABLE payments ADD FOREIGN KEY (debit_account) REFERENCES ledger_accounts, ADD FOREIGN KEY (credit_account) REFERENCES ledger_accounts;
