-- The payments and reversals of an account after a version, in the order of versions, each with the
-- time at which the bank reported it. A payment has the id of its notice; for one that a person
-- assigned, the time is that of the notice of its case.
SELECT news.version, news.id, news.amount::text, news.reversal, news.occurred_at, coalesce(n.precision, ''),
    coalesce((SELECT d.received_at FROM deliveries d WHERE d.id = coalesce(n.delivery_id, c.delivery_id)),
        news.recorded_at)
FROM (
    SELECT p.credit_version AS version, p.id, p.amount, false AS reversal, p.occurred_at, p.recorded_at, p.case_id
    FROM payments p WHERE p.credit_account = @account AND p.credit_version > @after
    UNION ALL
    SELECT p.debit_version, p.id, p.amount, true, p.occurred_at, p.recorded_at, NULL
    FROM payments p WHERE p.debit_account = @account AND p.reverses IS NOT NULL AND p.debit_version > @after
    ORDER BY version LIMIT @most) news
LEFT JOIN notices n ON n.id = news.id
LEFT JOIN LATERAL (SELECT o.delivery_id FROM cases k JOIN notices o ON o.id = k.notice_id WHERE k.id = news.case_id) c
    ON true
ORDER BY version
