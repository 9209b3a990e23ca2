-- n: the first active day of a merchant, as a bank reported and as the owner confirmed (days since 1970; 0: never).
SELECT 'first_days', h.cell, ARRAY[h.merchant_id], '',
    ARRAY[coalesce(min(f.told) - date '1970-01-01', 0), coalesce(min(f.word) - date '1970-01-01', 0)]::bigint[],
    NULL::timestamptz
FROM firsts f JOIN holdings h ON h.id = f.tenancy_id
GROUP BY h.cell, h.merchant_id
