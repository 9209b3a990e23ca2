-- Merchants that were observed and inactive in the 30 days before their first session within 12 months.
-- The level is the source for the 30 days after it: A a bank, B the owner, empty none.
SELECT * FROM (
WITH stints AS MATERIALIZED (
    SELECT s.place, s.merchant_id, s.day, s.known_at, h.id, h.stall_id, h.valid
    FROM (
        SELECT p.place, a.market_id, a.merchant_id, min(t.held_on) AS day, min(a.recorded_at) AS known_at
        FROM moment
        JOIN trainings t ON t.held_on >= (moment.day - interval '12 months')::date AND t.held_on < moment.day - 30
        JOIN attendances a ON a.training_id = t.id
        JOIN places p ON p.market_id = a.market_id
        GROUP BY p.place, a.market_id, a.merchant_id
    ) s JOIN holdings h ON h.market_id = s.market_id AND h.merchant_id = s.merchant_id
), watched AS (
    SELECT x.place, x.merchant_id
    FROM (
        SELECT s.*, v.day AS x, v.day::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh' AS at
        FROM stints s CROSS JOIN LATERAL (VALUES (s.day), (s.day + 31)) AS v (day)
    ) x
    JOIN feeds f ON f.tenancy_id = x.id
    LEFT JOIN stall_states st ON st.stall_id = x.stall_id AND st.valid @> x.at
    WHERE x.valid @> x.at AND f.since <= x.at AND (f.replaced_at IS NULL OR f.replaced_at > x.at)
        AND coalesce(st.state, 'operating') = 'operating'
    AND EXISTS (SELECT FROM connection_days d WHERE d.connection_id = f.connection_id AND d.day >= x.x - 7
        AND d.day < x.x)
    GROUP BY x.place, x.merchant_id HAVING count(DISTINCT x.x) = 2
), inactive AS (
    SELECT s.place, s.merchant_id
    FROM stints s
    -- IN lets PostgreSQL hash; a join would compare each row with each
    WHERE ((s.place, s.merchant_id) IN (SELECT w.place, w.merchant_id FROM watched w)) IS TRUE
    GROUP BY s.place, s.merchant_id
    HAVING NOT bool_or(EXISTS (SELECT FROM stall_days d WHERE d.tenancy_id = s.id AND d.day >= s.day - 30
        AND d.day < s.day AND d.payments > 0)
        OR EXISTS (SELECT FROM confirmations k
            WHERE k.tenancy_id = s.id AND k.occurred_at >= (s.day - 30)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh'
            AND k.occurred_at < s.day::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh'))
)
SELECT 'conversion', s.place, ARRAY[s.merchant_id],
    CASE WHEN bool_or(EXISTS (SELECT FROM stall_days d WHERE d.tenancy_id = s.id AND d.day > s.day
        AND d.day < s.day + 31 AND d.payments > 0)) THEN 'A'
        WHEN bool_or(EXISTS (SELECT FROM confirmations k
            WHERE k.tenancy_id = s.id AND k.occurred_at >= (s.day + 1)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh'
            AND k.occurred_at < (s.day + 31)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh')) THEN 'B'
                ELSE '' END, '{}'::bigint[], min(s.known_at)
FROM stints s
WHERE ((s.place, s.merchant_id) IN (SELECT i.place, i.merchant_id FROM inactive i)) IS TRUE
GROUP BY s.place, s.merchant_id
) converted
