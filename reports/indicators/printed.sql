-- Merchants with a static code in force.
SELECT 'printed', h.cell, h.merchant_id, '', NULL::bigint[], NULL::timestamptz
FROM moment CROSS JOIN holdings h
WHERE h.operating AND EXISTS (SELECT FROM codes c WHERE c.tenancy_id = h.id AND c.kind = 'stall' AND c.issued_at <= moment.at AND (c.ended_at IS NULL OR c.ended_at > moment.at))
