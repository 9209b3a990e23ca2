-- Merchants whose notices reach us: a connection that covers one of their accounts brought something in 7 days.
SELECT 'covered', h.cell, array_agg(h.merchant_id), '', '{}'::bigint[], NULL::timestamptz
FROM moment CROSS JOIN holdings h
JOIN feeds f ON f.tenancy_id = h.id AND f.since <= moment.at AND (f.replaced_at IS NULL OR f.replaced_at > moment.at)
WHERE h.operating AND f.connection_id IN (SELECT d.connection_id FROM connection_days d WHERE d.day >= moment.day - 7 AND d.day < moment.day)
GROUP BY h.cell
