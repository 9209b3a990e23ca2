package intake_test

import (
	"testing"
	"time"

	"market40/merchants"
	"market40/merchants/platform/bizday"
)

// TestMoneyFollowsAChangeOfAccount pays the old and the new account before, during and after a
// change of account. All money goes to this stall or to a case, never to another stall.
func TestMoneyFollowsAChangeOfAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	connection := w.SePay(nil)
	stall, code := w.Stall(w.Market, "A1", "970422", "1111000011")
	other, _ := w.Stall(w.Market, "A2", "970422", "2222000022")
	memo := func(c string) string { return "CHUYEN TIEN " + c }

	w.Accept(connection, transfer{
		ID: 1, Account: "1111000011", Memo: memo(code), Amount: 10000,
		Reference: "FT26324000000001",
	})
	c := w.Call(w.Admin, "POST", "/api/v1/stalls/"+stall+"/beneficiary-changes", object{
		"account": object{"bank_bin": "970422", "account_number": "3333000033", "holder_name": "NGUOI BAN"},
		"reason":  "đổi tài khoản",
	}, 201)

	// While it waits, the old account receives, and the new one is unknown.
	w.Accept(connection, transfer{
		ID: 2, Account: "1111000011", Memo: memo(code), Amount: 20000,
		Reference: "FT26324000000002",
	})
	w.Accept(connection, transfer{
		ID: 3, Account: "3333000033", Memo: memo(code), Amount: 30000,
		Reference: "FT26324000000003",
	})
	w.Accept(connection, transfer{
		ID: 4, Account: "3333000033", Memo: "khong co ma", Amount: 40000,
		Reference: "FT26324000000004",
	})
	w.WantNotice(connection, 3, "unmatched", "foreign_account")
	w.WantNotice(connection, 4, "unmatched", "unknown_account")
	w.WantPaid(stall, "20000", "10000")

	w.Call(w.SignInAdmin(), "POST", "/api/v1/beneficiary-changes/"+c.Text("id")+"/approve", nil, 200)
	fresh := w.Call(w.Admin, "GET", "/api/v1/stalls/"+stall, nil, 200).Text("code.code")
	if fresh == code || fresh == "" {
		t.Fatalf("the new code is %q", fresh)
	}
	w.Accept(connection, transfer{
		ID: 5, Account: "3333000033", Memo: memo(fresh), Amount: 50000,
		Reference: "FT26324000000005",
	})
	w.Accept(connection, transfer{
		ID: 6, Account: "3333000033", Memo: "khong co ma", Amount: 60000,
		Reference: "FT26324000000006",
	})
	// an old sticker
	w.Accept(connection, transfer{
		ID: 7, Account: "1111000011", Memo: memo(code), Amount: 70000,
		Reference: "FT26324000000007",
	})
	// without a code
	w.Accept(connection, transfer{
		ID: 9, Account: "1111000011", Memo: "khong co ma", Amount: 90000,
		Reference: "FT26324000000009",
	})
	w.WantNotice(connection, 9, "unmatched", "no_single_stall")
	// its memo, typed
	w.Accept(connection, transfer{
		ID: 8, Account: "3333000033", Memo: memo(code), Amount: 80000,
		Reference: "FT26324000000008",
	})
	w.WantPaid(stall, "80000", "70000", "60000", "50000", "20000", "10000")
	w.WantPaid(other)
	if list := w.Call(w.Admin, "GET", "/api/v1/cases?state=open", nil, 200).Items(); len(list) != 3 {
		t.Errorf("%d cases are open, want the two that came too early and one without a code: %v", len(list), list)
	}
	w.VerifyBooks()
}

