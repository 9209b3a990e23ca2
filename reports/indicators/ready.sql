-- Merchants whose current static code was scanned and passed in 30 days, and no scan of the stall since failed.
SELECT 'ready', h.cell, h.merchant_id, CASE WHEN bool_and(k.by_owner) THEN 'B' ELSE 'D' END, NULL::bigint[], max(k.checked_at)
FROM moment CROSS JOIN holdings h
JOIN codes c ON c.tenancy_id = h.id AND c.kind = 'stall' AND c.issued_at <= moment.at AND (c.ended_at IS NULL OR c.ended_at > moment.at)
JOIN scans k ON k.stall_id = h.stall_id AND k.code = c.code AND k.verdict = 'official'
LEFT JOIN (SELECT f.stall_id, max(f.checked_at) AS at FROM scans f WHERE f.verdict <> 'official' GROUP BY f.stall_id) failed ON failed.stall_id = h.stall_id
WHERE h.operating AND k.checked_at > coalesce(failed.at, '-infinity')
GROUP BY h.cell, h.merchant_id
