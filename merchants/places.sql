-- The dated places of market $1, which is in commune $2 on day $3. It is that commune since its version began. Before
-- that it is the unit that became the commune, if it was the only one, and so on back in time. Before those it is the
-- district, if all units that became the commune were in one.
WITH RECURSIVE chain (id, valid) AS (
    SELECT v.locality_id, v.valid FROM locality_versions v WHERE v.locality_id = $2 AND v.valid @> $3::date
    UNION ALL
    SELECT o.id, o.valid
    FROM chain c
    CROSS JOIN LATERAL (
        SELECT (array_agg(v.locality_id))[1] AS id, (array_agg(v.valid))[1] AS valid
        FROM locality_lineage l
        JOIN locality_versions v ON v.locality_id = l.old_id AND upper(v.valid) = l.changed_on
        WHERE l.new_id = c.id AND l.changed_on = lower(c.valid)
        HAVING count(*) = 1
    ) o
), eldest AS (
    SELECT id, valid FROM chain ORDER BY lower(valid) NULLS FIRST LIMIT 1
), district AS (
    SELECT (array_agg(v.parent_id))[1] AS id, daterange(NULL, lower(e.valid)) AS valid
    FROM eldest e
    JOIN locality_lineage l ON l.new_id = e.id AND l.changed_on = lower(e.valid)
    JOIN locality_versions v ON v.locality_id = l.old_id AND upper(v.valid) = l.changed_on
    GROUP BY e.valid
    HAVING count(*) > 1 AND count(DISTINCT v.parent_id) = 1 AND count(v.parent_id) = count(*)
)
INSERT INTO market_places (id, market_id, locality_id, valid)
SELECT gen_random_uuid(), $1, id, valid
FROM (SELECT id, valid FROM chain UNION ALL SELECT id, valid FROM district) AS places
