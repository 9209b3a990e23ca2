package intake_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"market40/migrations/database"
	"market40/migrations/database/dbtest"
)

// newProxiedWorld is a world that reaches its database through a proxy, and a way to that database
// beside it.
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

// TestWebhooksAreAnsweredWhileTheDatabaseHangs checks that webhooks are answered in time, also
// those that wait behind others and those of a connection that is not cached. After the database is
// back, a retry posts what was refused.
func TestWebhooksAreAnsweredWhileTheDatabaseHangs(t *testing.T) {
	t.Parallel()
	w, proxy, _ := newProxiedWorld(t)
	known, unread := w.SePay(nil), w.SePay(nil)
	stall, code := w.Stall(w.Market, "A1", "970422", "1111111")
	w.Accept(known, transfer{ID: 1, Account: "1111111", Memo: code, Amount: 1000})
	proxy.Freeze()
	const waves, each = 3, 12
	var wait sync.WaitGroup
	send := func(connection string, id int) {
		wait.Go(func() {
			status, retryAfter, took := w.Outcome(connection, transfer{
				ID: id, Account: "1111111", Memo: code,
				Amount: 1000 + id,
			})
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
			w.Eventually(fmt.Sprintf("notice %d accepted", id), func() bool {
				status, _, _ := w.Outcome(known, transfer{ID: id, Account: "1111111", Memo: code, Amount: 1000 + id})
				return status == 200
			})
		}
	}
	if n := len(w.Paid(stall)); n != 1+waves*each {
		t.Errorf("%d payments, want %d", n, 1+waves*each)
	}
	w.VerifyBooks()
}

// TestPostingSurvivesASilentFailover lets the existing connections hang while new ones work.
func TestPostingSurvivesASilentFailover(t *testing.T) {
	t.Parallel()
	w, proxy, _ := newProxiedWorld(t)
	c := w.SePay(nil)
	stall, code := w.Stall(w.Market, "A1", "970422", "1111111")
	w.Accept(c, transfer{ID: 1, Account: "1111111", Memo: code, Amount: 1000})
	proxy.BlackHole()
	w.Eventually("a notice accepted", func() bool {
		status, _, _ := w.Outcome(c, transfer{ID: 2, Account: "1111111", Memo: code, Amount: 2000})
		return status == 200
	})
	// readers have connections of their own, which are silent too
	w.Eventually("the stall's payments read", func() bool {
		return w.Send(w.Admin, http.MethodGet, "/api/v1/stalls/"+stall+"/payments", nil).Code == 200
	})
	w.WantPaid(stall, "2000", "1000")
	w.VerifyBooks()
}

// TestOneLockedAccountBlocksNoOther locks the row of one stall in the ledger: notices of all other
// stalls are posted, those of the locked one get a 503.
func TestOneLockedAccountBlocksNoOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.SePay(nil)
	locked, lockedCode := w.Stall(w.Market, "A1", "970422", "1111111")
	_, freeCode := w.Stall(w.Market, "A2", "970422", "2222222")
	w.Accept(c, transfer{ID: 1, Account: "1111111", Memo: lockedCode, Amount: 1000})
	tx, err := w.DB.Pool.Begin(t.Context())
	must(t, err)
	_, err = tx.Exec(t.Context(), `SELECT FROM ledger_accounts WHERE tenancy_id = (SELECT id FROM tenancies
		WHERE stall_id = $1) FOR UPDATE`, locked)
	must(t, err)
	var wait sync.WaitGroup
	for i := range 60 {
		n := transfer{ID: 100 + i, Account: "2222222", Memo: freeCode, Amount: 1000 + i}
		want := 200
		if i%2 == 0 {
			n.Account, n.Memo, want = "1111111", lockedCode, 503
		}
		wait.Go(func() {
			status, _, took := w.Outcome(c, n)
			// it waited beside the locked one: the bank comes again
			for again := 0; status == 503 && want == 200 && again < 5; again++ {
				status, _, took = w.Outcome(c, n)
			}
			if status != want {
				t.Errorf("notice %d answered %d after %s, want %d", n.ID, status, took, want)
			}
		})
	}
	wait.Wait()
	must(t, tx.Rollback(t.Context()))
	w.Eventually("the locked stall's notice accepted", func() bool {
		status, _, _ := w.Outcome(c, transfer{ID: 100, Account: "1111111", Memo: lockedCode, Amount: 1000})
		return status == 200
	})
	w.VerifyBooks()
}
