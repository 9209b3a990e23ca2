-- +goose Up
-- What the indicators read besides the day's sums: payments by size, and on which days a bank connection lived.
ALTER TABLE stall_days
    ADD COLUMN le_50k  int NOT NULL DEFAULT 0,
    ADD COLUMN le_200k int NOT NULL DEFAULT 0,
    ADD COLUMN le_1m   int NOT NULL DEFAULT 0,
    ADD COLUMN over_1m int NOT NULL DEFAULT 0;
COMMENT ON COLUMN stall_days.le_50k IS 'payments of at most 50,000 đồng, less those reversed; then over that up to 200,000, over that up to 1,000,000, and above: together they are payments';
UPDATE stall_days s SET le_50k = b.le_50k, le_200k = b.le_200k, le_1m = b.le_1m, over_1m = b.over_1m
FROM (
    SELECT tenancy_id, day, sum(CASE WHEN amount <= 50000 THEN n ELSE 0 END) AS le_50k, sum(CASE WHEN amount > 50000 AND amount <= 200000 THEN n ELSE 0 END) AS le_200k,
        sum(CASE WHEN amount > 200000 AND amount <= 1000000 THEN n ELSE 0 END) AS le_1m, sum(CASE WHEN amount > 1000000 THEN n ELSE 0 END) AS over_1m
    FROM (
        SELECT a.tenancy_id, (p.occurred_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS day, 1 AS n, p.amount
        FROM payments p JOIN ledger_accounts a ON a.id = p.credit_account AND a.kind = 'stall'
        UNION ALL
        SELECT a.tenancy_id, (p.occurred_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date, -1, p.amount
        FROM payments p JOIN ledger_accounts a ON a.id = p.debit_account AND a.kind = 'stall'
    ) moves GROUP BY tenancy_id, day
) b
WHERE s.tenancy_id = b.tenancy_id AND s.day = b.day;
-- A report reads a window of days of every stall: rows of a day lie together, rows of a stall do not.
CREATE INDEX stall_days_day ON stall_days (day);
CREATE INDEX confirmations_occurred ON confirmations (occurred_at);
CREATE INDEX code_checks_checked ON code_checks (checked_at);
-- What state a stall had on a past day: the exclusion constraint's index compares ids as text.
CREATE INDEX stall_states_stall ON stall_states (stall_id);

CREATE TABLE connection_days (
    connection_id uuid NOT NULL REFERENCES bank_connections,
    day           date NOT NULL,
    PRIMARY KEY (connection_id, day)
);
COMMENT ON TABLE connection_days IS 'Rollup: a business day (Asia/Ho_Chi_Minh) on which a connection brought something that could be read. Who is paid through a connection that lives is observed, also on days without payments.';
INSERT INTO connection_days (connection_id, day)
SELECT DISTINCT d.connection_id, (d.received_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date FROM deliveries d JOIN bank_connections c ON c.id = d.connection_id WHERE d.verdict = 'read';

-- +goose Down
DROP TABLE connection_days;
DROP INDEX stall_days_day, confirmations_occurred, code_checks_checked, stall_states_stall;
ALTER TABLE stall_days DROP COLUMN le_50k, DROP COLUMN le_200k, DROP COLUMN le_1m, DROP COLUMN over_1m;
