-- Merchants that the digital team ever visited.
SELECT 'visited', h.cell, array_agg(h.merchant_id), 'D', '{}'::bigint[], max(v.known_at)
FROM (
    SELECT v.tenancy_id, max(v.recorded_at) FILTER (WHERE v.recorded_at <= moment.at) AS known_at
    FROM moment JOIN visits v ON v.visited_at < moment.at AND v.outcome <> 'absent' GROUP BY v.tenancy_id
) v
JOIN holdings h ON h.id = v.tenancy_id
GROUP BY h.cell
