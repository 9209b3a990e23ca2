-- What merchants answered in 90 days; n: customers who paid by transfer, and all customers.
SELECT 'declared', h.cell, ARRAY[h.merchant_id], '', ARRAY[sum(a.transfers), sum(a.customers)]::bigint[],
    max(a.recorded_at) FILTER (WHERE a.recorded_at <= moment.at)
FROM moment CROSS JOIN places p
JOIN declared_shares a ON a.market_id = p.market_id AND a.asked_on >= moment.day - 90 AND a.asked_on < moment.day
JOIN holdings h ON h.id = a.tenancy_id
GROUP BY h.cell, h.merchant_id
