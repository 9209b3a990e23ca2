package intake_test

import (
	"testing"
	"time"

	"market40/merchants/platform/seal"
	"market40/migrations/database"
	"market40/migrations/database/dbtest"
	"market40/payments/banks"
	"market40/payments/connections"
	"market40/payments/intake"
	"market40/payments/money"
	"market40/payments/paymentstest"
)

const thisMonth = `to_char(now() AT TIME ZONE 'UTC', '_YYYY_MM')`

// TestPartitionsTakeRowsOfDefault checks that rows of a month without a partition are moved when it
// is created, and that a failure for one table does not stop the others.
func TestPartitionsTakeRowsOfDefault(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	db, err := database.Open(t.Context(), url, database.Options{})
	must(t, err)
	t.Cleanup(db.Close)
	_, err = db.Pool.Exec(t.Context(), `DO $$ BEGIN
		EXECUTE 'DROP TABLE notices' || `+thisMonth+` || ', payments' || `+thisMonth+` || ', deliveries' || `+thisMonth+
		`;
		INSERT INTO deliveries (id, connection_id, received_at, verdict, headers, body)
			SELECT id_floor(now()), gen_random_uuid(), now(), 'read', '', ''::bytea UNION ALL
			SELECT id_floor(now() + interval '1 year'), gen_random_uuid(), now(), 'read', '', ''::bytea;
		INSERT INTO payments (id, market_id, debit_account, credit_account, amount, debit_version, credit_version,
		occurred_at, recorded_at, reference, strong)
			SELECT id_floor(now()), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 1, 1, 1, now(), now(), '',
			false;
	END $$`)
	must(t, err)
	held, err := db.Pool.Begin(t.Context())
	must(t, err)
	_, err = held.Exec(t.Context(), `LOCK TABLE payments_default IN ACCESS SHARE MODE`)
	must(t, err)
	w := newWorldOn(t, db)
	count := func(table string) (n int) {
		must(t, db.Pool.QueryRow(t.Context(), `SELECT coalesce((xpath('/row/n/text()',
			query_to_xml('SELECT count(*) AS n FROM ' || c.relname, true, true, '')))[1]::text::int, -1)
			FROM (SELECT `+table+
			` AS relname) c WHERE to_regclass(c.relname) IS NOT NULL UNION ALL SELECT -1 LIMIT 1`).Scan(&n))
		return n
	}
	w.Eventually("deliveries are moved", func() bool { return count(`'deliveries' || `+thisMonth) == 1 })
	if n := count(`'deliveries_default'`); n != 1 {
		t.Errorf("%d deliveries of other months are left in DEFAULT, want 1", n)
	}
	if n := count(`'payments' || ` + thisMonth); n != -1 {
		t.Errorf("payments were moved under a lock: %d", n)
	}
	must(t, held.Rollback(t.Context()))
	w.Eventually("payments are moved", func() bool {
		// the job may be at it too
		_, _ = db.Pool.Exec(t.Context(), `SELECT make_partition(parent, month) FROM missing_partitions(now())`)
		return count(`'payments' || `+thisMonth) == 1
	})
	if _, err := db.Pool.Exec(t.Context(), `UPDATE payments SET amount = 2`); err == nil {
		t.Error("a moved payment can be changed")
	}
}

// TestWrongClockUsesDatabaseTime checks that with a clock 70 days off, ids are made from the
// database's clock.
func TestWrongClockUsesDatabaseTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall, code := w.Stall(w.Market, "A1", "970422", "1111111")
	amount, err := money.Parse("1000")
	must(t, err)
	for i, off := range []time.Duration{70 * 24 * time.Hour, -70 * 24 * time.Hour, time.Hour} {
		now := func() time.Time { return time.Now().Add(off) }
		keys, err := seal.Open(t.Context(), w.DB.Pool, [seal.KeySize]byte{1}, now)
		must(t, err)
		connection, err := w.Payments.Connections.Create(t.Context(), connections.ConnectionOrder{
			Provider: "sepay",
			Name:     "SePay",
			Secrets: connections.SecretFields{RawMessage: []byte(`{"api_key":"` + paymentstest.SePayKey +
				`"}`)},
		})
		must(t, err)
		n := banks.Notice{
			ExternalID: "1", Account: "1111111", Direction: banks.In, Amount: amount, Currency: money.Currency,
			Memo:       code,
			OccurredAt: time.Now().Add(-time.Duration(i) * time.Hour), Precision: banks.Second,
		}
		p := intake.New(w.DB, keys, connections.New(w.DB, keys, now), now)
		err = p.Receive(t.Context(), connection.ID, []banks.Notice{n})
		if off > 24*time.Hour && err == nil {
			t.Error("ids far ahead of the database's clock were taken")
		}
		if err != nil { // it knows the database's clock by now
			must(t, p.Receive(t.Context(), connection.ID, []banks.Notice{n}))
		}
	}
	var elsewhere int
	must(t, w.DB.Pool.QueryRow(t.Context(), `SELECT count(*) FROM deliveries
		WHERE id > id_floor(now() + interval '1 day')`).Scan(&elsewhere))
	if elsewhere != 0 {
		t.Errorf("%d deliveries lie ahead of the database's clock", elsewhere)
	}
	if n := len(w.Paid(stall)); n != 3 {
		t.Errorf("%d payments, want 3", n)
	}
	w.VerifyBooks()
}
