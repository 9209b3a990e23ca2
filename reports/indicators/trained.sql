-- Merchants that attended a session at a market in 12 months.
SELECT 'trained', coalesce(h.cell, p.place), array_agg(a.merchant_id), 'D', '{}'::bigint[],
    max(a.recorded_at) FILTER (WHERE a.recorded_at <= moment.at)
FROM moment
JOIN trainings t ON t.held_on >= (moment.day - interval '12 months')::date AND t.held_on < moment.day
JOIN attendances a ON a.training_id = t.id
JOIN places p ON p.market_id = a.market_id
LEFT JOIN holdings h ON h.market_id = a.market_id AND h.merchant_id = a.merchant_id
GROUP BY coalesce(h.cell, p.place)
