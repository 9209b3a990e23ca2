-- Merchants operating a stall.
SELECT 'mop' AS fact, h.cell, h.merchant_id, '' AS level, NULL::bigint[] AS n, NULL::timestamptz AS known_at
FROM holdings h WHERE h.operating
