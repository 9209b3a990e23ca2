-- The stalls of market $1 with their present merchants and the team's last visits, ordered by number.
SELECT s.id, s.number, s.zone, s.kind, s.goods_group, coalesce(st.state, 'vacant'), m.id, m.full_name, v.visited_at,
    v.outcome
FROM stalls s
LEFT JOIN stall_states st ON st.stall_id = s.id AND upper_inf(st.valid)
LEFT JOIN tenancies t ON t.stall_id = s.id AND upper_inf(t.valid)
LEFT JOIN merchants m ON m.id = t.merchant_id
LEFT JOIN LATERAL (SELECT visited_at, outcome FROM visits WHERE tenancy_id = t.id ORDER BY visited_at DESC LIMIT 1) v
    ON true
WHERE s.market_id = $1 AND coalesce(st.state, 'vacant') <> 'closed'
ORDER BY s.number
