-- Merchants operating a stall.
SELECT 'mop' AS fact, h.cell, array_agg(h.merchant_id) AS merchants, '' AS level, '{}'::bigint[] AS n, NULL::timestamptz AS known_at
FROM holdings h WHERE h.operating GROUP BY h.cell
