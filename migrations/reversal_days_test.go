package migrations_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"market40/migrations"
	"market40/migrations/database/dbtest"
)

// TestReversalDaysAreRepaired migrates a database in which voids were dated on their own day, as
// programs before version 32 left them, and compares payments, days and first days with what they
// should have been.
func TestReversalDaysAreRepaired(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	db := openDatabase(t, url)
	conns := stdlib.OpenDBFromPool(db.Pool)
	provider, err := goose.NewProvider(goose.DialectPostgres, conns, os.DirFS("."),
		goose.WithDisableGlobalRegistry(true))
	must(t, err)
	_, err = provider.UpTo(t.Context(), 31)
	must(t, err)
	_, err = db.Pool.Exec(t.Context(), oldBooks)
	must(t, err)
	must(t, migrations.Up(t.Context(), url))

	for query, want := range map[string]string{
		`SELECT string_agg(right(id::text, 2) || ' ' || (occurred_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::text || CASE
			WHEN strong THEN ' strong' ELSE '' END, ', ' ORDER BY id) FROM payments`: "01 2026-11-25 08:00:00 strong, 02 2026-11-25 08:00:00 strong, 03 2026-11-26 08:00:00 strong, " +
			"04 2026-11-26 08:00:00, 05 2026-11-26 08:00:00 strong, 06 2026-11-28 09:00:00",
		`SELECT string_agg(concat_ws(' ', day, payments, amount, le_50k, le_200k,
			to_char(last_at AT TIME ZONE 'Asia/Ho_Chi_Minh', 'DD HH24:MI')), ', ' ORDER BY day) FROM stall_days`: "2026-11-25 0 0 0 0, 2026-11-26 1 40000 1 0 26 08:00, 2026-11-28 1 90000 0 1 28 09:00",
		`SELECT string_agg(told::text, ', ') FROM first_days`:                                   "2026-11-26",
		`SELECT count(*)::text FROM fact_changes WHERE since <= '2026-11-26'`:                   "2",
		`SELECT string_agg((told_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::text, ', ') FROM notices`: "2036-11-28 09:00:00",
		`SELECT string_agg(right(conflict_id::text, 2), ', ') FROM cases`:                       "09",
	} {
		var got string
		must(t, db.Pool.QueryRow(t.Context(), query).Scan(&got))
		if got != want {
			t.Errorf("%s\n is %s\nwant %s", query, got, want)
		}
	}
	if _, err := db.Pool.Exec(t.Context(), `UPDATE payments SET occurred_at = now()`); err == nil {
		t.Error("payments can be changed")
	}
}

// oldBooks are a payment and its void of another day; one that a case assigned, took back and
// assigned again; one that a bank dated ten years ahead; and a case of two contents under one id.
var oldBooks = fmt.Sprintf(`
INSERT INTO markets (id, code, name, class, kind, latitude, longitude, stall_capacity, created_at)
	VALUES (%[1]s, 'CHODAM', 'Chợ Đầm', 1, 'dan_sinh', 12.25, 109.19, 10, now());
INSERT INTO stalls (id, market_id, number, kind, zone, goods_group, created_at)
VALUES (%[1]s, %[1]s, 'A1', 'stall', 'A', 'rau', now());
INSERT INTO merchants (id, full_name, phone, phone_index, created_at) VALUES (%[1]s, 'x', 'x', 'x', now());
INSERT INTO tenancies (id, market_id, stall_id, merchant_id, valid, created_at)
VALUES (%[1]s, %[1]s, %[1]s, %[1]s, tstzrange(NULL, NULL), now());
INSERT INTO ledger_accounts (id, kind, market_id, tenancy_id) VALUES (%[2]s, 'bank', %[1]s, NULL), (%[1]s, 'stall',
%[1]s, %[1]s);
INSERT INTO payments (id, market_id, debit_account, credit_account, amount, debit_version, credit_version, case_id,
reverses, occurred_at, recorded_at, reference, strong) VALUES
	('00000000-0000-7000-8000-000000000001', %[1]s, %[2]s, %[1]s, 80000, 1, 1, NULL, NULL, '2026-11-25 08:00+07',
	'2026-11-25 08:00+07', 'FT26325000000001', true),
	('00000000-0000-7000-8000-000000000002', %[1]s, %[1]s, %[2]s, 80000, 2, 2, NULL,
	'00000000-0000-7000-8000-000000000001', '2026-11-27 08:00+07', '2026-11-27 08:00+07', 'FT26325000000001', true),
	('00000000-0000-7000-8000-000000000003', %[1]s, %[2]s, %[1]s, 40000, 3, 3, %[1]s, NULL, '2026-11-26 08:00+07',
	'2026-11-28 08:00+07', 'FT26325000000002', true),
	('00000000-0000-7000-8000-000000000004', %[1]s, %[1]s, %[2]s, 40000, 4, 4, %[1]s,
	'00000000-0000-7000-8000-000000000003', '2026-11-28 08:00+07', '2026-11-28 08:00+07', 'FT26325000000002', false),
	('00000000-0000-7000-8000-000000000005', %[1]s, %[2]s, %[1]s, 40000, 5, 5, %[1]s,
	'00000000-0000-7000-8000-000000000004', '2026-11-28 09:00+07', '2026-11-28 09:00+07', 'FT26325000000002', false),
	('00000000-0000-7000-8000-000000000006', %[1]s, %[2]s, %[1]s, 90000, 6, 6, NULL, NULL, '2036-11-28 09:00+07',
	'2026-11-28 09:00+07', '3079', false);
INSERT INTO stall_days (tenancy_id, day, market_id, payments, amount, le_50k, le_200k) VALUES
	(%[1]s, '2026-11-25', %[1]s, 1, 80000, 0, 1), (%[1]s, '2026-11-27', %[1]s, -1, -80000, 0, -1), (%[1]s, '2026-11-26',
	%[1]s, 1, 40000, 1, 0),
	(%[1]s, '2036-11-28', %[1]s, 1, 90000, 0, 1);
INSERT INTO notices (id, delivery_id, connection_id, external_id, state, why, direction, amount, currency, occurred_at,
precision, recorded_at, reference, account_last4, particulars)
	VALUES ('00000000-0000-7000-8000-000000000006', %[1]s, %[1]s, '6', 'posted', 'account', 'in', 90000, 'VND',
	'2036-11-28 09:00+07', 'second', '2026-11-28 09:00+07', '3079', '1111', '');
INSERT INTO notice_conflicts (id, notice_id, delivery_id, digest, amount, occurred_at, reference, particulars,
recorded_at)
	VALUES ('00000000-0000-7000-8000-000000000009', '00000000-0000-7000-8000-000000000006', %[2]s, 'x', 40000, now(),
	'3079', '', now());
INSERT INTO cases (id, kind, state, notice_id, delivery_id, opened_at)
VALUES (%[1]s, 'conflict', 'open', '00000000-0000-7000-8000-000000000006', %[2]s, now());
DELETE FROM fact_changes`, `'00000000-0000-0000-0000-0000000000a1'`, `'00000000-0000-0000-0000-0000000000b1'`)
