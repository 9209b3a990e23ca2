-- n: the first active day of a merchant, as told by a bank and in the owner's word (days since 1970).
SELECT 'first_days', h.cell, h.merchant_id, '', ARRAY[min(f.told) - date '1970-01-01', min(f.word) - date '1970-01-01']::bigint[], NULL::timestamptz
FROM firsts f JOIN holdings h ON h.id = f.tenancy_id
GROUP BY h.cell, h.merchant_id
