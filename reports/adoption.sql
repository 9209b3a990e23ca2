-- I01, I03 and I05 (definitions 1, see README.md) of any number of groups of markets.
-- $1, $2 the groups: group numbers and their markets, pair by pair; $3 the as-of date. Cost follows the number of
-- tenancies: payments are read from the day's rollup only, and of that only the window.
WITH moment AS (
    SELECT $3::date::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh' AS at,
           ($3::date - 30)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh' AS since
), members AS (
    SELECT * FROM unnest($1::int[], $2::uuid[]) AS m (grp, market_id)
),
-- Every tenancy that ever was there: what it was at the moment, and what it took in the window.
tenancy_facts AS MATERIALIZED (
    SELECT t.market_id, t.merchant_id, operating.yes AS operating,
           operating.yes AND t.approved_at <= moment.at AND receiving.yes AS registered,
           operating.yes AND checked.by_staff AS ready_by_staff,
           operating.yes AND NOT checked.by_staff AS ready_by_owner,
           noticed.yes AS noticed,
           confirmed.yes AS confirmed
    FROM moment
    CROSS JOIN tenancies t
    JOIN stalls s ON s.id = t.stall_id AND s.kind <> 'mobile'
    LEFT JOIN stall_states st ON st.stall_id = s.id AND st.valid @> moment.at
    -- A stall without a recorded state is older than our records: its tenancy speaks for it.
    CROSS JOIN LATERAL (SELECT t.valid @> moment.at AND coalesce(st.state, 'operating') = 'operating') AS operating (yes)
    LEFT JOIN LATERAL (
        SELECT true FROM tenancy_accounts a WHERE a.tenancy_id = t.id AND a.since <= moment.at LIMIT 1
    ) AS receiving (yes) ON operating.yes
    -- A scan that passed speaks for its own code, one that failed against every code of the stall.
    LEFT JOIN LATERAL (
        SELECT max(cc.checked_at) AS at FROM code_checks cc
        WHERE cc.stall_id = t.stall_id AND cc.checked_at BETWEEN moment.since AND moment.at AND cc.verdict <> 'official'
    ) AS failed ON operating.yes
    LEFT JOIN LATERAL (
        SELECT bool_or(cc.actor_id NOT IN (SELECT a.id FROM actors a WHERE a.role = 'merchant'))
        FROM code_checks cc
        JOIN codes c ON c.code = cc.code
        WHERE cc.stall_id = t.stall_id AND cc.checked_at BETWEEN moment.since AND moment.at AND cc.verdict = 'official'
          AND cc.checked_at > coalesce(failed.at, '-infinity')
          AND c.tenancy_id = t.id AND c.kind = 'stall' AND c.issued_at <= moment.at
          AND (c.ended_at IS NULL OR c.ended_at > moment.at)
    ) AS checked (by_staff) ON operating.yes
    LEFT JOIN LATERAL (
        SELECT true FROM stall_days d
        WHERE d.tenancy_id = t.id AND d.day >= $3::date - 30 AND d.day < $3::date AND d.payments > 0 LIMIT 1
    ) AS noticed (yes) ON true
    LEFT JOIN LATERAL (
        SELECT true FROM confirmations k
        WHERE k.tenancy_id = t.id AND k.occurred_at >= moment.since AND k.occurred_at < moment.at LIMIT 1
    ) AS confirmed (yes) ON true
    WHERE t.market_id = ANY ($2::uuid[])
),
-- Mop of each group: each merchant once, however many stalls and markets of the group; by best evidence.
merchants_operating AS (
    SELECT m.grp, f.merchant_id,
           coalesce(bool_or(f.registered), false) AS registered,
           CASE WHEN bool_or(f.ready_by_staff) THEN 'D' WHEN bool_or(f.ready_by_owner) THEN 'B' END AS ready,
           CASE WHEN bool_or(f.noticed) THEN 'A' WHEN bool_or(f.confirmed) THEN 'B' END AS active
    FROM members m
    JOIN tenancy_facts f USING (market_id)
    GROUP BY m.grp, f.merchant_id
    HAVING bool_or(f.operating)
)
SELECT grp, count(*), count(*) FILTER (WHERE registered),
       count(*) FILTER (WHERE ready = 'B'), count(*) FILTER (WHERE ready = 'D'),
       count(*) FILTER (WHERE active = 'A'), count(*) FILTER (WHERE active = 'B')
FROM merchants_operating
GROUP BY grp
