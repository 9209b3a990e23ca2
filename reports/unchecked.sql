-- Stalls of market $1 that display a code at $2. Their last scan was not official, or is older than 7 days.
SELECT count(*)
FROM tenancies t
JOIN stalls s ON s.id = t.stall_id AND s.kind <> 'mobile'
LEFT JOIN stall_states st ON st.stall_id = s.id AND st.valid @> $2::timestamptz
LEFT JOIN LATERAL (
    SELECT k.checked_at, k.verdict FROM code_checks k WHERE k.stall_id = s.id AND k.checked_at < $2
    ORDER BY k.checked_at DESC LIMIT 1
) k ON true
WHERE t.market_id = $1 AND t.valid @> $2::timestamptz AND coalesce(st.state, 'operating') = 'operating'
AND EXISTS (SELECT FROM codes c WHERE c.tenancy_id = t.id AND c.kind = 'stall' AND c.issued_at <= $2
    AND (c.ended_at IS NULL OR c.ended_at > $2))
AND (k.checked_at IS NULL OR k.checked_at < $2::timestamptz - interval '7 days' OR k.verdict <> 'official')
