package intake_test

import (
	"fmt"
	"testing"
	"time"

	"market40/merchants/platform/bizday"
	"market40/payments/ledger"
	"market40/payments/paymentstest"
)

// day is 08:00 of a day of November 2026.
func november(day int) time.Time { return time.Date(2026, 11, day, 8, 0, 0, 0, bizday.Vietnam) }

// TestAVoidFallsOnTheDayOfItsPayment: in the payments, the stall's days, the rollups and the proof,
// whatever the void's own date.
func TestAVoidFallsOnTheDayOfItsPayment(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall, code := w.GatewayStall("A1")
	gateway := w.NewGateway()
	event := paymentstest.GatewayEvent{ID: "tx-1", Memo: code, Reference: "PG-1", At: november(25)}
	w.SendGateway(gateway, event)
	w.SendGateway(gateway, paymentstest.GatewayEvent{ID: "tx-2", Memo: code, Reference: "PG-2", At: november(26)})
	event.Void, event.At = true, november(28)
	w.SendGateway(gateway, event)

	payments := w.Paid(stall)
	if got := fmt.Sprint(w.Amounts(stall)); got != "[-80000 80000 80000]" {
		t.Fatalf("the stall was paid %s", got)
	}
	if back, first := payments[0].Text("occurred_at"), payments[2].Text("occurred_at"); back != first {
		t.Errorf("the reversal occurred at %s, what it reverses at %s", back, first)
	}
	w.WantDays(stall, "2026-11-26 1 80000")
	w.wantFirstDay("2026-11-26")
	w.VerifyBooks()

	later := paymentstest.GatewayEvent{ID: "tx-3", Memo: code, Reference: "PG-3", At: november(26).Add(9 * time.Hour)}
	for _, want := range []string{"17:00", "08:00"} {
		w.SendGateway(gateway, later)
		later.Void = true
		var last string
		must(t, w.DB.Pool.QueryRow(t.Context(), `SELECT to_char(last_at AT TIME ZONE 'Asia/Ho_Chi_Minh', 'HH24:MI')
			FROM stall_days WHERE day = '2026-11-26'`).Scan(&last))
		if last != want {
			t.Errorf("the last payment that stands is of %s, not %s", last, want)
		}
		w.VerifyBooks()
	}
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

// TestAVoidFollowsItsMoney: a case moved the payment to another stall, then the bank takes it back.
func TestAVoidFollowsItsMoney(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall, _ := w.GatewayStall("A1")
	_, elsewhere := w.Stall(w.Market, "A2", "970436", "2222222")
	other, _ := w.Stall(w.Market, "A3", "970436", "3333333")
	gateway := w.NewGateway()
	event := paymentstest.GatewayEvent{ID: "tx-1", Memo: elsewhere, Reference: "PG-1", At: november(25)}
	w.SendGateway(gateway, event)
	path := w.Decide("foreign_account", paymentstest.AssignTo(stall))
	w.Call(w.Admin, "POST", path+"/reopen", object{"reason": "nhầm sạp"}, 200)
	w.Decide("foreign_account", paymentstest.AssignTo(other))
	event.Void, event.At = true, november(28)
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

// TestTheProofKnowsTheDaysOfReversals writes a rollup as if a reversal counted on its own day, and
// is found out.
func TestTheProofKnowsTheDaysOfReversals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, code := w.GatewayStall("A1")
	gateway := w.NewGateway()
	event := paymentstest.GatewayEvent{ID: "tx-1", Memo: code, Reference: "PG-1", At: november(25)}
	w.SendGateway(gateway, event)
	event.Void, event.At = true, november(28)
	w.SendGateway(gateway, event)
	w.VerifyBooks()
	for _, sql := range []string{
		`ALTER TABLE payments DISABLE TRIGGER payments_append_only`,
		`UPDATE payments SET occurred_at = '2026-11-28 08:00:00+07' WHERE reverses IS NOT NULL`,
		`INSERT INTO stall_days (tenancy_id, day, market_id, payments, amount, le_50k, le_200k, le_1m, over_1m)
			SELECT tenancy_id, '2026-11-28', market_id, -1, -80000, 0, -1, 0, 0 FROM stall_days`, // as the void's own date
		`UPDATE stall_days SET payments = 1, amount = 80000, le_200k = 1 WHERE day = '2026-11-25'`,
	} {
		must(t, w.Execute(sql))
	}
	proof, err := ledger.Verify(t.Context(), w.DB.Pool)
	must(t, err)
	rules := map[string]int{}
	for _, f := range proof.Faults {
		rules[f.Rule]++
	}
	if rules["day"] != 2 || rules["reversal's time"] != 1 {
		t.Errorf("the proof found %v", rules)
	}
}
