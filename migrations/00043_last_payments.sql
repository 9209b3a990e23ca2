-- +goose Up
-- When the last payment of a stall's day occurred, so that a report of a past day can say how old its newest payment was.
ALTER TABLE stall_days ADD COLUMN last_at timestamptz;
COMMENT ON COLUMN stall_days.last_at IS 'when the last payment of the day occurred that was not reversed; null where none stands';

-- Days are filled from the payments themselves. One line tells reports to count again, so that not every day has to.
SELECT fact_changed('-infinity');
UPDATE stall_days s SET last_at = d.last_at
FROM (
    SELECT a.tenancy_id, (p.occurred_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS day, max(p.occurred_at) AS last_at
    FROM payments p JOIN ledger_accounts a ON a.id = p.credit_account AND a.kind = 'stall'
    WHERE NOT EXISTS (SELECT FROM payments r WHERE r.reverses = p.id)
    GROUP BY 1, 2
) d
WHERE d.tenancy_id = s.tenancy_id AND d.day = s.day;

-- +goose Down
ALTER TABLE stall_days DROP COLUMN last_at;
