-- Findings of a swapped or foreign code in 30 days; n: seconds until an official scan, -1: none yet.
SELECT 'swapped', p.place, '{}'::uuid[], '',
    ARRAY[coalesce(extract(epoch FROM replaced.at - k.checked_at), -1)]::bigint[], k.checked_at
FROM moment CROSS JOIN scans k
JOIN stalls s ON s.id = k.stall_id AND s.kind <> 'mobile'
JOIN places p ON p.market_id = s.market_id
LEFT JOIN LATERAL (
    SELECT b.verdict FROM code_checks b WHERE b.stall_id = k.stall_id AND b.checked_at < k.checked_at
    ORDER BY b.checked_at DESC LIMIT 1
) before ON true
LEFT JOIN LATERAL (
    SELECT min(r.checked_at) AS at FROM code_checks r WHERE r.stall_id = k.stall_id AND r.checked_at > k.checked_at
        AND r.checked_at < moment.at AND r.verdict = 'official'
) replaced ON true
WHERE k.verdict IN ('swapped', 'foreign') AND k.checked_at < moment.at
    AND coalesce(before.verdict, '') NOT IN ('swapped', 'foreign')
