-- The stalls of $1 with their present state, tenancy and merchant, in the order of $1.
SELECT s.id, s.market_id, s.number, s.kind, s.zone, s.goods_group, coalesce(st.state, 'vacant'), s.created_at,
    t.id, lower(t.valid), m.id, coalesce(m.full_name, ''), coalesce(m.household_name, ''), m.phone,
        coalesce(m.phone_last3, '')
FROM unnest($1::uuid[]) WITH ORDINALITY AS wanted (id, place)
JOIN stalls s ON s.id = wanted.id
LEFT JOIN stall_states st ON st.stall_id = s.id AND upper_inf(st.valid)
LEFT JOIN tenancies t ON t.stall_id = s.id AND upper_inf(t.valid)
LEFT JOIN merchants m ON m.id = t.merchant_id
ORDER BY wanted.place
