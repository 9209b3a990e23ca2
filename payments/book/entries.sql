-- The entries that a merchant ($1) may make for the days $2 to $3, both included: reported payments with the owner's
-- decision, and cash. A reversal has the time and the decision of the payment that it reverses. Cash is the last entry
-- of its day.
WITH span AS MATERIALIZED (
    SELECT $2::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh' AS since,
        ($3::date + 1)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh' AS until
), a AS MATERIALIZED (
    SELECT l.id, s.number, span.since, span.until, version_before(l.id, span.since) AS floor
    FROM span, tenancies t JOIN ledger_accounts l ON l.tenancy_id = t.id AND l.kind = 'stall'
        JOIN stalls s ON s.id = t.stall_id WHERE t.merchant_id = $1
), moved AS (
    SELECT p.id, p.id AS decided, p.occurred_at, 'Thu chuyển khoản' AS what, p.reference, p.amount, a.number,
        EXISTS (SELECT FROM payments r WHERE r.reverses = p.id) AS reversed
    FROM a CROSS JOIN LATERAL (SELECT * FROM payments WHERE credit_account = a.id AND credit_version > a.floor
        AND occurred_at >= a.since AND occurred_at < a.until OFFSET 0) p
    UNION ALL
    SELECT p.id, p.reverses, p.occurred_at, 'Hoàn lại', p.reference, -p.amount, a.number, true
    FROM a CROSS JOIN LATERAL (SELECT * FROM payments WHERE debit_account = a.id AND reverses IS NOT NULL
        AND occurred_at >= a.since AND occurred_at < a.until OFFSET 0) p
)
SELECT m.id, 'receipt' AS kind, m.occurred_at AS at, m.what || CASE WHEN m.reference <> '' THEN ', mã GD '
    || m.reference ELSE '' END AS text,
    m.amount, d.turnover, m.number, m.reversed
FROM moved m LEFT JOIN book_decisions d ON d.payment_id = m.decided
UNION ALL
SELECT c.id, 'cash', span.until - interval '1 microsecond', c.text, c.amount, true, NULL, false FROM book_cash c
CROSS JOIN LATERAL (SELECT (c.day + 1)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh' AS until) span
WHERE c.merchant_id = $1 AND c.removed_at IS NULL AND c.day BETWEEN $2::date AND $3::date
