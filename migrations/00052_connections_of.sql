-- +goose Up
-- Which connections may speak of an account that receives in a market; of no market: in every one where it receives. The account is of
-- the connection's owner, of its provider's kind, and named if the connection names any: by its number, and its bank by either of its
-- BINs if it names one. A connection that is not open takes no notices: it was switched off, or no secret of it is active.
-- What the programs hold in memory to match notices (connection.within, banks.AccountsOf) says the same.
-- +goose StatementBegin
CREATE FUNCTION connections_of(account uuid, market uuid) RETURNS TABLE (connection_id uuid, since timestamptz, open boolean) LANGUAGE sql STABLE AS $$
    SELECT c.id, c.created_at,
        c.enabled AND EXISTS (SELECT FROM connection_secrets s WHERE s.connection_id = c.id AND s.retired_at IS NULL AND NOT s.awaits_approval)
    FROM accounts a
    JOIN bank_connections c ON c.owner_kind = 'platform' OR c.owner_kind = 'merchant' AND c.owner_id = a.merchant_id
        OR c.owner_kind = 'market' AND (c.owner_id = market OR market IS NULL)
    WHERE a.id = account
    AND (market IS NOT NULL OR c.owner_kind <> 'market' OR (SELECT bool_and(t.market_id = c.owner_id)
        FROM tenancy_accounts ta JOIN tenancies t ON t.id = ta.tenancy_id WHERE ta.account_id = a.id))
    AND CASE WHEN c.provider = 'standard' THEN true WHEN c.provider IN ('momo', 'zalopay', 'vnpay', 'sepay_pg') THEN a.kind = 'ewallet' ELSE a.kind = 'bank' END
    AND (NOT EXISTS (SELECT FROM connection_accounts n WHERE n.connection_id = c.id)
        OR EXISTS (SELECT FROM connection_accounts n WHERE n.connection_id = c.id AND n.number_index = a.number_index AND (n.bank_bin IN ('', coalesce(a.bank_bin, ''))
            OR EXISTS (SELECT FROM banks x JOIN banks y ON y.code = x.code WHERE x.bin = n.bank_bin AND y.bin = a.bank_bin))))
$$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION connections_of(uuid, uuid);
