-- Merchants with an account of which notices reach us: a connection that covers it delivered in the last 7 days.
SELECT 'covered', h.cell, array_agg(h.merchant_id), '', '{}'::bigint[], NULL::timestamptz
FROM (SELECT DISTINCT d.connection_id FROM moment JOIN connection_days d ON d.day >= moment.day - 7
    AND d.day < moment.day) living
JOIN feeds f ON f.connection_id = living.connection_id
JOIN holdings h ON h.id = f.tenancy_id AND h.operating
CROSS JOIN moment
WHERE f.since <= moment.at AND (f.replaced_at IS NULL OR f.replaced_at > moment.at)
GROUP BY h.cell
