-- The units that a campaign requires and the caller acts for, each with its pilot of today, what that has reached, and
-- every designation that ever was. $1 campaign, $2 scope kind, $3 scope id, $4 today, $5 one unit by id or code, or '',
-- $6 a state or '', $7 the code after which the page begins, $8 the limit.
WITH required AS (
    SELECT v.locality_id, v.level, v.code, v.name
    FROM campaigns c
    JOIN reporting_bases b ON b.code = c.basis
    JOIN locality_versions v ON v.level = b.level AND v.valid @> coalesce(b.on_date, $4::date)
    LEFT JOIN locality_versions p ON p.locality_id = v.parent_id AND p.valid @> coalesce(b.on_date, $4::date)
    LEFT JOIN locality_versions pp ON pp.locality_id = p.parent_id AND pp.valid @> coalesce(b.on_date, $4::date)
    WHERE c.id = $1 AND b.province IN (CASE p.level WHEN 'province' THEN p.code END, CASE pp.level WHEN 'province' THEN pp.code END)
      AND ($5 IN ('', v.locality_id::text, v.code)) AND v.code > $7
      AND sees_unit($2, $3, $1, v.locality_id, $4)
)
SELECT r.locality_id, r.level, r.code, r.name,
       CASE WHEN p.id IS NULL THEN 'missing' WHEN p.market_id IS NULL THEN 'exempt' ELSE 'chosen' END AS state,
       m.id, m.code, m.name, m.demo, p.exempt_reason, lower(p.valid),
       coalesce((SELECT json_object_agg(s.milestone, json_build_object('on', s.reached_on, 'note', s.note))
                 FROM milestones s WHERE s.campaign_id = $1 AND s.market_id = p.market_id), '{}') AS reached,
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
