-- Merchants that receive on an account whose holder's name was checked.
SELECT 'verified', h.cell, array_agg(h.merchant_id), checked.level, '{}'::bigint[], max(a.name_checked_at)
FROM moment CROSS JOIN holdings h
JOIN tenancy_accounts ta ON ta.tenancy_id = h.id AND ta.since <= moment.at
    AND (ta.replaced_at IS NULL OR ta.replaced_at > moment.at)
JOIN accounts a ON a.id = ta.account_id AND a.name_checked_at <= moment.at
CROSS JOIN LATERAL (SELECT CASE WHEN a.name_checked_how IN ('bank_lookup', 'test_transfer') THEN 'D'
    ELSE 'C' END) AS checked (level)
WHERE h.operating GROUP BY h.cell, checked.level
