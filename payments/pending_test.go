package payments_test

import (
	"bytes"
	"encoding/json"
	"net/http"
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

// TestIgnoredStaysIgnoredAfterPending: what could not be kept at first is not posted when it is tried again.
func TestIgnoredStaysIgnoredAfterPending(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.sepay(nil)
	stall, code := w.stall(w.market, "A1", "970422", "1111111")
	_, err := w.db.Pool.Exec(t.Context(), `ALTER TABLE notices ADD CONSTRAINT trap CHECK (state <> 'ignored')`)
	must(t, err)
	w.accept(c, transfer{ID: 1, Account: "1111111", Memo: code, Amount: 1000, Reference: "SB123456"})
	w.wantNotice(c, 1, "pending", "failed:23514")
	_, err = w.db.Pool.Exec(t.Context(), `ALTER TABLE notices DROP CONSTRAINT trap`)
	must(t, err)
	for deadline := time.Now().Add(15 * time.Second); w.notice(c, 1).text("state") == "pending"; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the pending notice was not tried again")
		}
	}
	w.wantNotice(c, 1, "ignored", "sandbox")
	w.wantPaid(stall)
	w.wantSound()
}

// TestDatabaseDownIsSaid: 503 with Retry-After, so that the provider comes again.
func TestDatabaseDownIsSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.sepay(nil)
	_, code := w.stall(w.market, "A1", "970422", "1111111")
	w.accept(c, transfer{ID: 1, Account: "1111111", Memo: code, Amount: 1000})
	w.db.Close()
	raw, err := json.Marshal(transfer{ID: 2, Account: "1111111", Memo: code, Amount: 2000}.body())
	must(t, err)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.server.URL+"/webhooks/sepay/"+c, bytes.NewReader(raw))
	must(t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Apikey "+sepayKey)
	res, err := http.DefaultClient.Do(req)
	must(t, err)
	defer res.Body.Close()
	if res.StatusCode != 503 || res.Header.Get("Retry-After") == "" {
		t.Errorf("answered %d, Retry-After %q", res.StatusCode, res.Header.Get("Retry-After"))
	}
}
