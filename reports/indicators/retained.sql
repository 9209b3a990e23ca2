-- Of merchants who may have begun in month m: n is whether a bank told of m+3, the owner did, a tenancy was open on the day after it, and
-- the merchant was observed as of that day.
SELECT 'retained', h.cell, h.merchant_id, '', ARRAY[
    bool_or(EXISTS (SELECT FROM stall_days d WHERE d.tenancy_id = h.id AND d.day >= month.later AND d.day < month.ended AND d.payments > 0))::int,
    bool_or(EXISTS (SELECT FROM confirmations k WHERE k.tenancy_id = h.id AND k.occurred_at >= month.later_at AND k.occurred_at < month.ended_at))::int,
    bool_or(h.valid @> month.ended_at)::int,
    bool_or(h.valid @> month.ended_at AND coalesce(st.state, 'operating') = 'operating' AND EXISTS (
        SELECT FROM feeds f JOIN connection_days d ON d.connection_id = f.connection_id AND d.day >= month.ended - 7 AND d.day < month.ended
        WHERE f.tenancy_id = h.id AND f.since <= month.ended_at AND (f.replaced_at IS NULL OR f.replaced_at > month.ended_at)))::int
    ]::bigint[], NULL::timestamptz
FROM (
    SELECT m.began, m.later, m.ended, m.later::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh' AS later_at, m.ended::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh' AS ended_at
    FROM (
        SELECT (date_trunc('month', day::timestamp) - interval '4 months')::date AS began, (date_trunc('month', day::timestamp) - interval '1 month')::date AS later,
            date_trunc('month', day::timestamp)::date AS ended FROM moment
    ) m
) month
CROSS JOIN holdings h
LEFT JOIN stall_states st ON st.stall_id = h.stall_id AND st.valid @> month.ended_at
WHERE h.merchant_id IN (
    SELECT b.merchant_id FROM firsts f JOIN holdings b ON b.id = f.tenancy_id
    WHERE least(f.told, f.word) >= month.began AND least(f.told, f.word) < (month.began + interval '1 month')::date)
GROUP BY h.cell, h.merchant_id
