-- Who was ever visited by the digital team.
SELECT 'visited', h.cell, array_agg(h.merchant_id), 'D', '{}'::bigint[], max(v.recorded_at)
FROM moment CROSS JOIN holdings h JOIN visits v ON v.tenancy_id = h.id AND v.visited_at < moment.at AND v.outcome <> 'absent'
GROUP BY h.cell
