package intake_test

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"market40/migrations/database"
	"market40/migrations/database/dbtest"
)

// TestReadersWaitForThePoolWithALimit checks that while all connections for reading are in use, a
// reader gets a 503 and postings continue.
func TestReadersWaitForThePoolWithALimit(t *testing.T) {
	t.Parallel()
	const conns = 4
	db, err := database.Open(t.Context(), dbtest.URL(t), database.Options{
		MaxConns:       conns,
		AcquireTimeout: 3 * time.Second,
	})
	must(t, err)
	t.Cleanup(db.Close)
	w := newWorldOn(t, db)
	c := w.SePay(nil)
	stall, code := w.Stall(w.Market, "A1", "970422", "1111111")
	w.Accept(c, transfer{ID: 1, Account: "1111111", Memo: code, Amount: 1000})
	var held []*pgxpool.Conn
	for range conns {
		conn, err := db.Pool.Acquire(t.Context())
		if err != nil { // a stream's look or a job has it
			break
		}
		held = append(held, conn)
	}
	res := w.Send(w.Admin, http.MethodGet, "/api/v1/stalls/"+stall+"/payments", nil)
	if res.Code != http.StatusServiceUnavailable || res.Header().Get("Retry-After") == "" {
		t.Errorf("a reader is answered %d, Retry-After %q", res.Code, res.Header().Get("Retry-After"))
	}
	w.Accept(c, transfer{ID: 2, Account: "1111111", Memo: code, Amount: 2000})
	for _, conn := range held {
		conn.Release()
	}
	w.WantPaid(stall, "2000", "1000")
}

// TestStalledReplicaLosesItsLock stops a replica during a posting with the stall's row locked. The
// server's limit ends the lock, and the others post to that stall.
func TestStalledReplicaLosesItsLock(t *testing.T) {
	t.Parallel()
	stalled, proxy, direct := newProxiedWorld(t)
	c := stalled.SePay(nil)
	stall, code := stalled.Stall(stalled.Market, "A1", "970422", "1111111")
	stalled.Accept(c, transfer{ID: 1, Account: "1111111", Memo: code, Amount: 1000})
	healthy := stalled.Beside(direct)

	holder, err := direct.Pool.Begin(t.Context())
	must(t, err)
	t.Cleanup(func() { _ = holder.Rollback(context.Background()) })
	_, err = holder.Exec(t.Context(), `SELECT FROM ledger_accounts WHERE tenancy_id = (SELECT id FROM tenancies
		WHERE stall_id = $1) FOR UPDATE`, stall)
	must(t, err)
	answered := make(chan struct{})
	var frozen atomic.Bool
	go func() {
		defer close(answered)
		for status := http.StatusServiceUnavailable; status == http.StatusServiceUnavailable && !frozen.Load(); {
			status, _, _ = stalled.Outcome(c, transfer{ID: 2, Account: "1111111", Memo: code, Amount: 2000})
		}
	}()
	stalled.Eventually("the posting waits for the row", func() bool {
		return stalled.sessions(direct,
			`wait_event_type = 'Lock'`) > 0
	})
	frozen.Store(true)
	proxy.Freeze()
	must(t, holder.Rollback(t.Context()))
	stalled.Eventually("the frozen replica has the row", func() bool {
		return stalled.sessions(direct,
			`state = 'idle in transaction'`) > 0
	})
	began := time.Now()
	healthy.Eventually("the healthy replica posts", func() bool {
		status, _, _ := healthy.Outcome(c, transfer{ID: 3, Account: "1111111", Memo: code, Amount: 3000})
		return status == http.StatusOK
	})
	if took := time.Since(began); took > 40*time.Second { // 5 s, where nothing else runs
		t.Errorf("the row was free after %s", took)
	}
	proxy.Thaw()
	<-answered
	healthy.VerifyBooks()
}

// sessions counts the sessions of the test's database in some state.
func (w *world) sessions(db *database.DB, state string) (n int) {
	w.T.Helper()
	must(w.T, db.Pool.QueryRow(w.T.Context(), `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
		AND pid <> pg_backend_pid() AND query ~ 'ledger_accounts' AND `+state).Scan(&n))
	return n
}
