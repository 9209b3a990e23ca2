package cases_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"market40/payments/paymentstest"
)

// TestAnUnknownAccountHasOneCase: its notices wait in one case with a count; another account's and
// another connection's wait apart.
func TestAnUnknownAccountHasOneCase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second := w.SePay(nil), w.SePay(nil)
	for id := 1; id <= 5; id++ {
		w.Accept(first, transfer{ID: id, Account: "5555555", Memo: "tien rau", Amount: 1000 * id})
	}
	w.Accept(first, transfer{ID: 5, Account: "5555555", Memo: "tien rau", Amount: 5000}) // a repeat
	w.Accept(first, transfer{ID: 6, Account: "6666666", Memo: "tien rau", Amount: 6000})
	w.Accept(second, transfer{ID: 7, Account: "5555555", Memo: "tien rau", Amount: 7000, Reference: "FT26324000000077"})
	counts := map[string]int{}
	for _, c := range w.WantCases("unknown_account", 3) {
		contents, _ := c.At("contents").([]any)
		counts[fmt.Sprint(c.At("notice_count"), " ", c.Text("amount"), " ", len(contents))]++
	}
	for _, want := range []string{"5 1000 5", "1 6000 1", "1 7000 1"} {
		if counts[want] != 1 {
			t.Errorf("the cases hold %v, want one of %q", counts, want)
		}
	}
}

// TestOneOfSeveralIsDecided: what people decide about is taken out, and the others wait on and are
// decided in their turn.
func TestOneOfSeveralIsDecided(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.SePay(nil)
	a, _ := w.Stall(w.Market, "A1", "970422", "1111111")
	b, _ := w.Stall(w.Market, "B1", "970422", "2222222")
	report := func(id int) {
		w.Accept(c, transfer{ID: id, Account: "5555555", Memo: "tien rau", Amount: 1000 * id})
	}
	for id := 1; id <= 3; id++ {
		report(id)
	}
	all := w.WantCases("unknown_account", 1)[0]
	path := "/api/v1/cases/" + all.Text("id")
	contents, _ := all.At("contents").([]any)
	third := object(contents[2].(map[string]any)).Text("notice_id")
	w.Call(w.Admin, "POST", path+"/resolve", object{
		"action": "assign", "stall_id": a, "reason": "tài khoản cũ",
		"content": paymentstest.NewID(),
	}, 422)
	wish := object{"action": "assign", "stall_id": a, "reason": "tài khoản cũ", "content": third}
	if got := w.Call(w.Admin, "POST", path+"/resolve", wish, 200); got.Text("state") != "proposed" ||
		got.Text("amount") != "3000" || got.Text("notice_count") != "1" {
		t.Errorf("the proposal is %v", got)
	}
	report(4)
	rest := w.WantCases("unknown_account", 1)[0]
	if rest.Text("id") == all.Text("id") || rest.Text("notice_count") != "3" || rest.Text("amount") != "1000" {
		t.Errorf("the others wait as %v", rest)
	}
	w.Call(w.Key("admin", ""), "POST", path+"/resolve", wish, 200)
	w.WantPaid(a, "3000")

	w.Decide("unknown_account", paymentstest.AssignTo(b)) // the first of them, unless one is named
	w.WantPaid(b, "1000")
	last := w.OpenCases("unknown_account")
	if len(last) != 1 || last[0].Text("notice_count") != "2" {
		t.Fatalf("what is left waits as %v", last)
	}
	path = "/api/v1/cases/" + last[0].Text("id")
	w.Call(w.Admin, "POST", path+"/resolve", object{"action": "dismiss", "reason": "không phải của chợ"}, 200)
	report(5)
	if fresh := w.WantCases("unknown_account", 1)[0]; fresh.Text("notice_count") != "1" ||
		fresh.Text("amount") != "5000" {
		t.Errorf("after a dismissal a new notice waits as %v", fresh)
	}
	if got := w.Call(w.Admin, "POST", path+"/reopen", object{"reason": "xem lại"}, 409); got.Text(
		"code") != "account_has_case" {
		t.Errorf("reopened: %v", got)
	}
	w.Call(w.Admin, "POST", "/api/v1/cases/"+w.OpenCases("unknown_account")[0].Text("id")+"/resolve",
		object{"action": "dismiss", "reason": "không phải của chợ"}, 200)
	if got := w.Call(w.Admin, "POST", path+"/reopen", object{"reason": "xem lại"}, 200); got.Text("state") != "open" ||
		got.Text("notice_count") != "2" {
		t.Errorf("reopened it is %v", got)
	}
	w.VerifyBooks()
}

// TestAFeedOfForeignAccountsHasFewCases: over a hundred unknown accounts of one connection share
// one more case.
func TestAFeedOfForeignAccountsHasFewCases(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.SePay(nil)
	var tellers sync.WaitGroup
	ids := make(chan int)
	for range 8 {
		tellers.Go(func() {
			for id := range ids {
				if status, _, _ := w.Outcome(c, transfer{
					ID: id, Account: fmt.Sprint(7000000 + id%130),
					Memo: "tien rau", Amount: 1000,
				}); status != http.StatusOK {
					t.Errorf("notice %d is answered %d", id, status)
				}
			}
		})
	}
	for id := 1; id <= 260; id++ {
		ids <- id
	}
	close(ids)
	tellers.Wait()
	var cases, notices, most int
	must(t, w.DB.Pool.QueryRow(t.Context(), `SELECT count(*), sum(notices), max(notices) FROM cases
		WHERE kind = 'unknown_account' AND state = 'open'`).Scan(&cases, &notices, &most))
	if cases < 101 || cases > 110 || notices != 260 || most < 50 {
		t.Errorf("%d cases hold %d notices, one of them %d", cases, notices, most)
	}
}

// TestTheNewestCasesAreReadInTheirOrder: among many cases a page costs what its own cases cost.
func TestTheNewestCasesAreReadInTheirOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.DB.Pool.Exec(t.Context(), `INSERT INTO cases (id, kind, state, opened_at)
		SELECT gen_random_uuid(), 'over_limit', 'open', now() - n * interval '1 second'
		FROM generate_series(1, 20000) n`)
	must(t, err)
	_, err = w.DB.Pool.Exec(t.Context(), `ANALYZE cases`)
	must(t, err)
	if first := w.Call(w.Admin, "GET", "/api/v1/cases?state=open&limit=2", nil, 200); len(first.Items()) != 2 ||
		first.Text("next") == "" {
		t.Errorf("the first page is %v", first)
	}
	var scans int
	w.Eventually("the index is used", func() bool { // the server counts its scans after a while
		must(t, w.DB.Pool.QueryRow(t.Context(), `SELECT idx_scan FROM pg_stat_user_indexes
			WHERE indexrelname = 'cases_newest'`).Scan(&scans))
		return scans > 0
	})
}
