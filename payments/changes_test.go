package payments_test

import (
	"testing"
	"time"

	"market40/merchants"
)

// TestMoneyFollowsAChangeOfAccount pays the old and the new account by real webhooks before, while and after another
// account takes over: each đồng goes to this stall or to a case, never to another stall.
func TestMoneyFollowsAChangeOfAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	connection := w.sepay(nil)
	stall, code := w.stall(w.market, "A1", "970422", "1111000011")
	other, _ := w.stall(w.market, "A2", "970422", "2222000022")
	memo := func(c string) string { return "CHUYEN TIEN " + c }

	w.accept(connection, transfer{ID: 1, Account: "1111000011", Memo: memo(code), Amount: 10000, Reference: "FT26324000000001"})
	c := w.call(w.admin, "POST", "/api/v1/stalls/"+stall+"/beneficiary-changes", object{
		"account": object{"bank_bin": "970422", "account_number": "3333000033", "holder_name": "NGUOI BAN"}, "reason": "đổi tài khoản",
	}, 201)

	// While it waits, the old account receives, and the new one is nobody's.
	w.accept(connection, transfer{ID: 2, Account: "1111000011", Memo: memo(code), Amount: 20000, Reference: "FT26324000000002"})
	w.accept(connection, transfer{ID: 3, Account: "3333000033", Memo: memo(code), Amount: 30000, Reference: "FT26324000000003"})
	w.accept(connection, transfer{ID: 4, Account: "3333000033", Memo: "khong co ma", Amount: 40000, Reference: "FT26324000000004"})
	w.wantNotice(connection, 3, "unmatched", "foreign_account")
	w.wantNotice(connection, 4, "unmatched", "unknown_account")
	w.wantPaid(stall, "20000", "10000")

	w.call(w.person(), "POST", "/api/v1/beneficiary-changes/"+c.text("id")+"/approve", nil, 200)
	fresh := w.call(w.admin, "GET", "/api/v1/stalls/"+stall, nil, 200).text("code.code")
	if fresh == code || fresh == "" {
		t.Fatalf("the new code is %q", fresh)
	}
	w.accept(connection, transfer{ID: 5, Account: "3333000033", Memo: memo(fresh), Amount: 50000, Reference: "FT26324000000005"})
	w.accept(connection, transfer{ID: 6, Account: "3333000033", Memo: "khong co ma", Amount: 60000, Reference: "FT26324000000006"})
	w.accept(connection, transfer{ID: 7, Account: "1111000011", Memo: memo(code), Amount: 70000, Reference: "FT26324000000007"})    // an old sticker
	w.accept(connection, transfer{ID: 9, Account: "1111000011", Memo: "khong co ma", Amount: 90000, Reference: "FT26324000000009"}) // nothing says whose
	w.wantNotice(connection, 9, "unmatched", "no_single_stall")
	w.accept(connection, transfer{ID: 8, Account: "3333000033", Memo: memo(code), Amount: 80000, Reference: "FT26324000000008"}) // its memo, typed
	w.wantPaid(stall, "80000", "70000", "60000", "50000", "20000", "10000")
	w.wantPaid(other)
	if list := w.call(w.admin, "GET", "/api/v1/cases?state=open", nil, 200).items(); len(list) != 3 {
		t.Errorf("%d cases are open, want the two that came too early and one without a code: %v", len(list), list)
	}
	w.wantSound()
}

