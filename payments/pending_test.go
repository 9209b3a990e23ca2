package payments_test

import (
	"sync"
	"testing"
	"time"
)

// TestOneBadNoticeBlocksNoOther makes the database refuse one amount: that notice is acknowledged and left
// pending, all others of its group are posted, and it follows when the cause is gone.
func TestOneBadNoticeBlocksNoOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.sepay(nil)
	stall, code := w.stall(w.market, "A1", "970422", "1111111")
	_, err := w.db.Pool.Exec(t.Context(), `ALTER TABLE payments ADD CONSTRAINT trap CHECK (amount <> 666)`)
	must(t, err)
	var wait sync.WaitGroup
	for i := range 20 {
		wait.Go(func() {
			amount := 1000 + i
			if i == 13 {
				amount = 666
			}
			w.accept(c, transfer{ID: i + 1, Account: "1111111", Memo: code, Amount: amount})
		})
	}
	wait.Wait()
	if n := len(w.paid(stall)); n != 19 {
		t.Errorf("%d payments posted, want 19", n)
	}
	w.wantNotice(c, 14, "pending", "failed:23514")
	w.accept(c, transfer{ID: 14, Account: "1111111", Memo: code, Amount: 666}) // a retry of the provider changes nothing
	w.wantSound()
	_, err = w.db.Pool.Exec(t.Context(), `ALTER TABLE payments DROP CONSTRAINT trap`)
	must(t, err)
	for deadline := time.Now().Add(15 * time.Second); w.notice(c, 14).text("state") != "posted"; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the pending notice was not tried again")
		}
	}
	if n := len(w.paid(stall)); n != 20 {
		t.Errorf("%d payments posted, want 20", n)
	}
	w.wantSound()
}

// TestDatabaseDownIsSaidAndLosesNothing: 503 with Retry-After; the provider's retry is posted once.
func TestDatabaseDownIsSaidAndLosesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.sepay(nil)
	_, code := w.stall(w.market, "A1", "970422", "1111111")
	w.accept(c, transfer{ID: 1, Account: "1111111", Memo: code, Amount: 1000})
	w.db.Pool.Close()
	if status, _ := w.send(c, transfer{ID: 2, Account: "1111111", Memo: code, Amount: 2000}); status != 503 {
		t.Errorf("answered %d, want 503", status)
	}
}
