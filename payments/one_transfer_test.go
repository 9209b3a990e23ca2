package payments_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"
)

// sharedStall registers a further stall of the merchant of another one, on the same account.
func (w *world) sharedStall(market, number, first, bin, account string) (id, code string) {
	w.t.Helper()
	var merchant string
	must(w.t, w.db.Pool.QueryRow(w.t.Context(), `SELECT merchant_id FROM tenancies WHERE stall_id = $1`, first).Scan(&merchant))
	made := w.call(w.admin, "POST", "/api/v1/markets/"+market+"/stalls", object{
		"number": number, "kind": "stall", "zone": "A", "goods_group": "hai_san", "merchant": object{"id": merchant},
		"account": object{"bank_bin": bin, "account_number": account, "holder_name": "NGUOI BAN", "holder_kind": "ca_nhan"},
	}, 201)
	return made.text("id"), made.text("code.code")
}

// twoMarkets has one merchant with a stall in each of two markets, both on account 1111111: money that names no code waits in the inbox.
func (w *world) twoMarkets() (here, hereCode, there, thereCode string) {
	w.t.Helper()
	here, hereCode = w.stall(w.market, "A1", "970422", "1111111")
	there, thereCode = w.sharedStall(w.newMarket("CHOBANGOI"), "B1", here, "970422", "1111111")
	return here, hereCode, there, thereCode
}

// decide lets two people decide the one open case of a kind and returns its path.
func (w *world) decide(kind string, resolution object) string {
	w.t.Helper()
	cases := w.openCases(kind)
	if len(cases) != 1 {
		w.t.Fatalf("%d open cases %q", len(cases), kind)
	}
	path := "/api/v1/cases/" + cases[0].text("id")
	w.call(w.admin, "POST", path+"/resolve", resolution, 200)
	w.call(w.key("admin", ""), "POST", path+"/resolve", resolution, 200)
	return path
}

func assignTo(stall string) object {
	return object{"action": "assign", "stall_id": stall, "reason": "người bán xác nhận"}
}

const sharedReference = "FT26253000030653"

// oneTransfer is the same transfer as each connection tells it.
func oneTransfer(memo string) transfer {
	return transfer{ID: 1, Account: "1111111", Memo: memo, Amount: 25000, Reference: sharedReference}
}

// TestAnAssignedTransferIsPostedOnce: a second and a third connection tell, with the memo code, what two people assigned.
func TestAnAssignedTransferIsPostedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	here, hereCode, there, thereCode := w.twoMarkets()
	first, second, third := w.sepay(nil), w.sepay(nil), w.sepay(nil)
	w.accept(first, oneTransfer("tien ca"))
	w.decide("no_single_stall", assignTo(here))
	w.accept(second, oneTransfer(hereCode))
	w.accept(third, oneTransfer(thereCode)) // another market's ledger account of the same bank account
	w.wantNotice(second, 1, "ignored", "duplicate_of:")
	w.wantNotice(third, 1, "ignored", "duplicate_of:")
	w.wantPaid(here, "25000")
	w.wantPaid(there)
	w.wantSound()
}

// TestAPostedTransferIsNotAssigned: the memo code came first, then two people want to assign what the other connection told.
func TestAPostedTransferIsNotAssigned(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	here, hereCode, there, _ := w.twoMarkets()
	first, second := w.sepay(nil), w.sepay(nil)
	w.accept(first, transfer{ID: 1, Account: "1111111", Memo: "tien ca", Amount: 99, Reference: "FT26253000030654"})
	waiting := "/api/v1/cases/" + w.wantCases("no_single_stall", 1)[0].text("id") + "/resolve"
	w.accept(second, transfer{ID: 1, Account: "1111111", Memo: hereCode, Amount: 99, Reference: "FT26253000030654"})
	other := w.key("admin", "")
	for _, stall := range []string{here, there} {
		w.call(w.admin, "POST", waiting, assignTo(stall), 200)
		if got := w.call(other, "POST", waiting, assignTo(stall), 409).text("code"); got != "told_already" {
			t.Errorf("refused as %q", got)
		}
	}
	w.wantPaid(here, "99")
	w.wantPaid(there)
	w.wantSound()
}

// TestAnUnknownAccountIsRegisteredLater: what was assigned while nobody had registered the account is told again afterwards.
func TestAnUnknownAccountIsRegisteredLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old, _ := w.stall(w.market, "A9", "970422", "9999999")
	first, second := w.sepay(nil), w.sepay(nil)
	w.accept(first, oneTransfer("tien ca"))
	w.decide("unknown_account", assignTo(old))
	stall, code := w.stall(w.market, "A1", "970422", "1111111")
	w.accept(second, oneTransfer(code))
	w.wantNotice(second, 1, "ignored", "duplicate_of:")
	w.wantPaid(old, "25000")
	w.wantPaid(stall)
	w.wantSound()
}

