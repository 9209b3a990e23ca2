-- What banks reported for each merchant in the 30 days, in đồng. It is used only to find whether one
-- merchant has more than half, and never shown.
SELECT 'turnover', h.cell, ARRAY[h.merchant_id], '', ARRAY[sum(d.amount)]::bigint[], NULL::timestamptz
FROM moment JOIN stall_days d ON d.day >= moment.day - 30 AND d.day < moment.day
JOIN holdings h ON h.id = d.tenancy_id
GROUP BY h.cell, h.merchant_id
