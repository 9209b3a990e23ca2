-- The half-hours that were counted in 90 days, and the strata of their plans in which none was counted.
-- The level names the stratum. n: its half-hours; for a counted one the sales, the cashless sales, the
-- turnover and the cashless turnover (đồng; -1: not counted).
SELECT 'sampled', p.place, '{}'::uuid[], s.plan_id || ' ' || s.stratum,
    ARRAY[s.slots, coalesce(c.sales, -1), coalesce(c.cashless_sales, -1), coalesce(c.turnover, -1),
    coalesce(c.cashless_turnover, -1)]::bigint[], c.counted_at
FROM moment CROSS JOIN places p
JOIN sample_plans q ON q.market_id = p.market_id
JOIN sample_strata s ON s.plan_id = q.id
LEFT JOIN sample_slots c ON c.plan_id = s.plan_id AND c.stratum = s.stratum AND c.sales IS NOT NULL
    AND c.starts_at >= (moment.day - 90)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh' AND c.starts_at < moment.at
WHERE EXISTS (SELECT FROM sample_slots o WHERE o.plan_id = q.id AND o.sales IS NOT NULL
    AND o.starts_at >= (moment.day - 90)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh' AND o.starts_at < moment.at)
