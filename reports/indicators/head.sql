-- The beginning of every query. $1 the markets; $2 the as-of day; $3 whether cells are the parts of
-- markets; $4 the campaign, or null. A cell is the index of its market in $1; for a part, also its zone,
-- goods group and kind.
WITH moment AS (
    SELECT $2::date AS day, $2::date::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh' AS at,
        ($2::date - 30)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh' AS since, $4::uuid AS campaign
), places AS (
    SELECT m.market_id, m.place::text AS place FROM unnest($1::uuid[]) WITH ORDINALITY AS m (market_id, place)
),
-- Every tenancy of the markets, and whether it operates at the moment. A stall without a recorded state
-- is older than our records; it operates if it has a tenancy.
holdings AS MATERIALIZED (
    SELECT t.id, t.market_id, t.stall_id, t.merchant_id, t.valid, t.approved_at, t.created_at,
        CASE WHEN $3::boolean THEN concat_ws(chr(31), p.place, s.zone, s.goods_group, s.kind) ELSE p.place END AS cell,
        t.valid @> moment.at AND coalesce(st.state, 'operating') = 'operating' AS operating
    FROM moment
    CROSS JOIN places p
    JOIN tenancies t ON t.market_id = p.market_id
    JOIN stalls s ON s.id = t.stall_id AND s.kind <> 'mobile'
    LEFT JOIN stall_states st ON st.stall_id = s.id AND st.valid @> moment.at
),
-- Which connection reports the payments of which tenancy, with the time in which the tenancy receives on
-- the account. Whether the connection is open today does not matter: only what it reported does.
feeds AS MATERIALIZED (
    SELECT DISTINCT h.id AS tenancy_id, k.connection_id, greatest(ta.since, k.since) AS since, ta.replaced_at
    FROM holdings h
    JOIN tenancy_accounts ta ON ta.tenancy_id = h.id
    CROSS JOIN connections_of(ta.account_id, h.market_id) k
),
-- The scans of the last 30 days, and whether the stall itself made them: its owner or the owner's staff.
-- Merchants and staff of other stalls cannot make them: their scope is their own stall.
scans AS MATERIALIZED (
    SELECT k.stall_id, k.code, k.verdict, k.verdict = 'official' AS passed, k.checked_at,
        a.role IN ('merchant', 'staff') AS by_owner
    FROM moment JOIN code_checks k ON k.checked_at >= moment.since AND k.checked_at <= moment.at
    JOIN actors a ON a.id = k.actor_id
),
-- The first day of each tenancy with a payment that a bank reported, and with one that the owner confirmed.
firsts AS (
    SELECT f.tenancy_id, CASE WHEN f.told < moment.day THEN f.told END AS told,
        CASE WHEN f.word < moment.day THEN f.word END AS word
    FROM moment JOIN first_days f ON f.told < moment.day OR f.word < moment.day
)
