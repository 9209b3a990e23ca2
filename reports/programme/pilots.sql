-- The units of a campaign in the caller's scope, each with its pilot on a day, the milestones that the
-- pilot had reached, and every designation. Before the campaign the day is its first one, after it its
-- last one; no unit is missing a pilot then. $1 campaign, $2 scope kind, $3 scope id, $4 the day, mostly
-- today, $5 one unit by id or code, or '', $6 a state or '', $7 the code after which the page begins,
-- $8 the limit.
WITH told AS (
    SELECT greatest(c.starts_on, least($4::date, c.ends_on)) AS day FROM campaigns c WHERE c.id = $1
), units AS (
    SELECT u.*, t.day, q.locality_id IS NOT NULL AS required
    FROM told t CROSS JOIN LATERAL campaign_units($1, $4) AS u
        LEFT JOIN required_units($1, $4) AS q ON q.locality_id = u.locality_id
    WHERE $5 IN ('', u.locality_id::text, u.code) AND u.code > $7 AND sees_unit($2, $3, $1, u.locality_id, t.day)
), stand AS (
    SELECT r.*, p.market_id, p.exempt_reason, p.valid,
           CASE WHEN p.market_id IS NOT NULL THEN 'chosen' WHEN p.id IS NOT NULL THEN 'exempt'
               WHEN r.required THEN 'missing' ELSE 'not_required' END AS state
    FROM units r LEFT JOIN pilots p ON p.campaign_id = $1 AND p.locality_id = r.locality_id AND p.valid @> r.day
)
SELECT r.locality_id, r.level, r.code, r.name, r.state,
       m.id, m.code, m.name, m.demo, r.exempt_reason, lower(r.valid),
       coalesce((SELECT json_object_agg(s.milestone, json_build_object('on', s.reached_on, 'note', s.note))
                 FROM milestones s WHERE s.campaign_id = $1 AND s.market_id = r.market_id AND s.reached_on <= r.day),
                     '{}') AS reached,
       coalesce((SELECT json_agg(json_build_object(
                     'market',
                     CASE WHEN n.id IS NOT NULL THEN json_build_object('id', n.id, 'code', n.code, 'name', n.name,
                         'demo', n.demo) END,
                     'exempt_reason', nullif(h.exempt_reason, ''), 'since', lower(h.valid), 'until', upper(h.valid),
                     'designated_by', h.designated_by, 'designated_at', h.designated_at) ORDER BY h.designated_at, h.id)
                 FROM pilots h LEFT JOIN markets n ON n.id = h.market_id
                 WHERE h.campaign_id = $1 AND h.locality_id = r.locality_id), '[]') AS history
FROM stand r LEFT JOIN markets m ON m.id = r.market_id
WHERE $6 IN ('', r.state)
ORDER BY r.code
LIMIT $8
