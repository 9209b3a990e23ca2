-- Merchants with an approved tenancy that receives on an account.
SELECT 'registered', h.cell, array_agg(h.merchant_id), 'C', '{}'::bigint[], NULL::timestamptz
FROM moment CROSS JOIN holdings h
WHERE h.operating AND h.approved_at <= moment.at
AND EXISTS (SELECT FROM tenancy_accounts a WHERE a.tenancy_id = h.id AND a.since <= moment.at
    AND (a.replaced_at IS NULL OR a.replaced_at > moment.at))
GROUP BY h.cell
