-- +goose Up
-- A transfer is found by its reference alone: one bank account has a ledger account in each market where it is used.
CREATE INDEX payments_transfer ON payments (reference) WHERE strong;
DROP INDEX payments_reference;

-- A notice dated over an hour ahead of its receipt occurred when it was received; the bank's own date stands beside it.
ALTER TABLE notices ADD COLUMN told_at timestamptz;
ALTER TABLE notice_conflicts ADD COLUMN told_at timestamptz;
COMMENT ON COLUMN notices.told_at IS 'the bank''s own date where it lay over an hour ahead; occurred_at is then the time of receipt';
CREATE INDEX notices_ahead ON notices (connection_id, id) WHERE told_at IS NOT NULL;

-- Which content a case speaks of, and which one a person decided on: null is the first notice.
ALTER TABLE cases ADD COLUMN conflict_id uuid REFERENCES notice_conflicts;
ALTER TABLE case_steps ADD COLUMN conflict_id uuid REFERENCES notice_conflicts;
UPDATE cases c SET conflict_id = k.id
FROM (SELECT id, notice_id, delivery_id, row_number() OVER (PARTITION BY notice_id, delivery_id ORDER BY id) AS n FROM notice_conflicts) k,
    (SELECT id, notice_id, delivery_id, row_number() OVER (PARTITION BY notice_id, delivery_id ORDER BY id) AS n FROM cases WHERE kind = 'conflict') o
WHERE o.id = c.id AND k.notice_id = o.notice_id AND k.delivery_id = o.delivery_id AND k.n = o.n;

-- Until now a void was dated on its own day, so that a payment that was taken back still counted on its day, and the void's day lost
-- one that it never had. The rows are corrected, not joined around: each list, book and rollup reads occurred_at. No amount, account
-- or version changes, and the void's own date stays in its notice, so nothing is lost. The owner of the tables does it once, with
-- the guard off inside this transaction; the serving role may never. Dates in the future are corrected as new ones are.
ALTER TABLE payments DISABLE TRIGGER payments_append_only;
UPDATE notices SET told_at = occurred_at, occurred_at = recorded_at WHERE occurred_at > recorded_at + interval '1 hour';
UPDATE payments SET occurred_at = recorded_at WHERE reverses IS NULL AND occurred_at > recorded_at + interval '1 hour';
WITH RECURSIVE above AS (
    SELECT p.id, o.reverses, o.occurred_at FROM payments p JOIN payments o ON o.id = p.reverses
    UNION
    SELECT a.id, o.reverses, o.occurred_at FROM above a JOIN payments o ON o.id = a.reverses
)
UPDATE payments p SET occurred_at = a.occurred_at FROM above a WHERE a.id = p.id AND a.reverses IS NULL AND p.occurred_at <> a.occurred_at;
-- A case that assigned again what had been taken back did not say that the reference names the transfer.
UPDATE payments p SET strong = true FROM ledger_accounts b
WHERE NOT p.strong AND p.case_id IS NOT NULL AND b.id = p.debit_account AND b.kind = 'bank'
AND p.reference ~ '^(FT[0-9]{5}[0-9A-Z]{5,12}|[0-9]{3}T[0-9A-Z]{8,16}|[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12})$';
ALTER TABLE payments ENABLE TRIGGER payments_append_only;

-- The days are counted anew. Triggers on them keep first_days, and say from which day on reports count again.
CREATE TEMPORARY TABLE counted_days ON COMMIT DROP AS
SELECT tenancy_id, day, min(market_id::text)::uuid AS market_id, sum(n) AS payments, sum(n * amount) AS amount, sum(CASE WHEN amount <= 50000 THEN n ELSE 0 END) AS le_50k,
    sum(CASE WHEN amount > 50000 AND amount <= 200000 THEN n ELSE 0 END) AS le_200k,
    sum(CASE WHEN amount > 200000 AND amount <= 1000000 THEN n ELSE 0 END) AS le_1m, sum(CASE WHEN amount > 1000000 THEN n ELSE 0 END) AS over_1m
FROM (
    SELECT a.tenancy_id, a.market_id, (p.occurred_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS day, 1 AS n, p.amount
    FROM payments p JOIN ledger_accounts a ON a.id = p.credit_account AND a.kind = 'stall'
    UNION ALL
    SELECT a.tenancy_id, a.market_id, (p.occurred_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date, -1, p.amount
    FROM payments p JOIN ledger_accounts a ON a.id = p.debit_account AND a.kind = 'stall'
) moves
GROUP BY tenancy_id, day;
DELETE FROM stall_days s WHERE NOT EXISTS (SELECT FROM counted_days d WHERE d.tenancy_id = s.tenancy_id AND d.day = s.day);
INSERT INTO stall_days AS s (tenancy_id, day, market_id, payments, amount, le_50k, le_200k, le_1m, over_1m)
SELECT tenancy_id, day, market_id, payments, amount, le_50k, le_200k, le_1m, over_1m FROM counted_days
ON CONFLICT (tenancy_id, day) DO UPDATE SET payments = excluded.payments, amount = excluded.amount,
    le_50k = excluded.le_50k, le_200k = excluded.le_200k, le_1m = excluded.le_1m, over_1m = excluded.over_1m
WHERE (s.payments, s.amount, s.le_50k, s.le_200k, s.le_1m, s.over_1m)
    IS DISTINCT FROM (excluded.payments, excluded.amount, excluded.le_50k, excluded.le_200k, excluded.le_1m, excluded.over_1m);

-- +goose Down
ALTER TABLE case_steps DROP COLUMN conflict_id;
ALTER TABLE cases DROP COLUMN conflict_id;
DROP INDEX notices_ahead;
ALTER TABLE notice_conflicts DROP COLUMN told_at;
ALTER TABLE notices DROP COLUMN told_at;
CREATE INDEX payments_reference ON payments (debit_account, reference) WHERE strong;
DROP INDEX payments_transfer;
