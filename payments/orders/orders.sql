-- Orders with the payments received for them: in scope ($1, $2), of merchant $3 if any, made in shift $4 if
-- any; one of id $5, of stall $6, of code $7; before ($8, $9) and since $13; in state $11 at the
-- time $10. A supplement's payments count for its first order too.
WITH o AS (
    SELECT o.id, c.stall_id, o.code, c.amount, o.note, o.supplements, c.issued_at, c.expires_at, o.after_version,
        l.id AS account
    FROM orders o JOIN codes c ON c.code = o.code
    LEFT JOIN ledger_accounts l ON l.tenancy_id = c.tenancy_id AND l.kind = 'stall'
    WHERE ($1 = 'all' OR c.market_id IN (SELECT scope_markets($1, $2)) AND sees_stall($1, $2, c.stall_id))
    AND ($3::uuid IS NULL OR (SELECT t.merchant_id FROM tenancies t WHERE t.id = c.tenancy_id) = $3)
    AND ($4::uuid IS NULL OR c.issued_at <@ shift_span($4))
    AND ($5::uuid IS NULL OR o.id = $5) AND ($6::uuid IS NULL OR c.stall_id = $6) AND ($7 = '' OR o.code = $7)
    AND c.issued_at >= $13::timestamptz AND ($8::timestamptz IS NULL OR (c.issued_at, o.id) < ($8, $9))
), known AS (
    SELECT o.*, coalesce(came.amount, 0) AS received, came.last_at
    FROM o CROSS JOIN LATERAL (
        SELECT sum(p.amount - coalesce((SELECT sum(r.amount) FROM payments r WHERE r.reverses = p.id), 0)) AS amount,
            max(p.recorded_at) AS last_at
        FROM payments p
        WHERE p.credit_account = o.account AND p.credit_version > o.after_version
        AND (p.memo_code = o.code OR p.memo_code IN (SELECT s.code FROM orders s WHERE s.supplements = o.id))) came
)
SELECT id, stall_id, code, amount::text, 'VND', note, supplements, issued_at, expires_at, received::text, last_at
FROM known
WHERE $11 = '' OR $11 =
    CASE WHEN received > amount THEN 'over' WHEN received = amount THEN 'paid' WHEN received > 0 THEN 'under'
    WHEN expires_at < $10::timestamptz THEN 'expired' ELSE 'open' END
ORDER BY issued_at DESC, id DESC LIMIT $12
