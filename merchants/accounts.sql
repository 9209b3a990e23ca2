-- The accounts that tenancies $1 receive on, in their places, with bank, current code, the market's place on day $2, the last notice,
-- and whether a bank connection covers them: by name, or with no name at all by its owner's scope.
SELECT ta.tenancy_id, a.id, a.kind, coalesce(a.bank_bin, ''), coalesce(b.short_name, ''), coalesce(b.memo_prefix, ''),
    a.number, a.last4, a.holder_name, a.holder_kind, a.name_checked_at, a.name_checked_how, coalesce(place.name, ''), c.code, c.issued_at, l.last_at,
    EXISTS (
        SELECT FROM bank_connections bc
        WHERE (bc.owner_kind = 'platform' OR bc.owner_id IN (t.market_id, t.merchant_id))
        AND (EXISTS (SELECT FROM connection_accounts ca WHERE ca.connection_id = bc.id
                AND ca.number_index = a.number_index AND ca.bank_bin IN ('', coalesce(a.bank_bin, '')))
            OR NOT EXISTS (SELECT FROM connection_accounts ca WHERE ca.connection_id = bc.id)))
FROM tenancy_accounts ta
JOIN tenancies t ON t.id = ta.tenancy_id
JOIN accounts a ON a.id = ta.account_id
LEFT JOIN banks b ON b.bin = a.bank_bin
LEFT JOIN codes c ON c.tenancy_id = t.id AND c.account_id = a.id AND c.kind = 'stall' AND c.state = 'current'
LEFT JOIN ledger_accounts l ON l.market_id = t.market_id AND l.account_id = a.id AND l.kind = 'bank'
LEFT JOIN LATERAL (
    SELECT v.name FROM market_places p JOIN locality_versions v ON v.locality_id = p.locality_id AND v.valid @> $2::date
    WHERE p.market_id = t.market_id AND p.valid @> $2::date
) place ON true
WHERE ta.tenancy_id = ANY ($1) AND ta.replaced_at IS NULL
ORDER BY coalesce(ta.place, ta.since), a.id