// TestAMerchantsTwoStallsStayApart: an account that serves one stall takes over at another of the same merchant.
func TestAMerchantsTwoStallsStayApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	connection := w.sepay(nil)
	first, oldCode := w.stall(w.market, "A1", "970422", "1111000011")
	merchant := w.call(w.admin, "GET", "/api/v1/stalls/"+first, nil, 200).text("merchant.id")
	made := w.call(w.admin, "POST", "/api/v1/markets/"+w.market+"/stalls", object{
		"number": "A2", "merchant": object{"id": merchant},
		"account": object{"bank_bin": "970422", "account_number": "2222000022", "holder_name": "NGUOI BAN"},
	}, 201)
	second := made.text("id")
	c := w.call(w.admin, "POST", "/api/v1/stalls/"+first+"/beneficiary-changes", object{
		"account": object{"bank_bin": "970422", "account_number": "2222000022", "holder_name": "NGUOI BAN"}, "reason": "gộp tài khoản",
	}, 201)
	w.accept(connection, transfer{ID: 1, Account: "2222000022", Memo: "khong co ma", Amount: 10000, Reference: "FT26324000000001"})
	w.accept(connection, transfer{ID: 2, Account: "2222000022", Memo: "TT " + oldCode, Amount: 20000, Reference: "FT26324000000002"})
	w.wantPaid(second, "10000")
	w.wantPaid(first)

	// The day passes: a registry whose clock is a day ahead does what the clock's job does.
	_, err := w.db.Pool.Exec(t.Context(), `UPDATE beneficiary_changes SET needs_second = false, due_at = proposed_at + interval '24 hours' WHERE id = $1`, c.text("id"))
	must(t, err)
	must(t, merchants.New(w.db, w.keys, time.Now).SettleChanges(t.Context()))
	if now := w.call(w.admin, "GET", "/api/v1/stalls/"+first, nil, 200); now.text("code.code") != oldCode {
		t.Error("the change is effective before its day is over")
	}
	must(t, merchants.New(w.db, w.keys, func() time.Time { return time.Now().Add(24 * time.Hour) }).SettleChanges(t.Context()))
	fresh := w.call(w.admin, "GET", "/api/v1/stalls/"+first, nil, 200).text("code.code")
	w.accept(connection, transfer{ID: 3, Account: "2222000022", Memo: "TT " + fresh, Amount: 30000, Reference: "FT26324000000003"})
	w.accept(connection, transfer{ID: 4, Account: "2222000022", Memo: "TT " + made.text("code.code"), Amount: 40000, Reference: "FT26324000000004"})
	w.accept(connection, transfer{ID: 5, Account: "2222000022", Memo: "khong co ma", Amount: 50000, Reference: "FT26324000000005"}) // whose?
	w.wantNotice(connection, 5, "unmatched", "no_single_stall")
	w.wantPaid(first, "30000")
	w.wantPaid(second, "40000", "10000")
	w.wantSound()
}

// TestAMarketsOwnHoursTellItsPeak: payments at 10 and 11 make 9 the hour before the peak, and 4 no longer.
func TestAMarketsOwnHoursTellItsPeak(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	connection := w.sepay(nil)
	id := 0
	for i := range 5 {
		account := "111100001" + string(rune('0'+i))
		w.stall(w.market, "A"+account, "970422", account)
		for range 40 {
			id++
			w.accept(connection, transfer{ID: id, Account: account, Memo: "rau", Amount: 1000 + id, Date: "2026-11-20 1" + string(rune('0'+id%2)) + ":11:12"})
		}
	}
	stall, _ := w.stall(w.market, "B1", "970422", "9999")
	second := w.key("admin", "")
	for hour, want := range map[int]bool{4: false, 9: true, 10: false, 15: false} {
		at := time.Date(2026, 11, 23, hour, 30, 0, 0, time.FixedZone("+07", 7*3600))
		ahead := w.at(at)
		c := ahead(w.admin, "POST", "/api/v1/stalls/"+stall+"/beneficiary-changes", object{
			"account": object{"bank_bin": "970422", "account_number": "88" + at.Format("15"), "holder_name": "NGUOI BAN"}, "reason": "đổi",
		}, 201)
		warned := false
		for _, a := range w.call(w.admin, "GET", "/api/v1/alerts", nil, 200).items() {
			warned = warned || a.text("kind") == "before_peak" && a.text("change_id") == c.text("id")
		}
		if warned != want {
			t.Errorf("at %d it is an alert: %v", hour, warned)
		}
		ahead(second, "POST", "/api/v1/beneficiary-changes/"+c.text("id")+"/cancel", nil, 200)
	}
}
