-- Merchants with a current static code that was scanned and passed in 30 days. No later scan of the stall failed.
SELECT 'ready', h.cell, array_agg(h.merchant_id), CASE WHEN k.by_owner THEN 'B' ELSE 'D' END, '{}'::bigint[], max(k.at)
FROM (
    SELECT s.stall_id, s.code, bool_and(s.by_owner) AS by_owner, max(s.checked_at) AS at
    FROM scans s
    LEFT JOIN (SELECT f.stall_id, max(f.checked_at) AS at FROM scans f WHERE NOT f.passed GROUP BY f.stall_id) failed
        ON failed.stall_id = s.stall_id
    WHERE s.passed AND (failed.at IS NULL OR s.checked_at > failed.at)
    GROUP BY s.stall_id, s.code
) k
JOIN holdings h ON h.stall_id = k.stall_id AND h.operating
JOIN codes c ON c.code = k.code AND c.tenancy_id = h.id AND c.kind = 'stall'
CROSS JOIN moment
WHERE c.issued_at <= moment.at AND (c.ended_at IS NULL OR c.ended_at > moment.at)
GROUP BY h.cell, k.by_owner
