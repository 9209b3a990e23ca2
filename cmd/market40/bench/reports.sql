-- A province for P5: the eight pilot markets of 2024 with 2,615 stalls, each with an account, a
-- code that is checked weekly, and what the field reports. Days are added by days.sql.
CREATE TABLE bench_stalls AS
WITH m (code, district, commune, stalls) AS (VALUES
    ('P1', '568', '22366', 1000), ('P2', '569', '22423', 350), ('P3', '570', '22453', 180), ('P4', '571', '22489', 260),
    ('P5', '572', '22528', 420), ('P6', '573', '22609', 60), ('P7', '574', '22651', 300), ('P8', '575', '22714', 45)
)
SELECT row_number() OVER () AS i, m.code AS market_code, m.district, m.commune, n, gen_random_uuid() AS stall,
    gen_random_uuid() AS merchant,
    gen_random_uuid() AS tenancy, gen_random_uuid() AS account FROM m, generate_series(1, m.stalls) AS n;
INSERT INTO actors (id, role) VALUES ('00000000-0000-7000-8000-00000000b001', 'team'),
    ('00000000-0000-7000-8000-00000000b002', 'merchant');
INSERT INTO markets (id, code, name, class, kind, created_at) SELECT DISTINCT md5(market_code)::uuid, market_code,
    'Chợ ' || market_code, 1, 'dan_sinh', now() FROM bench_stalls;
INSERT INTO market_places (id, market_id, locality_id, valid)
SELECT gen_random_uuid(), md5(b.market_code)::uuid, v.locality_id, p.valid
FROM (SELECT DISTINCT market_code, district, commune FROM bench_stalls) b,
LATERAL (VALUES ('district', b.district, '2024-05-28'::date, '(,2025-07-01)'::daterange),
    ('commune', b.commune, '2025-07-01', '[2025-07-01,)')) p (level, code, day, valid)
JOIN locality_versions v ON v.level = p.level AND v.code = p.code AND v.valid @> p.day;
INSERT INTO stalls (id, market_id, number, kind, zone, goods_group, created_at)
SELECT stall, md5(market_code)::uuid, n::text, 'stall', 'Khu ' || n % 8,
    (ARRAY ['hai_san', 'thit', 'rau', 'may_mac', 'tap_hoa', 'khac'])[1 + n % 6], now() FROM bench_stalls;
INSERT INTO stall_states (id, stall_id, state, valid) SELECT gen_random_uuid(), stall, 'operating', '[2025-01-01,)'
FROM bench_stalls;
INSERT INTO merchants (id, full_name, created_at) SELECT merchant, 'Bench ' || i, now() FROM bench_stalls;
INSERT INTO tenancies (id, market_id, stall_id, merchant_id, valid, approved_at, created_at)
SELECT tenancy, md5(market_code)::uuid, stall, merchant, '[2025-01-01,)', '2025-01-01', now() FROM bench_stalls;
INSERT INTO accounts (id, merchant_id, kind, number, number_index, last4, holder_name, holder_kind, created_at,
    name_checked_at, name_checked_how)
SELECT account, merchant, 'ewallet', '', account::text::bytea, '', 'BENCH', 'ca_nhan', now(),
    CASE WHEN i % 3 > 0 THEN timestamptz '2025-02-01' END, CASE WHEN i % 3 > 0 THEN 'bank_lookup' ELSE '' END
    FROM bench_stalls;
INSERT INTO tenancy_accounts (tenancy_id, account_id, since) SELECT tenancy, account, '2025-01-01' FROM bench_stalls
WHERE i % 10 > 0;
INSERT INTO codes (code, kind, market_id, stall_id, tenancy_id, account_id, state, issued_at)
SELECT 'BENCH' || i, 'stall', md5(market_code)::uuid, stall, tenancy, account, 'current', '2025-01-02'
FROM bench_stalls WHERE i % 10 > 0;
INSERT INTO bank_connections (id, provider, name, owner_kind, created_at)
    VALUES ('00000000-0000-7000-8000-00000000b003', 'standard', 'bench', 'platform', '2025-01-01');
