package payments_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestAStallsDays pays on two days at several hours, takes one payment back, and compares what the days say with the payments.
func TestAStallsDays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.sepay(nil)
	stall, memo := w.stall(w.market, "A1", "970422", "1111111")
	other, theirs := w.stall(w.market, "A2", "970422", "2222222")
	for i, p := range []transfer{
		{Date: "2026-11-19 23:59:59", Amount: 1000},
		{Date: "2026-11-20 00:00:00", Amount: 2000},
		{Date: "2026-11-20 08:10:00", Amount: 3000, Reference: "FT26324000000123"},
		{Date: "2026-11-20 08:50:00", Amount: 3000},
	} {
		p.ID, p.Account, p.Memo = i+1, "1111111", memo
		w.accept(c, p)
	}
	w.accept(c, transfer{ID: 9, Account: "2222222", Memo: theirs, Amount: 7000, Date: "2026-11-20 08:10:00"})

	path := "/api/v1/stalls/" + stall
	key := w.key("merchant", "stall:"+stall)
	days := w.call(key, "GET", path+"/days?from=2026-11-01&to=2026-11-20", nil, 200).items()
	if len(days) != 2 {
		t.Fatalf("the days are %v", days)
	}
	if got := fmt.Sprintf("%v %v %v %v", days[0]["day"], days[0]["count"], days[0]["amount"], days[0]["hours"]); got != "2026-11-20 3 8000 [map[amount:2000 count:1 hour:0] map[amount:6000 count:2 hour:8]]" {
		t.Errorf("the last day is %s", got)
	}
	if got := fmt.Sprintf("%v %v %v %v", days[1]["day"], days[1]["count"], days[1]["amount"], days[1]["hours"]); got != "2026-11-19 1 1000 [map[amount:1000 count:1 hour:23]]" {
		t.Errorf("the day before is %s", got)
	}
	first := w.call(key, "GET", path+"/days?from=2026-11-01&to=2026-11-20&limit=1", nil, 200)
	rest := w.call(key, "GET", path+"/days?from=2026-11-01&to=2026-11-20&limit=1&after="+first.text("next"), nil, 200)
	if len(first.items()) != 1 || len(rest.items()) != 1 || rest.items()[0].text("day") != "2026-11-19" || rest["next"] != nil {
		t.Errorf("pages %v and %v", first, rest)
	}

	for query, want := range map[string]string{"from=2026-11-01&to=2026-11-20": "4", "from=2026-11-01&to=2026-11-20&limit=1": "4", "from=2026-10-01&to=2026-10-02": "4"} {
		list := w.call(key, "GET", path+"/days?"+query, nil, 200)
		newest := w.paid(stall)[0].text("version")
		if got := list.text("version"); got != want || got != newest {
			t.Errorf("the days of %s count up to %s, want %s, the newest payment is %s", query, got, want, newest)
		}
	}

	for query, want := range map[string]int{
		"?amount=3000": 2, "?amount=3001": 0, "?reference=0123": 1, "?reference=ft26324000000123": 1, "?reference=9123": 0, "?amount=3000&reference=123": 1,
		"?from=2026-11-20&to=2026-11-21": 3, "?from=2026-11-20T08:00:00%2B07:00&amount=3000": 2,
	} {
		if found := w.call(key, "GET", path+"/payments"+query, nil, 200).items(); len(found) != want {
			t.Errorf("%s finds %d payments, want %d", query, len(found), want)
		}
	}
	for _, bad := range []string{
		"/days?from=2026-11-20&to=2026-11-19", "/days?from=2025-01-01&to=2026-11-19", "/days?from=hôm+nay", "/days?to=2026-02-30", "/days?after=e30x",
		"/days?to=0001-01-01", "/days?to=0001-01-02", "/days?from=0001-01-01", "/days?to=9999-12-31", "/payments?from=0001-01-01", "/payments?to=9999-12-31T23:59:59%2B14:00",
		"/payments?amount=3000.5", "/payments?amount=12345678901234", "/payments?reference=12", "/payments?reference=12%00",
	} {
		if status := w.status(key, "GET", path+bad); status != 422 && status != 400 {
			t.Errorf("%s is answered %d", bad, status)
		}
	}
	w.call(key, "GET", "/api/v1/stalls/"+other+"/days", nil, 404)
	w.call(w.key("manager", "market:CHODAM"), "GET", path+"/days", nil, 403)

	// The next tenant's days are its own.
	w.call(w.person(), "POST", path+"/tenancies", object{"merchant": object{"full_name": "Người mới", "phone": "0905888888"}}, 201)
	if days := w.call(w.admin, "GET", path+"/days?from=2026-11-01&to=2026-11-30", nil, 200); len(days.items()) != 0 || days.text("version") != "0" {
		t.Errorf("of a new tenant admins read %v", days)
	}
}

