-- Who was observed and inactive in the 30 days before its first session of those in 12 months; the level tells who told of the 30 days after, if anybody.
SELECT 'conversion', s.place, s.merchant_id, CASE WHEN after.told THEN 'A' WHEN after.word THEN 'B' ELSE '' END, NULL::bigint[], s.known_at
FROM (
    SELECT p.place, a.market_id, a.merchant_id, min(t.held_on) AS day, min(a.recorded_at) AS known_at
    FROM moment
    JOIN trainings t ON t.held_on >= (moment.day - interval '12 months')::date AND t.held_on < moment.day - 30
    JOIN attendances a ON a.training_id = t.id
    JOIN places p ON p.market_id = a.market_id
    GROUP BY p.place, a.market_id, a.merchant_id
) s
CROSS JOIN LATERAL (
    SELECT bool_or(EXISTS (SELECT FROM stall_days d WHERE d.tenancy_id = h.id AND d.day >= s.day - 30 AND d.day < s.day AND d.payments > 0)
        OR EXISTS (SELECT FROM confirmations k WHERE k.tenancy_id = h.id AND k.occurred_at >= (s.day - 30)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh'
            AND k.occurred_at < s.day::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh')) AS active
    FROM holdings h WHERE h.market_id = s.market_id AND h.merchant_id = s.merchant_id
) before
CROSS JOIN LATERAL (
    SELECT bool_or(EXISTS (SELECT FROM stall_days d WHERE d.tenancy_id = h.id AND d.day > s.day AND d.day < s.day + 31 AND d.payments > 0)) AS told,
        bool_or(EXISTS (SELECT FROM confirmations k WHERE k.tenancy_id = h.id AND k.occurred_at >= (s.day + 1)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh'
            AND k.occurred_at < (s.day + 31)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh')) AS word
    FROM holdings h WHERE h.market_id = s.market_id AND h.merchant_id = s.merchant_id
) after
CROSS JOIN LATERAL (
    SELECT count(DISTINCT x.day) = 2 AS observed
    FROM (VALUES (s.day), (s.day + 31)) AS v (day)
    CROSS JOIN LATERAL (SELECT v.day, v.day::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh' AS at) x
    JOIN holdings h ON h.market_id = s.market_id AND h.merchant_id = s.merchant_id AND h.valid @> x.at
    JOIN feeds f ON f.tenancy_id = h.id AND f.since <= x.at AND (f.replaced_at IS NULL OR f.replaced_at > x.at)
    JOIN connection_days d ON d.connection_id = f.connection_id AND d.day >= x.day - 7 AND d.day < x.day
    LEFT JOIN stall_states st ON st.stall_id = h.stall_id AND st.valid @> x.at
    WHERE coalesce(st.state, 'operating') = 'operating'
) seen
WHERE seen.observed AND before.active IS NOT TRUE