INSERT INTO ledger_accounts (id, kind, market_id, tenancy_id, version, last_at)
SELECT tenancy, 'stall', md5(market_code)::uuid, tenancy, 1, now() FROM bench_stalls;
INSERT INTO campaigns (id, code, name, legal_ref, basis, starts_on, created_by, created_at)
VALUES ('00000000-0000-7000-8000-00000000b004', 'BENCH', 'Chợ 4.0', 'Bench', 'districts_2024', '2025-01-01',
    '00000000-0000-7000-8000-00000000b001', now());
INSERT INTO pilots (id, campaign_id, locality_id, market_id, valid, designated_by, designated_at)
SELECT gen_random_uuid(), '00000000-0000-7000-8000-00000000b004', p.locality_id, p.market_id, '[2025-01-01,)',
    '00000000-0000-7000-8000-00000000b001', now()
FROM market_places p WHERE upper(p.valid) = '2025-07-01';
INSERT INTO visits (id, market_id, tenancy_id, visited_at, outcome, actor_id, recorded_at)
SELECT gen_random_uuid(), md5(market_code)::uuid, tenancy, timestamptz '2025-03-01' + k * interval '60 days',
    'helped', '00000000-0000-7000-8000-00000000b001', now()
FROM bench_stalls, generate_series(0, 8) k WHERE i % 4 > 0;
INSERT INTO trainings (id, market_id, held_on, topic, actor_id, recorded_at)
SELECT md5(market_code || k)::uuid, md5(market_code)::uuid, date '2025-02-01' + k * 45, 'QR',
    '00000000-0000-7000-8000-00000000b001', now() FROM (SELECT DISTINCT market_code FROM bench_stalls) m,
    generate_series(0, 13) k;
INSERT INTO attendances (training_id, merchant_id, market_id, actor_id, recorded_at)
SELECT md5(market_code || i % 14)::uuid, merchant, md5(market_code)::uuid, '00000000-0000-7000-8000-00000000b001',
    now() FROM bench_stalls WHERE i % 2 = 0;
INSERT INTO declared_shares (id, market_id, tenancy_id, asked_on, customers, transfers, actor_id, recorded_at)
SELECT gen_random_uuid(), md5(market_code)::uuid, tenancy, date '2025-02-01' + (i % 28)::int + k * 30, 10,
    (i + k) % 11, '00000000-0000-7000-8000-00000000b001', now() FROM bench_stalls, generate_series(0, 19) k;
INSERT INTO fee_summaries (market_id, month, version, due, paid, paid_by_transfer, actor_id, recorded_at)
SELECT DISTINCT md5(market_code)::uuid, (date '2025-01-01' + k * interval '1 month')::date, 1, 100000000, 90000000,
    30000000, '00000000-0000-7000-8000-00000000b001'::uuid, now() FROM bench_stalls, generate_series(0, 21) k;
INSERT INTO survey_answers (id, market_id, asked_on, smartphone, signal, active, sex, aged_60, minority, non_fixed)
SELECT gen_random_uuid(), md5(market_code)::uuid, date '2025-02-01' + (i % 600)::int, i % 5 > 0, i % 7 > 0, i % 2 = 0,
    CASE WHEN i % 3 > 0 THEN 'female' ELSE 'male' END, i % 6 = 0, i % 9 = 0, false FROM bench_stalls;
INSERT INTO incidents (id, market_id, kind, occurred_at, closed_at, actor_id, recorded_at)
SELECT gen_random_uuid(), md5(market_code)::uuid, 'fake_transfer', timestamptz '2025-02-01' + i * interval '5 hours',
    timestamptz '2025-02-03' + i * interval '5 hours', '00000000-0000-7000-8000-00000000b001', now() FROM bench_stalls;
INSERT INTO programme_costs (id, campaign_id, market_id, spent_on, purpose, amount, actor_id, recorded_at)
SELECT gen_random_uuid(), '00000000-0000-7000-8000-00000000b004', md5(market_code)::uuid,
    date '2025-01-05' + (i % 600)::int, 'printing', 1000000, '00000000-0000-7000-8000-00000000b001', now()
    FROM bench_stalls;
