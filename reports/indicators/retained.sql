-- Merchants that may have begun in month m. n: whether a bank reported payments in m+3, the owner
-- confirmed some, a tenancy was open on the day after m+3, and the merchant was observed as of that day.
SELECT 'retained', b.cell, ARRAY[b.merchant_id], '', ARRAY[
    bool_or(EXISTS (SELECT FROM stall_days d WHERE d.tenancy_id = b.id AND d.day >= b.later AND d.day < b.ended
    AND d.payments > 0))::int,
    bool_or(EXISTS (SELECT FROM confirmations k WHERE k.tenancy_id = b.id AND k.occurred_at >= b.later_at
    AND k.occurred_at < b.ended_at))::int,
    coalesce(bool_or(b.valid @> b.ended_at), false)::int,
    bool_or(b.valid @> b.ended_at AND coalesce(st.state, 'operating') = 'operating'
        AND living.tenancy_id IS NOT NULL)::int
    ]::bigint[], NULL::timestamptz
FROM (
    SELECT h.*, m.later, m.ended, m.later::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh' AS later_at,
        m.ended::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh' AS ended_at,
        -- the first day of the merchant in all its tenancies here; first_days decides whether it is the group's
        bool_or(least(f.told, f.word) >= m.began AND least(f.told, f.word) < (m.began + interval '1 month')::date)
            OVER (PARTITION BY h.merchant_id) AS may_have_begun
    FROM (
        SELECT (date_trunc('month', day::timestamp) - interval '4 months')::date AS began,
            (date_trunc('month', day::timestamp) - interval '1 month')::date AS later,
            date_trunc('month', day::timestamp)::date AS ended FROM moment
    ) m
    CROSS JOIN holdings h
    LEFT JOIN firsts f ON f.tenancy_id = h.id
) b
LEFT JOIN stall_states st ON st.stall_id = b.stall_id AND st.valid @> b.ended_at
LEFT JOIN (
    SELECT DISTINCT f.tenancy_id
    FROM (SELECT date_trunc('month', day::timestamp)::date AS day,
        date_trunc('month', day::timestamp) AT TIME ZONE 'Asia/Ho_Chi_Minh' AS at FROM moment) ended
    JOIN connection_days d ON d.day >= ended.day - 7 AND d.day < ended.day
    JOIN feeds f ON f.connection_id = d.connection_id AND f.since <= ended.at
        AND (f.replaced_at IS NULL OR f.replaced_at > ended.at)
) living ON living.tenancy_id = b.id
WHERE b.may_have_begun
GROUP BY b.cell, b.merchant_id
