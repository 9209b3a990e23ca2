-- The stall of market $2 that each row of $1 names, and its tenancy then: the tenancy at the moment,
-- else the last one of that day, because a paper often has the day alone.
SELECT g.place, s.id, t.id, t.merchant_id
FROM json_to_recordset($1::json) AS g (place int, stall_id uuid, number text, at timestamptz)
LEFT JOIN LATERAL (
    SELECT s.id FROM stalls s
    WHERE s.market_id = $2 AND (s.id = g.stall_id OR g.stall_id IS NULL AND s.number_key = stall_number_key(g.number))
    ORDER BY s.number = g.number DESC, s.number_twin LIMIT 1
) s ON true
LEFT JOIN LATERAL (
    SELECT t.id, t.merchant_id
    FROM tenancies t, LATERAL (SELECT date_trunc('day', g.at AT TIME ZONE 'Asia/Ho_Chi_Minh') AS midnight) d
    WHERE t.market_id = $2 AND t.stall_id = s.id
    AND t.valid && tstzrange(d.midnight AT TIME ZONE 'Asia/Ho_Chi_Minh',
        (d.midnight + interval '1 day') AT TIME ZONE 'Asia/Ho_Chi_Minh')
    ORDER BY t.valid @> g.at DESC, lower(t.valid) DESC NULLS LAST LIMIT 1
) t ON true
ORDER BY g.place