// TestMovedReturnedAndReopenedTransfersAreToldAgain: money that a case moved or returned stays known; money that waits
// again may be posted by whoever names its stall, and then the case can assign it no more.
func TestMovedReturnedAndReopenedTransfersAreToldAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		do              func(w *world, here, there string) // what people do with the waiting case
		here, there     string                             // what the stalls hold afterwards
		second          string                             // the second telling, with the code of here
		assignAfterward int                                // how the reopened case's assignment is answered; 0: not tried
	}{
		"returned": {func(w *world, _, _ string) {
			w.decide("no_single_stall", object{"action": "return", "reason": "khách chuyển nhầm"})
		}, "[]", "[]", "ignored", 0},
		"moved on": {func(w *world, here, there string) {
			path := w.decide("no_single_stall", assignTo(here))
			w.call(w.admin, "POST", path+"/reopen", object{"reason": "nhầm sạp"}, 200)
			w.decide("no_single_stall", assignTo(there))
		}, "[-25000 25000]", "[25000]", "ignored", 0},
		"waiting again": {func(w *world, here, _ string) {
			path := w.decide("no_single_stall", assignTo(here))
			w.call(w.admin, "POST", path+"/reopen", object{"reason": "nhầm sạp"}, 200)
		}, "[25000 -25000 25000]", "[]", "posted", 409},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			here, hereCode, there, _ := w.twoMarkets()
			first, second := w.sepay(nil), w.sepay(nil)
			w.accept(first, oneTransfer("tien ca"))
			c.do(w, here, there)
			w.accept(second, oneTransfer(hereCode))
			w.wantNotice(second, 1, c.second, "")
			if c.assignAfterward != 0 {
				path := "/api/v1/cases/" + w.wantCases("no_single_stall", 1)[0].text("id") + "/resolve"
				w.call(w.admin, "POST", path, assignTo(there), 200)
				w.call(w.key("admin", ""), "POST", path, assignTo(there), c.assignAfterward)
			}
			if got := fmt.Sprint(w.amounts(here)); got != c.here {
				t.Errorf("the first stall was paid %s, want %s", got, c.here)
			}
			if got := fmt.Sprint(w.amounts(there)); got != c.there {
				t.Errorf("the second stall was paid %s, want %s", got, c.there)
			}
			w.wantSound()
		})
	}
}

func (w *world) amounts(stall string) []string {
	w.t.Helper()
	var amounts []string
	for _, p := range w.paid(stall) {
		amounts = append(amounts, p.text("amount"))
	}
	return amounts
}

// TestAssignmentsAndNoticesAtOnce: two people assign while two other connections tell the same transfer.
func TestAssignmentsAndNoticesAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	here, hereCode, there, thereCode := w.twoMarkets()
	first, second, third := w.sepay(nil), w.sepay(nil), w.sepay(nil)
	other := w.key("admin", "")
	const rounds = 12
	for n := range rounds {
		tell := transfer{ID: n + 1, Account: "1111111", Memo: "tien ca", Amount: 1000 + n, Reference: fmt.Sprintf("FT26253%09d", n)}
		w.accept(first, tell)
		path := "/api/v1/cases/" + w.wantCases("no_single_stall", 1)[0].text("id") + "/resolve"
		w.call(w.admin, "POST", path, assignTo(there), 200)
		var all sync.WaitGroup
		all.Go(func() { w.attempt(other, path, assignTo(there)) })
		for i, connection := range []string{second, third} {
			again := tell
			again.Memo = []string{hereCode, thereCode}[i]
			all.Go(func() { w.accept(connection, again) })
		}
		all.Wait()
		w.attempt(w.admin, path, object{"action": "dismiss", "reason": "đã ghi sổ"}) // refused once it was assigned
	}
	if n := len(w.paid(here)) + len(w.paid(there)); n != rounds {
		t.Errorf("%d payments of %d transfers", n, rounds)
	}
	w.wantSound()
}

// attempt posts a body whose answer may be a success or a conflict, and nothing else.
func (w *world) attempt(key, path string, body any) {
	raw, err := json.Marshal(body)
	if err != nil {
		w.t.Error(err)
		return
	}
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.server.URL+path, bytes.NewReader(raw))
	if err != nil {
		w.t.Error(err)
		return
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+key)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Error(err)
		return
	}
	defer res.Body.Close()
	if res.StatusCode != 200 && res.StatusCode != 409 {
		w.t.Errorf("%s is answered %d", path, res.StatusCode)
	}
}

// TestAVoidedTransferIsToldAgain: what the bank took back does not come to life by another connection, nor by a case.
func TestAVoidedTransferIsToldAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall, code := w.gatewayStall("A1")
	_, elsewhere := w.stall(w.market, "A2", "970436", "2222222")
	gateway, other := w.gateway(), w.gateway()
	for n, memo := range []string{code, elsewhere} { // the second one waits in suspense, as a case
		reference := fmt.Sprintf("FT2632500000012%d", n)
		w.pay(gateway, gatewayEvent{ID: fmt.Sprint("tx-", n), Memo: memo, Reference: reference, At: time.Date(2026, 11, 25, 8, 0, 0, 0, vietnam)})
		w.pay(gateway, gatewayEvent{ID: fmt.Sprint("tx-", n), Memo: memo, Reference: reference, Void: true, At: time.Date(2026, 11, 29, 8, 0, 0, 0, vietnam)})
		w.pay(other, gatewayEvent{ID: fmt.Sprint(n + 1), Memo: code, Reference: reference, At: time.Date(2026, 11, 25, 8, 0, 0, 0, vietnam)})
		w.wantNotice(other, n+1, "ignored", "duplicate_of:")
	}
	w.wantPaid(stall, "-80000", "80000")
	path := "/api/v1/cases/" + w.wantCases("foreign_account", 1)[0].text("id") + "/resolve"
	w.call(w.admin, "POST", path, assignTo(stall), 409)
	w.wantPaid(stall, "-80000", "80000")
	w.wantSound()
}
