-- Merchants operating a stall. A merchant entered into the register after the moment, with a date
-- before it, has a row of its own; n: when it was entered (seconds since 1970). Days before the register
-- of the market began are not corrected: no earlier figure exists.
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
