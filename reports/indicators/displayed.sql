-- The stalls that display a code, by their merchants. The level is who scanned it in 7 days: D another person, B only
-- the stall itself, empty: no scan.
SELECT 'displayed', h.cell, array_agg(h.merchant_id), CASE WHEN k.by_others THEN 'D' WHEN NOT k.by_others THEN 'B'
    ELSE '' END, '{}'::bigint[], max(k.at)
FROM moment CROSS JOIN holdings h
LEFT JOIN (
    SELECT k.stall_id, bool_or(NOT k.by_owner) AS by_others, max(k.checked_at) AS at
    FROM moment JOIN scans k ON k.checked_at >= moment.at - interval '7 days' AND k.checked_at < moment.at
    GROUP BY k.stall_id
) k ON k.stall_id = h.stall_id
WHERE h.operating
    AND EXISTS (SELECT FROM codes c WHERE c.tenancy_id = h.id AND c.kind = 'stall' AND c.issued_at <= moment.at
    AND (c.ended_at IS NULL OR c.ended_at > moment.at))
GROUP BY h.cell, k.by_others
