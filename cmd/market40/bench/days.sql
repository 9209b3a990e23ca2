-- Adds the days from $1 to $2 to the province of P5: 36 payments a stall and day at three of four
-- stalls, and the checks, confirmations and connections of those days.
WITH days AS (
    SELECT d::date AS day FROM generate_series($1::date::timestamp, $2::date::timestamp, interval '1 day') d
), paid AS (
    INSERT INTO stall_days (tenancy_id, market_id, day, payments, amount, le_50k, le_200k, le_1m, over_1m, last_at)
    SELECT tenancy, md5(market_code)::uuid, day, 36, 3600000, 20, 10, 5, 1,
        day::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh' + interval '17 hours' FROM days, bench_stalls WHERE i % 4 > 0
        RETURNING payments
), scanned AS (
    INSERT INTO code_checks (id, market_id, stall_id, code, verdict, checked_at, actor_id)
    SELECT gen_random_uuid(), md5(market_code)::uuid, stall, 'BENCH' || i, CASE WHEN i % 97 = 0 THEN 'swapped'
        ELSE 'official' END, day::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh' + interval '9 hours',
        CASE WHEN i % 5 = 0 THEN uuid '00000000-0000-7000-8000-00000000b002'
            ELSE uuid '00000000-0000-7000-8000-00000000b001' END
    FROM days, bench_stalls WHERE i % 10 > 0 AND (day - date '2025-01-01' + i) % 7 = 0
), confirmed AS (
    INSERT INTO confirmations (id, market_id, tenancy_id, amount, occurred_at, recorded_at, actor_id)
    SELECT gen_random_uuid(), md5(market_code)::uuid, tenancy, 50000,
        day::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh' + interval '10 hours', now(),
        '00000000-0000-7000-8000-00000000b002'
    FROM days, bench_stalls WHERE (day - date '2025-01-01' + i) % 20 = 0
), lived AS (
    INSERT INTO connection_days (connection_id, day) SELECT '00000000-0000-7000-8000-00000000b003', day FROM days
)
SELECT sum(payments) FROM paid
