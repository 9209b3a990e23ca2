-- The units of every reporting basis that the caller may see, each with those of its markets that lie in the
-- caller's scope. $1 scope kind, $2 scope id, $3 today in Asia/Ho_Chi_Minh.
WITH bases AS (
    SELECT code AS basis, level, provinces, coalesce(on_date, $3::date) AS on_day FROM reporting_bases
), standing AS MATERIALIZED (
    SELECT b.basis, market_unit(m.id, b.level, b.on_day) AS unit, m.id, m.code, m.name, m.demo
    FROM bases b
    CROSS JOIN markets m
    WHERE m.id IN (SELECT scope_markets($1, $2))
)
SELECT b.basis, v.locality_id, v.level, v.code, v.name,
       coalesce(json_agg(json_build_object('id', s.id, 'code', s.code, 'name', s.name, 'demo', s.demo) ORDER BY s.code)
                FILTER (WHERE s.id IS NOT NULL), '[]') AS markets
FROM bases b
JOIN locality_versions v ON v.level = b.level AND v.valid @> b.on_day
LEFT JOIN locality_versions p ON p.locality_id = v.parent_id AND p.valid @> b.on_day
LEFT JOIN locality_versions pp ON pp.locality_id = p.parent_id AND pp.valid @> b.on_day
LEFT JOIN standing s ON s.basis = b.basis AND s.unit = v.locality_id
WHERE CASE p.level WHEN 'province' THEN p.code END = ANY (b.provinces) OR CASE pp.level
    WHEN 'province' THEN pp.code END = ANY (b.provinces)
GROUP BY b.basis, v.locality_id, v.level, v.code, v.name
HAVING $1 = 'all' OR v.locality_id = $2 OR count(s.id) > 0
ORDER BY b.basis, v.code
