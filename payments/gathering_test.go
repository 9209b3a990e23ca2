package payments_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
)

// TestAnUnknownAccountHasOneCase: its notices wait in one case with a count; another account's and another connection's wait apart.
func TestAnUnknownAccountHasOneCase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second := w.sepay(nil), w.sepay(nil)
	for id := 1; id <= 5; id++ {
		w.accept(first, transfer{ID: id, Account: "5555555", Memo: "tien rau", Amount: 1000 * id})
	}
	w.accept(first, transfer{ID: 5, Account: "5555555", Memo: "tien rau", Amount: 5000}) // a repeat
	w.accept(first, transfer{ID: 6, Account: "6666666", Memo: "tien rau", Amount: 6000})
	w.accept(second, transfer{ID: 7, Account: "5555555", Memo: "tien rau", Amount: 7000, Reference: "FT26324000000077"})
	counts := map[string]int{}
	for _, c := range w.wantCases("unknown_account", 3) {
		contents, _ := c.at("contents").([]any)
		counts[fmt.Sprint(c.at("notice_count"), " ", c.text("amount"), " ", len(contents))]++
	}
	for _, want := range []string{"5 1000 5", "1 6000 1", "1 7000 1"} {
		if counts[want] != 1 {
			t.Errorf("the cases hold %v, want one of %q", counts, want)
		}
	}
}

// TestOneOfSeveralIsDecided: what people decide about is taken out, and the others wait on and are decided in their turn.
func TestOneOfSeveralIsDecided(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.sepay(nil)
	a, _ := w.stall(w.market, "A1", "970422", "1111111")
	b, _ := w.stall(w.market, "B1", "970422", "2222222")
	tell := func(id int) {
		w.accept(c, transfer{ID: id, Account: "5555555", Memo: "tien rau", Amount: 1000 * id})
	}
	for id := 1; id <= 3; id++ {
		tell(id)
	}
	all := w.wantCases("unknown_account", 1)[0]
	path := "/api/v1/cases/" + all.text("id")
	contents, _ := all.at("contents").([]any)
	third := object(contents[2].(map[string]any)).text("notice_id")
	w.call(w.admin, "POST", path+"/resolve", object{"action": "assign", "stall_id": a, "reason": "tài khoản cũ", "content": newID()}, 422)
	wish := object{"action": "assign", "stall_id": a, "reason": "tài khoản cũ", "content": third}
	if got := w.call(w.admin, "POST", path+"/resolve", wish, 200); got.text("state") != "proposed" || got.text("amount") != "3000" || got.text("notice_count") != "1" {
		t.Errorf("the proposal is %v", got)
	}
	tell(4)
	rest := w.wantCases("unknown_account", 1)[0]
	if rest.text("id") == all.text("id") || rest.text("notice_count") != "3" || rest.text("amount") != "1000" {
		t.Errorf("the others wait as %v", rest)
	}
	w.call(w.key("admin", ""), "POST", path+"/resolve", wish, 200)
	w.wantPaid(a, "3000")

	w.decide("unknown_account", assignTo(b)) // the first of them, unless one is named
	w.wantPaid(b, "1000")
	last := w.openCases("unknown_account")
	if len(last) != 1 || last[0].text("notice_count") != "2" {
		t.Fatalf("what is left waits as %v", last)
	}
	path = "/api/v1/cases/" + last[0].text("id")
	w.call(w.admin, "POST", path+"/resolve", object{"action": "dismiss", "reason": "không phải của chợ"}, 200)
	tell(5)
	if fresh := w.wantCases("unknown_account", 1)[0]; fresh.text("notice_count") != "1" || fresh.text("amount") != "5000" {
		t.Errorf("after a dismissal a new notice waits as %v", fresh)
	}
	if got := w.call(w.admin, "POST", path+"/reopen", object{"reason": "xem lại"}, 409); got.text("code") != "account_has_case" {
		t.Errorf("reopened: %v", got)
	}
	w.call(w.admin, "POST", "/api/v1/cases/"+w.openCases("unknown_account")[0].text("id")+"/resolve", object{"action": "dismiss", "reason": "không phải của chợ"}, 200)
	if got := w.call(w.admin, "POST", path+"/reopen", object{"reason": "xem lại"}, 200); got.text("state") != "open" || got.text("notice_count") != "2" {
		t.Errorf("reopened it is %v", got)
	}
	w.wantSound()
}

// TestAFeedOfForeignAccountsHasFewCases: over a hundred unknown accounts of one connection share one more case.
func TestAFeedOfForeignAccountsHasFewCases(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.sepay(nil)
	var tellers sync.WaitGroup
	ids := make(chan int)
	for range 8 {
		tellers.Go(func() {
			for id := range ids {
				if status, _, _ := w.outcome(c, transfer{ID: id, Account: fmt.Sprint(7000000 + id%130), Memo: "tien rau", Amount: 1000}); status != http.StatusOK {
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
	must(t, w.db.Pool.QueryRow(t.Context(), `SELECT count(*), sum(notices), max(notices) FROM cases WHERE kind = 'unknown_account' AND state = 'open'`).Scan(&cases, &notices, &most))
	if cases < 101 || cases > 110 || notices != 260 || most < 50 {
		t.Errorf("%d cases hold %d notices, one of them %d", cases, notices, most)
	}
}

// TestTheNewestCasesAreReadInTheirOrder: among many cases a page costs what its own cases cost.
func TestTheNewestCasesAreReadInTheirOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.db.Pool.Exec(t.Context(), `INSERT INTO cases (id, kind, state, opened_at) SELECT gen_random_uuid(), 'over_limit', 'open', now() - n * interval '1 second' FROM generate_series(1, 20000) n`)
	must(t, err)
	_, err = w.db.Pool.Exec(t.Context(), `ANALYZE cases`)
	must(t, err)
	if first := w.call(w.admin, "GET", "/api/v1/cases?state=open&limit=2", nil, 200); len(first.items()) != 2 || first.text("next") == "" {
		t.Errorf("the first page is %v", first)
	}
	var scans int
	w.eventually("the index is used", func() bool { // the server counts its scans after a while
		must(t, w.db.Pool.QueryRow(t.Context(), `SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = 'cases_newest'`).Scan(&scans))
		return scans > 0
	})
}
