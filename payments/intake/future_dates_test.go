package intake_test

import (
	"testing"
	"time"

	"market40/merchants/platform/bizday"
)

// TestFutureDateCountsOnReceipt checks that a notice with a future date is posted and counted on
// the day of its receipt, shows its own date, and opens a case.
func TestFutureDateCountsOnReceipt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.SePay(nil)
	stall, code := w.Stall(w.Market, "A1", "970422", "1111111")
	began := time.Now()
	future := transfer{ID: 1, Account: "1111111", Memo: code, Amount: 25000, Date: "9999-12-31 08:00:00"}
	w.Accept(c, future)
	w.Accept(c, future) // the same again
	near := began.Add(50 * time.Minute).In(bizday.Vietnam).Format(time.DateTime)
	w.Accept(c, transfer{ID: 2, Account: "1111111", Memo: code, Amount: 26000, Date: near})
	w.Accept(c, transfer{ID: 3, Account: "1111111", Memo: code, Amount: 27000, Date: began.Add(7 * time.Hour).In(
		bizday.Vietnam).Format(time.DateTime), Type: "out"})

	payments := w.Paid(stall)
	if len(payments) != 2 {
		t.Fatalf("%d payments", len(payments))
	}
	clamped := payments[1]
	at, err := time.Parse(time.RFC3339, clamped.Text("occurred_at"))
	must(t, err)
	if at.Before(began.Add(-time.Second)) || at.After(time.Now()) {
		t.Errorf("it occurred at %s", clamped.Text("occurred_at"))
	}
	written, err := time.Parse(time.RFC3339, clamped.Text("told_at"))
	must(t, err)
	if !written.Equal(time.Date(9999, 12, 31, 8, 0, 0, 0, bizday.Vietnam)) {
		t.Errorf("the bank's date is %s", clamped.Text("told_at"))
	}
	if payments[0]["told_at"] != nil {
		t.Errorf("a date within the hour is %v", payments[0])
	}
	if n := w.Notice(c, 1); n.Text("told_at") != clamped.Text("told_at") || n.Text("conflicts") != "0" {
		t.Errorf("the notice is %v", n)
	}
	found := w.WantCases("future_dated", 1)
	if len(found) == 1 && (found[0].Text("told_at") == "" || found[0].Text("stall_id") != stall) {
		t.Errorf("the case is %v", found[0])
	}
	today := bizday.DayOf(time.Now())
	if days := w.Call(w.Admin, "GET", "/api/v1/stalls/"+stall+"/days?from="+today+"&to="+today, nil, 200).Items(); len(
		days) != 1 {
		t.Errorf("today is %v", days)
	}
	w.VerifyBooks()
}

// TestFeedDatedAhead checks that the money of a feed that is ahead is posted, that the number of
// its cases is limited, and that its connection shows the cause.
func TestFeedDatedAhead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.SePay(nil)
	stall, code := w.Stall(w.Market, "A1", "970422", "1111111")
	for n := range 14 {
		w.Accept(c, transfer{
			ID: n + 1, Account: "1111111", Memo: code, Amount: 1000 + n,
			Date: time.Now().Add(7 * time.Hour).In(bizday.Vietnam).Format(time.DateTime),
		})
	}
	if n := len(w.Paid(stall)); n != 14 {
		t.Errorf("%d payments of 14", n)
	}
	w.WantCases("future_dated", 10)
	shown := w.Call(w.Admin, "GET", "/api/v1/bank-connections", nil, 200).Items()[0]
	if got := shown.Text("clock_ahead.notices_24h"); got != "14" {
		t.Errorf("the connection says %v", shown["clock_ahead"])
	}
	if minutes, _ := shown["clock_ahead"].(map[string]any)["minutes"].(float64); minutes < 419 || minutes > 420 {
		t.Errorf("the connection says %v", shown["clock_ahead"])
	}
	far := w.SePay(nil)
	w.Accept(far, transfer{ID: 1, Account: "1111111", Memo: code, Amount: 2000, Date: "9999-12-31 23:59:59"})
	w.Call(w.Admin, "GET", "/api/v1/bank-connections", nil, 200)
	if minutes, _ := w.Call(w.Admin, "GET", "/api/v1/bank-connections/"+far, nil, 200)["clock_ahead"].(map[string]any)["minutes"].(float64); minutes < 4e9 {
		t.Errorf("a date of the year 9999 is %v minutes ahead", minutes)
	}
	w.VerifyBooks()
}
