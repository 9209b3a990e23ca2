package payments_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"market40/migrations/database"
	"market40/migrations/database/dbtest"
)

// newProxiedWorld is a world that reaches its database through a proxy, and a way to that database beside it.
func newProxiedWorld(t *testing.T) (w *world, proxy *dbtest.Proxy, direct *database.DB) {
	t.Helper()
	url := dbtest.URL(t)
	open := func(url string) *database.DB {
		db, err := database.Open(t.Context(), url, database.Options{})
		must(t, err)
		t.Cleanup(db.Close)
		return db
	}
	direct, proxy = open(url), dbtest.NewProxy(t, url)
	return newWorldOn(t, open(proxy.URL)), proxy, direct
}

// outcome posts a webhook body and returns the status and how long the answer took.
func (w *world) outcome(connection string, n transfer) (status int, retryAfter string, took time.Duration) {
	w.t.Helper()
	raw, err := json.Marshal(n.body())
	must(w.t, err)
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.server.URL+"/webhooks/sepay/"+connection, bytes.NewReader(raw))
	must(w.t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Apikey "+sepayKey)
	begun := time.Now()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Error(err)
		return 0, "", time.Since(begun)
	}
	defer res.Body.Close()
	return res.StatusCode, res.Header.Get("Retry-After"), time.Since(begun)
}

// TestWebhooksAreAnsweredWhileTheDatabaseHangs: also those that wait behind others, and of a connection that is not
// remembered. What was refused is posted once the database is back and the bank comes again.
func TestWebhooksAreAnsweredWhileTheDatabaseHangs(t *testing.T) {
	t.Parallel()
	w, proxy, _ := newProxiedWorld(t)
	known, unread := w.sepay(nil), w.sepay(nil)
	stall, code := w.stall(w.market, "A1", "970422", "1111111")
	w.accept(known, transfer{ID: 1, Account: "1111111", Memo: code, Amount: 1000})
	proxy.Freeze()
	const waves, each = 3, 12
	var wait sync.WaitGroup
	send := func(connection string, id int) {
		wait.Go(func() {
			status, retryAfter, took := w.outcome(connection, transfer{ID: id, Account: "1111111", Memo: code, Amount: 1000 + id})
			if status != 503 || retryAfter == "" || took > 25*time.Second { // 7.5 s, and what a busy machine takes
				t.Errorf("notice %d answered %d, Retry-After %q, after %s", id, status, retryAfter, took)
			}
		})
	}
	for wave := range waves {
		for i := range each {
			send(known, 100*(wave+1)+i)
		}
		send(unread, 1000+wave)
		time.Sleep(700 * time.Millisecond) // the next ones come while these wait
	}
	wait.Wait()
	proxy.Thaw()
	for wave := range waves {
		for i := range each {
			id := 100*(wave+1) + i
			w.eventually(fmt.Sprintf("notice %d accepted", id), func() bool {
				status, _, _ := w.outcome(known, transfer{ID: id, Account: "1111111", Memo: code, Amount: 1000 + id})
				return status == 200
			})
		}
	}
	if n := len(w.paid(stall)); n != 1+waves*each {
		t.Errorf("%d payments, want %d", n, 1+waves*each)
	}
	w.wantSound()
}

// TestPostingSurvivesASilentFailover: connections that exist lead nowhere any more, new ones work.
func TestPostingSurvivesASilentFailover(t *testing.T) {
	t.Parallel()
	w, proxy, _ := newProxiedWorld(t)
	c := w.sepay(nil)
	stall, code := w.stall(w.market, "A1", "970422", "1111111")
	w.accept(c, transfer{ID: 1, Account: "1111111", Memo: code, Amount: 1000})
	proxy.BlackHole()
	w.eventually("a notice accepted", func() bool {
		status, _, _ := w.outcome(c, transfer{ID: 2, Account: "1111111", Memo: code, Amount: 2000})
		return status == 200
	})
	w.wantPaid(stall, "2000", "1000")
	w.wantSound()
}

// TestOneLockedAccountBlocksNoOther: while another transaction holds one stall's row in the ledger, the notices of
// all other stalls are posted, and those of the locked one are told to come again.
func TestOneLockedAccountBlocksNoOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.sepay(nil)
	locked, lockedCode := w.stall(w.market, "A1", "970422", "1111111")
	_, freeCode := w.stall(w.market, "A2", "970422", "2222222")
	w.accept(c, transfer{ID: 1, Account: "1111111", Memo: lockedCode, Amount: 1000})
	tx, err := w.db.Pool.Begin(t.Context())
	must(t, err)
	_, err = tx.Exec(t.Context(), `SELECT FROM ledger_accounts WHERE tenancy_id = (SELECT id FROM tenancies WHERE stall_id = $1) FOR UPDATE`, locked)
	must(t, err)
	var wait sync.WaitGroup
	for i := range 60 {
		n := transfer{ID: 100 + i, Account: "2222222", Memo: freeCode, Amount: 1000 + i}
		want := 200
		if i%2 == 0 {
			n.Account, n.Memo, want = "1111111", lockedCode, 503
		}
		wait.Go(func() {
			status, _, took := w.outcome(c, n)
			for again := 0; status == 503 && want == 200 && again < 5; again++ { // it waited beside the locked one: the bank comes again
				status, _, took = w.outcome(c, n)
			}
			if status != want {
				t.Errorf("notice %d answered %d after %s, want %d", n.ID, status, took, want)
			}
		})
	}
	wait.Wait()
	must(t, tx.Rollback(t.Context()))
	w.eventually("the locked stall's notice accepted", func() bool {
		status, _, _ := w.outcome(c, transfer{ID: 100, Account: "1111111", Memo: lockedCode, Amount: 1000})
		return status == 200
	})
	w.wantSound()
}

// eventually waits until a condition holds.
func (w *world) eventually(what string, holds func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("not in time: %s", what)
		}
	}
}
