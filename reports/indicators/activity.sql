-- Payments of the 30 days. n: the days on which a bank reported payments, the days on which the owner
-- confirmed some (bit 0: the day before the as-of day), how many of each, and how many by size. A day
-- on which all payments were reversed has none. A payment's freshness is its own time, also if it was
-- reported late.
SELECT 'activity', h.cell, ARRAY[h.merchant_id], '',
    ARRAY[bit_or(x.told), bit_or(x.word), sum(x.payments), sum(x.words), sum(x.le_50k), sum(x.le_200k), sum(x.le_1m),
    sum(x.over_1m)]::bigint[],
    max(x.known_at)
FROM (
    SELECT d.tenancy_id, bit_or(1 << ((SELECT day FROM moment) - d.day - 1)) AS told, 0 AS word,
        sum(d.payments)::int AS payments, 0 AS words,
        sum(d.le_50k)::int AS le_50k, sum(d.le_200k)::int AS le_200k, sum(d.le_1m)::int AS le_1m,
        sum(d.over_1m)::int AS over_1m,
        max(d.last_at) AS known_at
    FROM stall_days d
    WHERE d.day >= (SELECT day - 30 FROM moment) AND d.day < (SELECT day FROM moment) AND d.payments > 0
    GROUP BY d.tenancy_id
    UNION ALL
    SELECT k.tenancy_id, 0, bit_or(1 << (moment.day - (k.occurred_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date - 1)), 0,
        count(*)::int, 0, 0, 0, 0, max(k.recorded_at) FILTER (WHERE k.recorded_at <= moment.at)
    FROM moment JOIN confirmations k ON k.occurred_at >= moment.since AND k.occurred_at < moment.at
    GROUP BY k.tenancy_id
) x
JOIN holdings h ON h.id = x.tenancy_id
GROUP BY h.cell, h.merchant_id
