-- Merchants operating a stall. Who was written into the register after the moment, with a date
-- before it, stands apart: n is when (seconds since 1970). Days before the register of its market
-- began were never told without it.
SELECT 'mop' AS fact, x.cell, array_agg(x.merchant_id) AS merchants, '' AS level,
    CASE WHEN x.late_at IS NULL THEN '{}' ELSE ARRAY[x.late_at] END::bigint[] AS n,
    NULL::timestamptz AS known_at
FROM (
    SELECT h.cell, h.merchant_id, CASE WHEN min(h.created_at) > moment.at
        AND min(r.began) <= moment.at THEN extract(epoch FROM min(h.created_at))::bigint END AS late_at
    FROM moment
    CROSS JOIN holdings h
    JOIN (SELECT b.market_id, min(b.created_at) AS began FROM holdings b GROUP BY b.market_id) r
        ON r.market_id = h.market_id
    WHERE h.operating
    GROUP BY h.cell, h.merchant_id, moment.at
) x
GROUP BY x.cell, x.late_at
