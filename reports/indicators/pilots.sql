-- The localities of campaigns that have a pilot on the as-of day, whether it was launched by then, or
-- why they are exempt. $1 the as-of day.
SELECT c.id, c.basis, p.locality_id, p.market_id, p.exempt_reason,
    EXISTS (SELECT FROM milestones m WHERE m.campaign_id = c.id AND m.market_id = p.market_id
        AND m.milestone = 'launched' AND m.reached_on < $1::date) AS launched
FROM campaigns c JOIN pilots p ON p.campaign_id = c.id AND p.valid @> $1::date