func TestStaffReadNoWholeDays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall, _, seller, b := counterOf(w, "A1", "1111111", 1)
	b.visit("POST", "/api/v1/staff-sessions", object{"staff_id": seller, "pin": "4831"}, 201)
	b.refuse("GET", "/api/v1/stalls/"+stall+"/days", nil, 403, "not_allowed")
	for _, ending := range []string{"", ".pdf", ".xlsx"} {
		b.refuse("GET", "/api/v1/me/revenue-book"+ending, nil, 403, "not_allowed")
	}
}

// TestADayOfABusyStallIsReadByItsKey reads one day of a stall with 200,000 payments: what was recorded before is not looked at.
func TestADayOfABusyStallIsReadByItsKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.sepay(nil)
	stall, memo := w.stall(w.market, "A1", "970422", "1111111")
	w.accept(c, transfer{ID: 1, Account: "1111111", Memo: memo, Amount: 1000})
	path := "/api/v1/stalls/" + stall
	today := time.Now().In(time.FixedZone("+07", 7*60*60)).Format(time.DateOnly)
	key := w.key("merchant", "stall:"+stall)
	queries := []string{"/days?from=" + today, "/payments?from=" + today, "/payments?reference=999&from=" + today}
	took := func(query string) time.Duration {
		best := time.Hour
		for range 5 {
			began := time.Now()
			w.call(key, "GET", path+query, nil, 200)
			best = min(best, time.Since(began))
		}
		return best
	}
	small := map[string]time.Duration{}
	for _, query := range queries {
		small[query] = took(query)
	}
	w.grow(200_000)
	w.accept(c, transfer{ID: 2, Account: "1111111", Memo: memo, Amount: 2000})
	for _, query := range queries {
		busy := took(query)
		t.Logf("%s: %v beside one payment, %v beside 200,000", strings.ReplaceAll(query, today, "today"), small[query], busy)
		if busy > 25*small[query] {
			t.Errorf("%s takes %v, %v at a stall that was hardly paid", query, busy, small[query])
		}
	}
}

// grow gives the only stall that was paid n earlier payments, 300 a day until two days ago, straight into the tables.
func (w *world) grow(n int) {
	w.t.Helper()
	_, err := w.db.Pool.Exec(w.t.Context(), `INSERT INTO payments (id, market_id, debit_account, credit_account, amount, debit_version, credit_version, occurred_at, recorded_at, reference, strong)
		SELECT overlay(id_floor(t.at)::text placing right(gen_random_uuid()::text, 20) FROM 17)::uuid, l.market_id, b.id, l.id, 1000, t.n, t.n, t.at, t.at, 'FT' || t.n, true
		FROM ledger_accounts l, ledger_accounts b, (SELECT n, now() - interval '2 days' - ($1 - n) * interval '1 day' / 300 AS at FROM generate_series(1, $1::int) n) t
		WHERE l.kind = 'stall' AND b.kind = 'bank' AND b.account_id IS NOT NULL`, n)
	must(w.t, err)
	must(w.t, w.execute(`UPDATE ledger_accounts SET version = version + 1000000`))
	must(w.t, w.execute(`ANALYZE payments`))
}

func (w *world) execute(sql string) error {
	_, err := w.db.Pool.Exec(w.t.Context(), sql)
	return err
}

// status is how a request is answered.
func (w *world) status(key, method, path string) int {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.server.URL+path, http.NoBody)
	must(w.t, err)
	req.Header.Set("Authorization", "Bearer "+key)
	res, err := http.DefaultClient.Do(req)
	must(w.t, err)
	must(w.t, res.Body.Close())
	return res.StatusCode
}
