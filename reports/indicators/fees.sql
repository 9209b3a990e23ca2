-- The newest month of each market that has ended and has a summary, in its newest version; n: the
-- month (days since 1970), due, paid, paid by transfer (đồng).
SELECT 'fees', p.place, '{}'::uuid[], '',
    ARRAY[f.month - date '1970-01-01', f.due, f.paid, f.paid_by_transfer]::bigint[], f.recorded_at
FROM moment CROSS JOIN places p CROSS JOIN LATERAL (
    SELECT s.* FROM fee_summaries s WHERE s.market_id = p.market_id AND s.month + interval '1 month' <= moment.day
    ORDER BY s.month DESC, s.version DESC LIMIT 1
) f
