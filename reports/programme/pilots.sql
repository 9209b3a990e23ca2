-- The units that a campaign requires and the caller acts for, each with its pilot of a day, what that had reached, and
-- every designation that ever was. $1 campaign, $2 scope kind, $3 scope id, $4 the day, mostly today, $5 one unit by id or code, or '',
-- $6 a state or '', $7 the code after which the page begins, $8 the limit.
WITH required AS (
    SELECT * FROM required_units($1, $4) AS u
    WHERE $5 IN ('', u.locality_id::text, u.code) AND u.code > $7 AND sees_unit($2, $3, $1, u.locality_id, $4)
)
SELECT r.locality_id, r.level, r.code, r.name,
       CASE WHEN p.id IS NULL THEN 'missing' WHEN p.market_id IS NULL THEN 'exempt' ELSE 'chosen' END AS state,
       m.id, m.code, m.name, m.demo, p.exempt_reason, lower(p.valid),
       coalesce((SELECT json_object_agg(s.milestone, json_build_object('on', s.reached_on, 'note', s.note))
                 FROM milestones s WHERE s.campaign_id = $1 AND s.market_id = p.market_id AND s.reached_on <= $4::date), '{}') AS reached,
       coalesce((SELECT json_agg(json_build_object(
                     'market', CASE WHEN n.id IS NOT NULL THEN json_build_object('id', n.id, 'code', n.code, 'name', n.name, 'demo', n.demo) END,
                     'exempt_reason', nullif(h.exempt_reason, ''), 'since', lower(h.valid), 'until', upper(h.valid),
                     'designated_by', h.designated_by, 'designated_at', h.designated_at) ORDER BY h.designated_at, h.id)
                 FROM pilots h LEFT JOIN markets n ON n.id = h.market_id
                 WHERE h.campaign_id = $1 AND h.locality_id = r.locality_id), '[]') AS history
FROM required r
LEFT JOIN pilots p ON p.campaign_id = $1 AND p.locality_id = r.locality_id AND p.valid @> $4::date
LEFT JOIN markets m ON m.id = p.market_id
WHERE $6 IN ('', CASE WHEN p.id IS NULL THEN 'missing' WHEN p.market_id IS NULL THEN 'exempt' ELSE 'chosen' END)
ORDER BY r.code
LIMIT $8
