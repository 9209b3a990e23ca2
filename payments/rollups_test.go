package payments_test

import (
	"fmt"
	"testing"

	"market40/payments/ledger"
)

// TestPaymentsAreCountedBySize pays at the bounds of the sizes and proves the rollup from the payments;
// a rollup that lies is found.
func TestPaymentsAreCountedBySize(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.sepay(nil)
	_, memo := w.stall(w.market, "A1", "970422", "1111111")
	for i, amount := range []int{1, 50_000, 50_001, 200_000, 200_001, 1_000_000, 1_000_001} {
		w.accept(c, transfer{ID: i + 1, Account: "1111111", Memo: memo, Amount: amount, Date: "2026-11-20 08:10:00"})
	}
	var got string
	must(t, w.db.Pool.QueryRow(t.Context(), `SELECT string_agg(concat_ws('/', payments, le_50k, le_200k, le_1m, over_1m), ' ') FROM stall_days`).Scan(&got))
	if got != "7/2/2/2/1" {
		t.Errorf("the day is counted %s", got)
	}
	w.wantSound()
	var lived int
	must(t, w.db.Pool.QueryRow(t.Context(), `SELECT count(*) FROM connection_days`).Scan(&lived))
	if lived != 1 {
		t.Errorf("the connection lived on %d days", lived)
	}
	_, err := w.db.Pool.Exec(t.Context(), `UPDATE stall_days SET le_50k = le_50k + 1, over_1m = over_1m - 1`)
	must(t, err)
	proof, err := ledger.Verify(t.Context(), w.db.Pool)
	must(t, err)
	if len(proof.Faults) != 1 || proof.Faults[0].Rule != "bands" {
		t.Errorf("a rollup that lies is told of by %s", fmt.Sprint(proof.Faults))
	}
}
