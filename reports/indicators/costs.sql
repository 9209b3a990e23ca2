-- What the programme spent at each market until the as-of day; n: đồng of the campaign, and of all
-- campaigns together. The second decides whether anything is published.
SELECT 'costs', p.place, '{}'::uuid[], '',
       ARRAY[coalesce(sum(c.amount) FILTER (WHERE moment.campaign IS NULL OR c.campaign_id = moment.campaign), 0),
       sum(c.amount)]::bigint[],
       max(c.recorded_at) FILTER (WHERE c.recorded_at <= moment.at
           AND (moment.campaign IS NULL OR c.campaign_id = moment.campaign))
FROM moment JOIN programme_costs c ON c.spent_on < moment.day
JOIN places p ON p.market_id = c.market_id
GROUP BY p.place
