package intake_test

import (
	"sync"
	"testing"
	"time"

	"market40/migrations/database/worldtest"
)

// TestOneBadNoticeBlocksNoOther makes the database refuse one amount. That notice is acknowledged
// and left pending, all others of its group are posted, and it is posted after the cause is gone.
func TestOneBadNoticeBlocksNoOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.SePay(nil)
	stall, code := w.Stall(w.Market, "A1", "970422", "1111111")
	_, err := w.DB.Pool.Exec(t.Context(), `ALTER TABLE payments ADD CONSTRAINT trap CHECK (amount <> 666)`)
	must(t, err)
	var wait sync.WaitGroup
	for i := range 20 {
		wait.Go(func() {
			amount := 1000 + i
			if i == 13 {
				amount = 666
			}
			w.Accept(c, transfer{ID: i + 1, Account: "1111111", Memo: code, Amount: amount})
		})
	}
	wait.Wait()
	if n := len(w.Paid(stall)); n != 19 {
		t.Errorf("%d payments posted, want 19", n)
	}
	w.WantNotice(c, 14, "pending", "failed:23514")
	// a retry of the provider changes nothing
	w.Accept(c, transfer{ID: 14, Account: "1111111", Memo: code, Amount: 666})
	w.VerifyBooks()
	_, err = w.DB.Pool.Exec(t.Context(), `ALTER TABLE payments DROP CONSTRAINT trap`)
	must(t, err)
	for deadline := time.Now().Add(worldtest.Patience); w.Notice(c, 14).Text("state") != "posted"; time.Sleep(
		100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the pending notice was not tried again")
		}
	}
	if n := len(w.Paid(stall)); n != 20 {
		t.Errorf("%d payments posted, want 20", n)
	}
	w.VerifyBooks()
}

// TestIgnoredStaysIgnoredAfterPending checks that an ignored notice that could not be stored at
// first is not posted by the retry.
func TestIgnoredStaysIgnoredAfterPending(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.SePay(nil)
	stall, code := w.Stall(w.Market, "A1", "970422", "1111111")
	_, err := w.DB.Pool.Exec(t.Context(), `ALTER TABLE notices ADD CONSTRAINT trap CHECK (state <> 'ignored')`)
	must(t, err)
	w.Accept(c, transfer{ID: 1, Account: "1111111", Memo: code, Amount: 1000, Reference: "SB123456"})
	w.WantNotice(c, 1, "pending", "failed:23514")
	_, err = w.DB.Pool.Exec(t.Context(), `ALTER TABLE notices DROP CONSTRAINT trap`)
	must(t, err)
	for deadline := time.Now().Add(worldtest.Patience); w.Notice(c, 1).Text("state") == "pending"; time.Sleep(
		100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the pending notice was not tried again")
		}
	}
	w.WantNotice(c, 1, "ignored", "sandbox")
	w.WantPaid(stall)
	w.VerifyBooks()
}

// TestDatabaseDown checks the 503 with Retry-After, so that the provider retries.
func TestDatabaseDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.SePay(nil)
	_, code := w.Stall(w.Market, "A1", "970422", "1111111")
	w.Accept(c, transfer{ID: 1, Account: "1111111", Memo: code, Amount: 1000})
	w.DB.Close()
	status, retryAfter, _ := w.Outcome(c, transfer{ID: 2, Account: "1111111", Memo: code, Amount: 2000})
	if status != 503 || retryAfter == "" {
		t.Errorf("answered %d, Retry-After %q", status, retryAfter)
	}
}

// setTrap makes the database refuse payments of one amount, until the function that it returns is
// called.
func (w *world) setTrap(amount string) (remove func()) {
	w.T.Helper()
	_, err := w.DB.Pool.Exec(w.T.Context(), `ALTER TABLE payments ADD CONSTRAINT trap_`+amount+` CHECK (amount <> `+
		amount+`)`)
	must(w.T, err)
	return func() {
		_, err := w.DB.Pool.Exec(w.T.Context(), `ALTER TABLE payments DROP CONSTRAINT trap_`+amount)
		must(w.T, err)
	}
}

// TestYoungerPendingNoticesAreRetried checks that many notices that always fail do not block
// younger ones.
func TestYoungerPendingNoticesAreRetried(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.SePay(nil)
	stall, code := w.Stall(w.Market, "A1", "970422", "1111111")
	w.setTrap("666")
	remove := w.setTrap("777")
	var wait sync.WaitGroup
	for i := range 110 {
		wait.Go(func() { w.Accept(c, transfer{ID: i + 1, Account: "1111111", Memo: code, Amount: 666}) })
	}
	wait.Wait()
	for i := range 3 {
		w.Accept(c, transfer{ID: 200 + i, Account: "1111111", Memo: code, Amount: 777})
	}
	remove()
	w.Eventually("the younger ones are posted", func() bool { return len(w.Paid(stall)) == 3 })
	w.WantNotice(c, 1, "pending", "failed:23514")
	w.VerifyBooks()
}

// TestTenFailuresOpenACase checks that an operator sees the case and may retry, and that the case
// closes with the notice.
func TestTenFailuresOpenACase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.SePay(nil)
	stall, code := w.Stall(w.Market, "A1", "970422", "1111111")
	remove := w.setTrap("666")
	w.Accept(c, transfer{ID: 1, Account: "1111111", Memo: code, Amount: 666})
	_, err := w.DB.Pool.Exec(t.Context(), `UPDATE notice_retries SET attempts = 9, next_at = now()`)
	must(t, err)
	w.Eventually("a case is open", func() bool { return len(w.OpenCases("retry_failed")) == 1 })
	path := "/api/v1/cases/" + w.OpenCases("retry_failed")[0].Text("id") + "/retry"
	// The trap is a check constraint; the case shows its SQLSTATE.
	for _, c := range []struct{ detail, cause string }{
		{"detail", "refused"},
		{"'SQLSTATE 55P03 '", "busy"},
		{"'not processed'", "unknown"},
	} {
		_, err := w.DB.Pool.Exec(t.Context(), `UPDATE cases SET detail = `+c.detail)
		must(t, err)
		if cause := w.OpenCases("retry_failed")[0].Text("cause"); cause != c.cause {
			t.Errorf("with %s the cause is %q, want %q", c.detail, cause, c.cause)
		}
	}
	if code := w.Call(w.Admin, "POST", path, nil, 409).Text("code"); code != "retry_failed" {
		t.Errorf("a retry in vain is answered by %s", code)
	}
	w.Call(w.Key("auditor", ""), "POST", path, nil, 403)
	w.Call(w.Key("manager", "market:CHODAM"), "POST", path, nil, 404)
	remove()
	if state := w.Call(w.Admin, "POST", path, nil, 200).Text("state"); state != "dismissed" {
		t.Errorf("after the retry the case is %s", state)
	}
	w.WantPaid(stall, "666")
	w.WantNotice(c, 1, "posted", "memo_code")
	w.Call(w.Admin, "POST", path, nil, 409)
	w.VerifyBooks()
}