// TestTwoStallsOfOneMerchant moves the account of one stall to another stall of the same merchant.
func TestTwoStallsOfOneMerchant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	connection := w.SePay(nil)
	first, oldCode := w.Stall(w.Market, "A1", "970422", "1111000011")
	merchant := w.Call(w.Admin, "GET", "/api/v1/stalls/"+first, nil, 200).Text("merchant.id")
	made := w.Call(w.Admin, "POST", "/api/v1/markets/"+w.Market+"/stalls", object{
		"number": "A2", "merchant": object{"id": merchant},
		"account": object{"bank_bin": "970422", "account_number": "2222000022", "holder_name": "NGUOI BAN"},
	}, 201)
	second := made.Text("id")
	c := w.Call(w.Admin, "POST", "/api/v1/stalls/"+first+"/beneficiary-changes", object{
		"account": object{"bank_bin": "970422", "account_number": "2222000022", "holder_name": "NGUOI BAN"},
		"reason":  "gộp tài khoản",
	}, 201)
	w.Accept(connection, transfer{
		ID: 1, Account: "2222000022", Memo: "khong co ma", Amount: 10000,
		Reference: "FT26324000000001",
	})
	w.Accept(connection, transfer{
		ID: 2, Account: "2222000022", Memo: "TT " + oldCode, Amount: 20000,
		Reference: "FT26324000000002",
	})
	w.WantPaid(second, "10000")
	w.WantPaid(first)

	// The day passes: settle the changes as the scheduled job does.
	_, err := w.DB.Pool.Exec(t.Context(), `UPDATE beneficiary_changes
		SET needs_second = false, due_at = proposed_at + interval '24 hours' WHERE id = $1`, c.Text("id"))
	must(t, err)
	must(t, merchants.New(w.DB, w.Keys, time.Now).Changes.ApplyDueChanges(t.Context()))
	if now := w.Call(w.Admin, "GET", "/api/v1/stalls/"+first, nil, 200); now.Text("code.code") != oldCode {
		t.Error("the change is effective before its day is over")
	}
	must(
		t,
		merchants.New(w.DB, w.Keys, func() time.Time { return time.Now().Add(24 * time.Hour) }).Changes.ApplyDueChanges(
			t.Context()),
	)
	fresh := w.Call(w.Admin, "GET", "/api/v1/stalls/"+first, nil, 200).Text("code.code")
	w.Accept(connection, transfer{
		ID: 3, Account: "2222000022", Memo: "TT " + fresh, Amount: 30000,
		Reference: "FT26324000000003",
	})
	w.Accept(connection, transfer{
		ID: 4, Account: "2222000022", Memo: "TT " + made.Text("code.code"), Amount: 40000,
		Reference: "FT26324000000004",
	})
	// two stalls receive on it
	w.Accept(connection, transfer{
		ID: 5, Account: "2222000022", Memo: "khong co ma", Amount: 50000,
		Reference: "FT26324000000005",
	})
	w.WantNotice(connection, 5, "unmatched", "no_single_stall")
	w.WantPaid(first, "30000")
	w.WantPaid(second, "40000", "10000")
	w.VerifyBooks()
}

// TestPeakHours checks that payments at 10 and 11 make 9 the hour before the peak, and no longer 4.
func TestPeakHours(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	connection := w.SePay(nil)
	id := 0
	for i := range 5 {
		account := "111100001" + string(rune('0'+i))
		w.Stall(w.Market, "A"+account, "970422", account)
		for range 40 {
			id++
			w.Accept(connection, transfer{
				ID: id, Account: account, Memo: "rau", Amount: 1000 + id,
				Date: "2026-11-20 1" + string(rune('0'+id%2)) + ":11:12",
			})
		}
	}
	stall, _ := w.Stall(w.Market, "B1", "970422", "9999")
	second := w.Key("admin", "")
	for hour, want := range map[int]bool{4: false, 9: true, 10: false, 15: false} {
		at := time.Date(2026, 11, 23, hour, 30, 0, 0, bizday.Vietnam)
		ahead := w.At(at)
		c := ahead.Call(w.Admin, "POST", "/api/v1/stalls/"+stall+"/beneficiary-changes", object{
			"account": object{
				"bank_bin": "970422", "account_number": "88" + at.Format("15"),
				"holder_name": "NGUOI BAN",
			}, "reason": "đổi",
		}, 201)
		warned := false
		for _, a := range w.Call(w.Admin, "GET", "/api/v1/alerts", nil, 200).Items() {
			warned = warned || a.Text("kind") == "before_peak" && a.Text("change_id") == c.Text("id")
		}
		if warned != want {
			t.Errorf("at %d it is an alert: %v", hour, warned)
		}
		ahead.Call(second, "POST", "/api/v1/beneficiary-changes/"+c.Text("id")+"/cancel", nil, 200)
	}
}
