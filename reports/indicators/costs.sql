-- What the programme spent at each market until the as-of day; n: đồng.
SELECT 'costs', p.place, '{}'::uuid[], '', ARRAY[sum(c.amount)]::bigint[], max(c.recorded_at)
FROM moment JOIN programme_costs c ON c.spent_on < moment.day AND (moment.campaign IS NULL OR c.campaign_id = moment.campaign)
JOIN places p ON p.market_id = c.market_id
GROUP BY p.place
