-- The business days (Asia/Ho_Chi_Minh) of tenancies $1 on $2 or later and before $3, newest first,
-- at most $4: counts and sums from the rollup, hours from the payments. A reversal has the time of
-- the payment that it reverses. The first row has no day: it is the version of the newest payment of
-- the present tenancy that the days count.
WITH d AS (
    SELECT day, sum(payments) AS n, sum(amount) AS amount FROM stall_days
    WHERE tenancy_id = ANY ($1) AND day >= $2::date AND day < $3::date
    GROUP BY day HAVING sum(payments) <> 0 OR sum(amount) <> 0 ORDER BY day DESC LIMIT $4
), span AS (
    SELECT min(day)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh' AS since,
        (max(day) + 1)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh' AS until FROM d
), moved AS (
    SELECT p.occurred_at, 1 AS n, p.amount FROM span, ledger_accounts l, payments p
    WHERE l.tenancy_id = ANY ($1) AND l.kind = 'stall' AND p.credit_account = l.id
        AND p.credit_version > version_before(l.id, span.since)
    AND p.occurred_at >= span.since AND p.occurred_at < span.until
    UNION ALL
    SELECT p.occurred_at, -1, -p.amount FROM span, ledger_accounts l, payments p
    WHERE l.tenancy_id = ANY ($1) AND l.kind = 'stall' AND p.debit_account = l.id AND p.reverses IS NOT NULL
    AND p.occurred_at >= span.since AND p.occurred_at < span.until
), h AS (
    SELECT (occurred_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS day,
        extract(hour FROM occurred_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::int AS hour, sum(n) AS n, sum(amount) AS amount
    FROM moved GROUP BY 1, 2 HAVING sum(n) <> 0 OR sum(amount) <> 0
)
SELECT coalesce(max(l.version), 0), NULL, NULL, NULL, NULL, NULL
FROM ledger_accounts l JOIN tenancies t ON t.id = l.tenancy_id WHERE l.tenancy_id = ANY ($1) AND l.kind = 'stall'
    AND upper_inf(t.valid)
UNION ALL
SELECT NULL, d.day::text, d.n, d.amount::text, 'VND',
    coalesce((SELECT jsonb_agg(jsonb_build_object('hour', h.hour, 'count', h.n, 'amount', h.amount::text)
        ORDER BY h.hour) FROM h WHERE h.day = d.day), '[]')
FROM d ORDER BY 2 DESC NULLS FIRST
