package ledger_test

import (
	"fmt"
	"testing"
	"time"

	"market40/merchants/platform/bizday"
	"market40/payments/paymentstest"
)

// novemberDay returns 08:00 of a day of November 2026.
func novemberDay(day int) time.Time { return time.Date(2026, 11, day, 8, 0, 0, 0, bizday.Vietnam) }

// TestPaymentsAreCountedBySize pays amounts at the limits of the size bands.
func TestPaymentsAreCountedBySize(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.SePay(nil)
	_, memo := w.Stall(w.Market, "A1", "970422", "1111111")
	for i, amount := range []int{1, 50_000, 50_001, 200_000, 200_001, 1_000_000, 1_000_001} {
		w.Accept(c, transfer{ID: i + 1, Account: "1111111", Memo: memo, Amount: amount, Date: "2026-11-20 08:10:00"})
	}
	var got string
	must(t, w.DB.Pool.QueryRow(t.Context(), `SELECT string_agg(concat_ws('/', payments, le_50k, le_200k, le_1m,
		over_1m), ' ') FROM stall_days`).Scan(&got))
	if got != "7/2/2/2/1" {
		t.Errorf("the day is counted %s", got)
	}
	w.VerifyBooks()
	var days int
	must(t, w.DB.Pool.QueryRow(t.Context(), `SELECT count(*) FROM connection_days`).Scan(&days))
	if days != 1 {
		t.Errorf("the connection delivered on %d days, want 1", days)
	}
	w.wantFaults(`UPDATE stall_days SET le_50k = le_50k + 1, over_1m = over_1m - 1,
		last_at = last_at + interval '1 minute'`, "bands", "last payment")
}

// TestFirstDays compares the first days with the days and confirmations that they follow from: late
// payments, reversals and wrong rows.
func TestFirstDays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.SePay(nil)
	_, memo := w.Stall(w.Market, "A1", "970422", "1111111")
	first := func() (paid, confirmed string) {
		must(t, w.DB.Pool.QueryRow(t.Context(), `SELECT coalesce(told::text, ''), coalesce(word::text, '')
			FROM first_days`).Scan(&paid, &confirmed))
		return paid, confirmed
	}
	exec := func(sql string, args ...any) {
		_, err := w.DB.Pool.Exec(t.Context(), sql, args...)
		must(t, err)
	}
	for i, want := range []string{"2026-11-20", "2026-11-20", "2026-11-12"} {
		day := []string{"2026-11-20", "2026-11-21", "2026-11-12"}[i]
		w.Accept(c, transfer{ID: i + 1, Account: "1111111", Memo: memo, Amount: 1000, Date: day + " 08:10:00"})
		if got, _ := first(); got != want {
			t.Errorf("after %s the first day is %q, want %s", day, got, want)
		}
	}
	exec(`UPDATE stall_days SET payments = 0 WHERE day = '2026-11-12'`) // as after reversals
	if got, _ := first(); got != "2026-11-20" {
		t.Errorf("after a reversal of the first payment it is %q", got)
	}
	exec(`UPDATE stall_days SET payments = 1 WHERE day = '2026-11-12'`)
	for _, at := range []string{"2026-11-09T23:30:00+07:00", "2026-11-10T00:10:00+07:00", "2026-11-08T10:00:00+07:00"} {
		exec(`INSERT INTO confirmations (id, market_id, tenancy_id, amount, occurred_at, recorded_at, actor_id)
			SELECT gen_random_uuid(), t.market_id, t.id, 1000, $1::text::timestamptz, now(), (SELECT id FROM actors
			LIMIT 1) FROM tenancies t`, at)
	}
	if paid, confirmed := first(); paid != "2026-11-12" || confirmed != "2026-11-08" {
		t.Errorf("first paid on %q, first confirmed on %q", paid, confirmed)
	}
	w.VerifyBooks()
	w.wantFaults(`UPDATE first_days SET told = '2026-11-01'`, "first day")
}

func (w *world) wantFirstDay(want string) {
	w.T.Helper()
	var got string
	must(w.T, w.DB.Pool.QueryRow(w.T.Context(),
		`SELECT coalesce(string_agg(told::text, ' '), '') FROM first_days`).Scan(&got))
	if got != want {
		w.T.Errorf("the first day is %q, want %q", got, want)
	}
}

// TestReversalCountsOnTheDayOfItsPayment checks payments, days, sums and proof: the void's own date
// does not matter.
func TestReversalCountsOnTheDayOfItsPayment(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall, code := w.GatewayStall("A1")
	gateway := w.NewGateway()
	event := paymentstest.GatewayEvent{ID: "tx-1", Memo: code, Reference: "PG-1", At: novemberDay(25)}
	w.SendGateway(gateway, event)
	w.SendGateway(gateway, paymentstest.GatewayEvent{ID: "tx-2", Memo: code, Reference: "PG-2", At: novemberDay(26)})
	event.Void, event.At = true, novemberDay(28)
	w.SendGateway(gateway, event)

	payments := w.Paid(stall)
	if got := fmt.Sprint(w.Amounts(stall)); got != "[-80000 80000 80000]" {
		t.Fatalf("the stall was paid %s", got)
	}
	if back, first := payments[0].Text("occurred_at"), payments[2].Text("occurred_at"); back != first {
		t.Errorf("the reversal occurred at %s, its payment at %s", back, first)
	}
	w.WantDays(stall, "2026-11-26 1 80000")
	w.wantFirstDay("2026-11-26")
	w.VerifyBooks()

	later := paymentstest.GatewayEvent{
		ID:        "tx-3",
		Memo:      code,
		Reference: "PG-3",
		At:        novemberDay(26).Add(9 * time.Hour),
	}
	for _, want := range []string{"17:00", "08:00"} {
		w.SendGateway(gateway, later)
		later.Void = true
		var last string
		must(t, w.DB.Pool.QueryRow(t.Context(), `SELECT to_char(last_at AT TIME ZONE 'Asia/Ho_Chi_Minh', 'HH24:MI')
			FROM stall_days WHERE day = '2026-11-26'`).Scan(&last))
		if last != want {
			t.Errorf("the last payment without reversal is of %s, want %s", last, want)
		}
		w.VerifyBooks()
	}
}

// TestReversalFollowsTheMoney reverses a payment that a case has moved to another stall.
func TestReversalFollowsTheMoney(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall, _ := w.GatewayStall("A1")
	_, foreignCode := w.Stall(w.Market, "A2", "970436", "2222222")
	other, _ := w.Stall(w.Market, "A3", "970436", "3333333")
	gateway := w.NewGateway()
	event := paymentstest.GatewayEvent{ID: "tx-1", Memo: foreignCode, Reference: "PG-1", At: novemberDay(25)}
	w.SendGateway(gateway, event)
	path := w.Decide("foreign_account", paymentstest.AssignTo(stall))
	w.Call(w.Admin, "POST", path+"/reopen", object{"reason": "nhầm sạp"}, 200)
	w.Decide("foreign_account", paymentstest.AssignTo(other))
	event.Void, event.At = true, novemberDay(28)
	w.SendGateway(gateway, event)
	for _, id := range []string{stall, other} {
		if got := fmt.Sprint(w.Amounts(id)); got != "[-80000 80000]" {
			t.Errorf("a stall was paid %s", got)
		}
		w.WantDays(id)
	}
	w.wantFirstDay("")
	w.VerifyBooks()
}
