package intake_test

import (
	"fmt"
	"testing"

	"market40/payments/ledger"
)

// TestPaymentsAreCountedBySize pays at the bounds of the sizes and proves the rollup from the
// payments; a rollup that lies is found.
func TestPaymentsAreCountedBySize(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.SePay(nil)
	_, memo := w.Stall(w.Market, "A1", "970422", "1111111")
	for i, amount := range []int{1, 50_000, 50_001, 200_000, 200_001, 1_000_000, 1_000_001} {
		w.Accept(c, transfer{ID: i + 1, Account: "1111111", Memo: memo, Amount: amount, Date: "2026-11-20 08:10:00"})
	}
	var got string
	must(t, w.DB.Pool.QueryRow(t.Context(), `SELECT string_agg(concat_ws('/', payments, le_50k, le_200k, le_1m,
		over_1m), ' ') FROM stall_days`).Scan(&got))
	if got != "7/2/2/2/1" {
		t.Errorf("the day is counted %s", got)
	}
	w.VerifyBooks()
	var lived int
	must(t, w.DB.Pool.QueryRow(t.Context(), `SELECT count(*) FROM connection_days`).Scan(&lived))
	if lived != 1 {
		t.Errorf("the connection lived on %d days", lived)
	}
	_, err := w.DB.Pool.Exec(t.Context(), `UPDATE stall_days SET le_50k = le_50k + 1, over_1m = over_1m - 1,
		last_at = last_at + interval '1 minute'`)
	must(t, err)
	proof, err := ledger.Verify(t.Context(), w.DB.Pool)
	must(t, err)
	if len(proof.Faults) != 2 || proof.Faults[0].Rule != "bands" || proof.Faults[1].Rule != "last payment" {
		t.Errorf("a rollup that lies is told of by %s", fmt.Sprint(proof.Faults))
	}
}

// TestFirstDays holds the first days against the days and confirmations they are taken from: late
// ones, reversals and lies.
func TestFirstDays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.SePay(nil)
	_, memo := w.Stall(w.Market, "A1", "970422", "1111111")
	first := func() (told, word string) {
		must(t, w.DB.Pool.QueryRow(t.Context(), `SELECT coalesce(told::text, ''), coalesce(word::text, '')
			FROM first_days`).Scan(&told, &word))
		return told, word
	}
	exec := func(sql string, args ...any) {
		_, err := w.DB.Pool.Exec(t.Context(), sql, args...)
		must(t, err)
	}
	for i, want := range []string{"2026-11-20", "2026-11-20", "2026-11-12"} {
		day := []string{"2026-11-20", "2026-11-21", "2026-11-12"}[i]
		w.Accept(c, transfer{ID: i + 1, Account: "1111111", Memo: memo, Amount: 1000, Date: day + " 08:10:00"})
		if got, _ := first(); got != want {
			t.Errorf("after %s the first day is %q, not %s", day, got, want)
		}
	}
	exec(`UPDATE stall_days SET payments = 0 WHERE day = '2026-11-12'`) // as reversals leave it
	if got, _ := first(); got != "2026-11-20" {
		t.Errorf("after the first was reversed it is %q", got)
	}
	exec(`UPDATE stall_days SET payments = 1 WHERE day = '2026-11-12'`)
	for _, at := range []string{"2026-11-09T23:30:00+07:00", "2026-11-10T00:10:00+07:00", "2026-11-08T10:00:00+07:00"} {
		exec(`INSERT INTO confirmations (id, market_id, tenancy_id, amount, occurred_at, recorded_at, actor_id)
			SELECT gen_random_uuid(), t.market_id, t.id, 1000, $1::text::timestamptz, now(), (SELECT id FROM actors
			LIMIT 1) FROM tenancies t`, at)
	}
	if told, word := first(); told != "2026-11-12" || word != "2026-11-08" {
		t.Errorf("told %q, word %q", told, word)
	}
	w.VerifyBooks()
	exec(`UPDATE first_days SET told = '2026-11-01'`)
	proof, err := ledger.Verify(t.Context(), w.DB.Pool)
	must(t, err)
	if len(proof.Faults) != 1 || proof.Faults[0].Rule != "first day" {
		t.Errorf("a first day that lies is told of by %s", fmt.Sprint(proof.Faults))
	}
}
