-- The accounts that tenancies $1 receive on, in their order, with the bank, the current code, the
-- market's locality on day $2, the last notice, and whether an open connection may report on them.
SELECT ta.tenancy_id, a.id, a.kind, coalesce(a.bank_bin, ''), coalesce(b.short_name, ''), coalesce(b.memo_prefix, ''),
    a.number, a.last4, a.holder_name, a.holder_kind, a.name_checked_at, a.name_checked_how, coalesce(place.name, ''),
    c.code, c.issued_at, l.last_at,
    EXISTS (SELECT FROM connections_of(a.id, t.market_id) k WHERE k.open)
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
