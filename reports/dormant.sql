-- $5 the stall number after which the page begins; $6 the limit.
SELECT s.id, s.number, s.zone, paid.day, visit.visited_at, visit.outcome, refusal.reason
FROM holdings h
JOIN stalls s ON s.id = h.stall_id
LEFT JOIN LATERAL (
    SELECT d.day::text FROM stall_days d WHERE d.tenancy_id = h.id AND d.payments > 0 ORDER BY d.day DESC LIMIT 1
) paid ON true
LEFT JOIN LATERAL (
    SELECT v.visited_at, v.outcome FROM visits v WHERE v.tenancy_id = h.id ORDER BY v.visited_at DESC LIMIT 1
) visit ON true
LEFT JOIN LATERAL (
    SELECT r.reason FROM refusals r WHERE r.tenancy_id = h.id ORDER BY r.said_on DESC, r.id DESC LIMIT 1
) refusal ON true
WHERE h.operating AND h.merchant_id IN (SELECT unnest(merchants) FROM ready)
    AND h.merchant_id IN (SELECT unnest(merchants) FROM covered)
AND h.merchant_id NOT IN (SELECT unnest(merchants) FROM activity) AND consented(h.merchant_id, 'dormant_list')
    AND ($5 = '' OR s.number > $5)
ORDER BY s.number LIMIT $6
