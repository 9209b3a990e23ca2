-- The shifts of tenancy $2 before shift $4, newest first, at the time $3, each with the payments that
-- were recorded on its ledger account $1 during the shift.
WITH h AS (
    SELECT *, shift_span(id) AS span FROM shifts WHERE tenancy_id = $2 AND id < $4 ORDER BY id DESC LIMIT $5
), told AS MATERIALIZED (
    SELECT p.recorded_at, p.amount, 1 AS n FROM payments p
    WHERE p.credit_account = $1 AND p.recorded_at >= (SELECT min(started_at) FROM h)
    UNION ALL
    SELECT p.recorded_at, -p.amount, 0 FROM payments p WHERE p.debit_account = $1 AND p.reverses IS NOT NULL
        AND p.recorded_at >= (SELECT min(started_at) FROM h)
)
SELECT h.id, h.staff_id, u.full_name, d.name, h.started_at,
    CASE WHEN h.span @> $3::timestamptz THEN NULL ELSE coalesce(upper(h.span), h.started_at) END, sums.n,
        sums.amount::text, 'VND'
FROM h
JOIN users u ON u.id = h.staff_id
JOIN stall_devices d ON d.id = h.device_id
CROSS JOIN LATERAL (SELECT coalesce(sum(told.n), 0) AS n, coalesce(sum(told.amount), 0) AS amount FROM told
    WHERE told.recorded_at <@ h.span) sums
ORDER BY h.id DESC
