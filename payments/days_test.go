package payments_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"market40/merchants/platform/bizday"
)

// TestAStallsDays pays on two days at several hours, takes one payment back, and compares what the
// days say with the payments.
func TestAStallsDays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.SePay(nil)
	stall, memo := w.Stall(w.Market, "A1", "970422", "1111111")
	other, theirs := w.Stall(w.Market, "A2", "970422", "2222222")
	for i, p := range []transfer{
		{Date: "2026-11-19 23:59:59", Amount: 1000},
		{Date: "2026-11-20 00:00:00", Amount: 2000},
		{Date: "2026-11-20 08:10:00", Amount: 3000, Reference: "FT26324000000123"},
		{Date: "2026-11-20 08:50:00", Amount: 3000},
	} {
		p.ID, p.Account, p.Memo = i+1, "1111111", memo
		w.Accept(c, p)
	}
	w.Accept(c, transfer{ID: 9, Account: "2222222", Memo: theirs, Amount: 7000, Date: "2026-11-20 08:10:00"})

	path := "/api/v1/stalls/" + stall
	key := w.Key("merchant", "stall:"+stall)
	days := w.Call(key, "GET", path+"/days?from=2026-11-01&to=2026-11-20", nil, 200).Items()
	if len(days) != 2 {
		t.Fatalf("the days are %v", days)
	}
	if got := fmt.Sprintf(
		"%v %v %v %v",
		days[0]["day"],
		days[0]["count"],
		days[0]["amount"],
		days[0]["hours"],
	); got != "2026-11-20 3 8000 [map[amount:2000 count:1 hour:0] map[amount:6000 count:2 hour:8]]" {
		t.Errorf("the last day is %s", got)
	}
	if got := fmt.Sprintf("%v %v %v %v", days[1]["day"], days[1]["count"], days[1]["amount"],
		days[1]["hours"]); got != "2026-11-19 1 1000 [map[amount:1000 count:1 hour:23]]" {
		t.Errorf("the day before is %s", got)
	}
	first := w.Call(key, "GET", path+"/days?from=2026-11-01&to=2026-11-20&limit=1", nil, 200)
	rest := w.Call(key, "GET", path+"/days?from=2026-11-01&to=2026-11-20&limit=1&after="+first.Text("next"), nil, 200)
	if len(first.Items()) != 1 || len(rest.Items()) != 1 || rest.Items()[0].Text("day") != "2026-11-19" ||
		rest["next"] != nil {
		t.Errorf("pages %v and %v", first, rest)
	}

	for query, want := range map[string]string{
		"from=2026-11-01&to=2026-11-20":         "4",
		"from=2026-11-01&to=2026-11-20&limit=1": "4", "from=2026-10-01&to=2026-10-02": "4",
	} {
		list := w.Call(key, "GET", path+"/days?"+query, nil, 200)
		newest := w.Paid(stall)[0].Text("version")
		if got := list.Text("version"); got != want || got != newest {
			t.Errorf("the days of %s count up to %s, want %s, the newest payment is %s", query, got, want, newest)
		}
	}

	for query, want := range map[string]int{
		"?amount=3000": 2, "?amount=3001": 0, "?reference=0123": 1, "?reference=ft26324000000123": 1,
		"?reference=9123": 0, "?amount=3000&reference=123": 1,
		"?from=2026-11-20&to=2026-11-21": 3, "?from=2026-11-20T08:00:00%2B07:00&amount=3000": 2,
	} {
		if found := w.Call(key, "GET", path+"/payments"+query, nil, 200).Items(); len(found) != want {
			t.Errorf("%s finds %d payments, want %d", query, len(found), want)
		}
	}
	for _, bad := range []string{
		"/days?from=2026-11-20&to=2026-11-19", "/days?from=2025-01-01&to=2026-11-19", "/days?from=hôm+nay",
		"/days?to=2026-02-30", "/days?after=e30x",
		"/days?to=0001-01-01", "/days?to=0001-01-02", "/days?from=0001-01-01", "/days?to=9999-12-31",
		"/payments?from=0001-01-01", "/payments?to=9999-12-31T23:59:59%2B14:00",
		"/payments?amount=3000.5", "/payments?amount=12345678901234", "/payments?reference=12",
		"/payments?reference=12%00",
	} {
		if status := w.Send(key, "GET", path+bad, nil).Code; status != 422 && status != 400 {
			t.Errorf("%s is answered %d", bad, status)
		}
	}
	w.Call(key, "GET", "/api/v1/stalls/"+other+"/days", nil, 404)
	w.Call(w.Key("manager", "market:CHODAM"), "GET", path+"/days", nil, 403)

	// The next tenant's days are its own.
	w.Call(w.SignInAdmin(), "POST", path+"/tenancies", object{"merchant": object{
		"full_name": "Người mới",
		"phone":     "0905888888",
	}}, 201)
	if days := w.Call(w.Admin, "GET", path+"/days?from=2026-11-01&to=2026-11-30", nil, 200); len(days.Items()) != 0 ||
		days.Text("version") != "0" {
		t.Errorf("of a new tenant admins read %v", days)
	}
}

func TestStaffReadNoWholeDays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall, _, seller, b := counterOf(w, "A1", "1111111", 1)
	b.Visit("POST", "/api/v1/staff-sessions", object{"staff_id": seller, "pin": "4831"}, 201)
	b.Refuse("GET", "/api/v1/stalls/"+stall+"/days", nil, 403, "not_allowed")
	for _, ending := range []string{"", ".pdf", ".xlsx"} {
		b.Refuse("GET", "/api/v1/me/revenue-book"+ending, nil, 403, "not_allowed")
	}
}

// TestADayOfABusyStallIsReadByItsKey reads one day of a stall with 200,000 payments: what was
// recorded before is not looked at.
func TestADayOfABusyStallIsReadByItsKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.SePay(nil)
	stall, memo := w.Stall(w.Market, "A1", "970422", "1111111")
	w.Accept(c, transfer{ID: 1, Account: "1111111", Memo: memo, Amount: 1000})
	path := "/api/v1/stalls/" + stall
	today := bizday.DayOf(time.Now())
	key := w.Key("merchant", "stall:"+stall)
	queries := []string{"/days?from=" + today, "/payments?from=" + today, "/payments?reference=999&from=" + today}
	took := func(query string) time.Duration {
		best := time.Hour
		for range 5 {
			began := time.Now()
			w.Call(key, "GET", path+query, nil, 200)
			best = min(best, time.Since(began))
		}
		return best
	}
	small := map[string]time.Duration{}
	for _, query := range queries {
		small[query] = took(query)
	}
	w.Grow(200_000)
	w.Accept(c, transfer{ID: 2, Account: "1111111", Memo: memo, Amount: 2000})
	for _, query := range queries {
		busy := took(query)
		t.Logf("%s: %v beside one payment, %v beside 200,000", strings.ReplaceAll(query, today, "today"), small[query],
			busy)
		if busy > 25*small[query] {
			t.Errorf("%s takes %v, %v at a stall that was hardly paid", query, busy, small[query])
		}
	}
}
