-- Each row is a fault of the books, found from the rows alone. "LIMIT 1" tells the planner that a reversal reverses
-- one payment: it has no statistics of a partitioned table as a whole, would expect billions, and took minutes.
WITH RECURSIVE above AS ( -- a reversal with each payment that it reverses, directly or through another reversal
    SELECT p.id, o.id AS original, o.reverses, o.occurred_at FROM payments p
        CROSS JOIN LATERAL (SELECT id, reverses, occurred_at FROM payments WHERE id = p.reverses LIMIT 1) o
    WHERE p.reverses IS NOT NULL
    UNION
    SELECT a.id, o.id, o.reverses, o.occurred_at FROM above a
        CROSS JOIN LATERAL (SELECT id, reverses, occurred_at FROM payments WHERE id = a.reverses LIMIT 1) o
),
-- a reversal counts on the day of the first payment
dated AS (SELECT id, occurred_at FROM above WHERE reverses IS NULL),
went_back AS ( -- payments whose money is on the bank account again
    SELECT a.original AS id FROM above a JOIN payments p ON p.id = a.id
        JOIN ledger_accounts k ON k.id = p.credit_account AND k.kind = 'bank'
    WHERE NOT EXISTS (SELECT FROM payments r WHERE r.reverses = p.id AND r.reverses IS NOT NULL)
),
-- money from bank accounts with a reference that identifies one transfer: T24's FT numbers, VietinBank's, UUIDs
named AS (
    SELECT p.id, p.reference, p.amount, p.recorded_at, p.case_id, b.account_id FROM payments p
        JOIN ledger_accounts b ON b.id = p.debit_account AND b.kind = 'bank'
    WHERE p.reference ~ '^(FT[0-9]{5}[0-9A-Z]{5,12}|[0-9]{3}T[0-9A-Z]{8,16}|[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12})$'
    AND p.reverses IS NULL AND NOT EXISTS (SELECT FROM went_back w WHERE w.id = p.id)
),
sides AS (
    SELECT debit_account AS account, amount AS debit, 0::numeric AS credit, debit_version AS version FROM payments
    UNION ALL
    SELECT credit_account, 0, amount, credit_version FROM payments
),
moved AS (
    SELECT account, sum(debit) AS debits, sum(credit) AS credits, count(*) AS moves,
        count(DISTINCT version) AS versions, max(version) AS last
    FROM sides GROUP BY account
),
days AS (
    SELECT tenancy_id, day, sum(n) AS payments, sum(n * amount) AS amount,
        sum(CASE WHEN amount <= 50000 THEN n ELSE 0 END) AS le_50k,
        sum(CASE WHEN amount > 50000 AND amount <= 200000 THEN n ELSE 0 END) AS le_200k,
        sum(CASE WHEN amount > 200000 AND amount <= 1000000 THEN n ELSE 0 END) AS le_1m,
        sum(CASE WHEN amount > 1000000 THEN n ELSE 0 END) AS over_1m,
        max(unreversed_at) AS last_at
    FROM (
        SELECT a.tenancy_id, (coalesce(d.occurred_at, p.occurred_at) AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS day,
            1 AS n, p.amount,
            CASE WHEN o.id IS NULL THEN coalesce(d.occurred_at, p.occurred_at) END AS unreversed_at
        FROM payments p JOIN ledger_accounts a ON a.id = p.credit_account AND a.kind = 'stall'
            LEFT JOIN dated d ON d.id = p.id
        LEFT JOIN (SELECT DISTINCT original AS id FROM above) o ON o.id = p.id
        UNION ALL
        SELECT a.tenancy_id, (coalesce(d.occurred_at, p.occurred_at) AT TIME ZONE 'Asia/Ho_Chi_Minh')::date, -1,
            p.amount, NULL
        FROM payments p JOIN ledger_accounts a ON a.id = p.debit_account AND a.kind = 'stall'
            LEFT JOIN dated d ON d.id = p.id
    ) moves
    GROUP BY tenancy_id, day
)
SELECT 'totals' AS rule, 'all accounts' AS what, 'debits ' || sum(debits) || ', credits ' || sum(credits) AS found
FROM ledger_accounts HAVING sum(debits) <> sum(credits)
UNION ALL
SELECT 'balance', a.id::text, 'stored ' || a.debits || '/' || a.credits || ', payments say ' || coalesce(t.debits, 0)
    || '/' || coalesce(t.credits, 0)
FROM ledger_accounts a LEFT JOIN moved t ON t.account = a.id
WHERE (a.debits, a.credits) IS DISTINCT FROM (coalesce(t.debits, 0), coalesce(t.credits, 0))
UNION ALL
SELECT 'versions', a.id::text, 'version ' || a.version || ', ' || coalesce(t.moves, 0) || ' payments, '
    || coalesce(t.versions, 0) || ' distinct, last ' || coalesce(t.last, 0)
FROM ledger_accounts a LEFT JOIN moved t ON t.account = a.id
WHERE NOT (a.version = coalesce(t.moves, 0) AND a.version = coalesce(t.versions, 0) AND a.version = coalesce(t.last, 0))
UNION ALL
SELECT 'payment without account', t.account::text, t.moves || ' payments name an account that is not there'
FROM moved t LEFT JOIN ledger_accounts a ON a.id = t.account WHERE a.id IS NULL
UNION ALL
SELECT 'notice without payment', n.id::text, 'a posted notice has no payment'
FROM notices n LEFT JOIN payments p ON p.id = n.id
WHERE n.state = 'posted' AND p.id IS NULL
UNION ALL
SELECT 'payment without notice', p.id::text, CASE WHEN n.id IS NULL THEN 'it has no notice and no case'
    ELSE 'its notice is ' || n.state END
FROM payments p LEFT JOIN notices n ON n.id = p.id
WHERE (p.case_id IS NULL AND n.id IS NULL) OR (n.id IS NOT NULL AND n.state NOT IN ('posted', 'unmatched'))
UNION ALL
SELECT 'amount', p.id::text, 'notice ' || n.amount || ', payment ' || p.amount
FROM payments p JOIN notices n ON n.id = p.id WHERE n.amount <> p.amount
UNION ALL
SELECT 'notice without key', n.id::text, 'no key of its (connection, external id) names it'
FROM notices n LEFT JOIN notice_keys k ON k.connection_id = n.connection_id AND k.external_id = n.external_id
    AND k.notice_id = n.id
WHERE k.notice_id IS NULL
UNION ALL
SELECT 'key without notice', k.notice_id::text, 'a notice was acknowledged and is not there'
FROM notice_keys k LEFT JOIN notices n ON n.id = k.notice_id WHERE n.id IS NULL
UNION ALL
SELECT 'day', coalesce(s.tenancy_id, d.tenancy_id) || ' ' || coalesce(s.day, d.day),
    'rollup ' || coalesce(s.payments, 0) || '/' || coalesce(s.amount, 0) || ', payments say '
        || coalesce(d.payments, 0) || '/' || coalesce(d.amount, 0)
FROM stall_days s FULL JOIN days d ON d.tenancy_id = s.tenancy_id AND d.day = s.day
WHERE (coalesce(s.payments, 0), coalesce(s.amount, 0)) <> (coalesce(d.payments, 0), coalesce(d.amount, 0))
UNION ALL
SELECT 'bands', s.tenancy_id || ' ' || s.day, 'rollup ' || concat_ws('/', s.le_50k, s.le_200k, s.le_1m, s.over_1m)
    || ', payments say ' || concat_ws('/', d.le_50k, d.le_200k, d.le_1m, d.over_1m)
FROM stall_days s JOIN days d ON d.tenancy_id = s.tenancy_id AND d.day = s.day
WHERE (s.le_50k, s.le_200k, s.le_1m, s.over_1m) <> (d.le_50k, d.le_200k, d.le_1m, d.over_1m)
UNION ALL
SELECT 'last payment', s.tenancy_id || ' ' || s.day, 'rollup ' || coalesce(s.last_at::text, 'none')
    || ', payments say ' || coalesce(d.last_at::text, 'none')
FROM stall_days s JOIN days d ON d.tenancy_id = s.tenancy_id AND d.day = s.day
WHERE s.last_at IS DISTINCT FROM d.last_at
UNION ALL
SELECT 'first day', coalesce(f.tenancy_id, d.tenancy_id)::text, 'stored ' || coalesce(f.told::text, 'none')
    || ', the days say ' || coalesce(d.first::text, 'none')
FROM first_days f
    FULL JOIN (SELECT tenancy_id, min(day) AS first FROM stall_days WHERE payments > 0 GROUP BY tenancy_id) d
    ON d.tenancy_id = f.tenancy_id
WHERE f.told IS DISTINCT FROM d.first
UNION ALL
SELECT 'day below zero', s.tenancy_id || ' ' || s.day, s.payments || ' payments of ' || s.amount FROM stall_days s
WHERE s.payments < 0 OR s.amount < 0
UNION ALL
SELECT 'reversal without payment', p.id::text, 'it reverses ' || p.reverses || ', which is not there'
FROM payments p LEFT JOIN payments o ON o.id = p.reverses WHERE p.reverses IS NOT NULL AND o.id IS NULL
UNION ALL
SELECT 'reversed twice', p.reverses::text, count(*) || ' payments reverse it' FROM payments p
WHERE p.reverses IS NOT NULL GROUP BY p.reverses HAVING count(*) > 1
UNION ALL
SELECT 'reversal''s time', p.id::text, 'it occurred at ' || p.occurred_at || ', what it reverses at ' || d.occurred_at
FROM dated d JOIN payments p ON p.id = d.id WHERE p.occurred_at <> d.occurred_at
UNION ALL
SELECT 'transfer posted twice', a.id || ' ' || b.id, a.reference || ' of ' || a.amount
FROM named a JOIN named b ON b.reference = a.reference AND b.amount = a.amount AND b.id > a.id
-- or people decided that they differ
WHERE (a.account_id = b.account_id OR a.account_id IS NULL OR b.account_id IS NULL OR a.case_id IS NULL
    AND b.case_id IS NULL)
    AND abs(extract(epoch FROM b.recorded_at - a.recorded_at)) <= 45 * 86400
