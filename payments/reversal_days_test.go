package payments_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"market40/payments/ledger"
)

var vietnam = time.FixedZone("+07", 7*60*60)

const gatewayKey = "gateway-test-key"

// gatewayAccount is what the gateway's notices name as their account.
const gatewayAccount = "SEPAY_PG"

// gatewayStall registers a stall that receives through SePay's payment gateway.
func (w *world) gatewayStall(number string) (id, code string) {
	w.t.Helper()
	w.phones++
	made := w.call(w.admin, "POST", "/api/v1/markets/"+w.market+"/stalls", object{
		"number": number, "kind": "stall", "zone": "A", "goods_group": "hai_san",
		"merchant": object{"full_name": "Người bán " + number, "phone": fmt.Sprintf("0905%06d", w.phones)},
		"account":  object{"kind": "ewallet", "account_number": gatewayAccount, "holder_name": "NGUOI BAN", "holder_kind": "ca_nhan"},
	}, 201)
	return made.text("id"), made.text("code.code")
}

// gateway makes a connection of SePay's payment gateway.
func (w *world) gateway() string {
	w.t.Helper()
	return w.call(w.admin, "POST", "/api/v1/bank-connections", object{
		"provider": "sepay_pg", "name": "Cổng SePay", "secrets": object{"secret_key": gatewayKey},
	}, 201).text("id")
}

// gatewayEvent is a payment by the gateway, of 80,000 unless an amount is named, or the void of one.
type gatewayEvent struct {
	ID, Memo, Reference string
	Amount              int
	Void                bool
	At                  time.Time
}

func (w *world) pay(gateway string, e gatewayEvent) {
	w.t.Helper()
	kind := "ORDER_PAID"
	if e.Void {
		kind = "TRANSACTION_VOID"
	}
	raw, err := json.Marshal(object{
		"notification_type": kind, "timestamp": e.At.Unix(), "order": object{"order_description": e.Memo, "order_invoice_number": e.ID},
		"transaction": object{
			"id": e.ID, "transaction_id": e.Reference, "transaction_status": "APPROVED", "transaction_amount": strconv.Itoa(cmp.Or(e.Amount, 80000)),
			"transaction_currency": "VND", "transaction_date": e.At.Format(time.DateTime),
		},
	})
	must(w.t, err)
	w.postGateway(gateway, string(raw))
}

func (w *world) postGateway(gateway, body string) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.server.URL+"/webhooks/sepay_pg/"+gateway, strings.NewReader(body))
	must(w.t, err)
	req.Header.Set("X-Secret-Key", gatewayKey)
	res, err := http.DefaultClient.Do(req)
	must(w.t, err)
	must(w.t, res.Body.Close())
	if res.StatusCode != 200 {
		w.t.Fatalf("%s is answered %d", body, res.StatusCode)
	}
}

// day is 08:00 of a day of November 2026.
func november(day int) time.Time { return time.Date(2026, 11, day, 8, 0, 0, 0, vietnam) }

// TestAVoidFallsOnTheDayOfItsPayment: in the payments, the stall's days, the rollups and the proof, whatever the void's own date.
func TestAVoidFallsOnTheDayOfItsPayment(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall, code := w.gatewayStall("A1")
	gateway := w.gateway()
	event := gatewayEvent{ID: "tx-1", Memo: code, Reference: "PG-1", At: november(25)}
	w.pay(gateway, event)
	w.pay(gateway, gatewayEvent{ID: "tx-2", Memo: code, Reference: "PG-2", At: november(26)})
	event.Void, event.At = true, november(28)
	w.pay(gateway, event)

	payments := w.paid(stall)
	if got := fmt.Sprint(w.amounts(stall)); got != "[-80000 80000 80000]" {
		t.Fatalf("the stall was paid %s", got)
	}
	if back, first := payments[0].text("occurred_at"), payments[2].text("occurred_at"); back != first {
		t.Errorf("the reversal occurred at %s, what it reverses at %s", back, first)
	}
	w.wantDays(stall, "2026-11-26 1 80000")
	w.wantFirstDay("2026-11-26")
	w.wantSound()

	later := gatewayEvent{ID: "tx-3", Memo: code, Reference: "PG-3", At: november(26).Add(9 * time.Hour)}
	for _, want := range []string{"17:00", "08:00"} {
		w.pay(gateway, later)
		later.Void = true
		var last string
		must(t, w.db.Pool.QueryRow(t.Context(), `SELECT to_char(last_at AT TIME ZONE 'Asia/Ho_Chi_Minh', 'HH24:MI') FROM stall_days WHERE day = '2026-11-26'`).Scan(&last))
		if last != want {
			t.Errorf("the last payment that stands is of %s, not %s", last, want)
		}
		w.wantSound()
	}
}

func (w *world) wantDays(stall string, want ...string) {
	w.t.Helper()
	var got []string
	for _, d := range w.call(w.admin, "GET", "/api/v1/stalls/"+stall+"/days?from=2026-11-01&to=2026-11-30", nil, 200).items() {
		got = append(got, fmt.Sprint(d.text("day"), " ", d.text("count"), " ", d.text("amount")))
		var hours float64
		for _, h := range d["hours"].([]any) {
			if hours += h.(map[string]any)["count"].(float64); h.(map[string]any)["count"].(float64) < 0 {
				w.t.Errorf("an hour of %s is %v", d.text("day"), h)
			}
		}
		if hours != d["count"].(float64) {
			w.t.Errorf("the hours of %s hold %v payments of %v", d.text("day"), hours, d["count"])
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		w.t.Errorf("the days are %v, want %v", got, want)
	}
}

func (w *world) wantFirstDay(want string) {
	w.t.Helper()
	var got string
	must(w.t, w.db.Pool.QueryRow(w.t.Context(), `SELECT coalesce(string_agg(told::text, ' '), '') FROM first_days`).Scan(&got))
	if got != want {
		w.t.Errorf("the first day is %q, want %q", got, want)
	}
}

// TestAVoidFollowsItsMoney: a case moved the payment to another stall, then the bank takes it back.
func TestAVoidFollowsItsMoney(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall, _ := w.gatewayStall("A1")
	_, elsewhere := w.stall(w.market, "A2", "970436", "2222222")
	other, _ := w.stall(w.market, "A3", "970436", "3333333")
	gateway := w.gateway()
	event := gatewayEvent{ID: "tx-1", Memo: elsewhere, Reference: "PG-1", At: november(25)}
	w.pay(gateway, event)
	path := w.decide("foreign_account", assignTo(stall))
	w.call(w.admin, "POST", path+"/reopen", object{"reason": "nhầm sạp"}, 200)
	w.decide("foreign_account", assignTo(other))
	event.Void, event.At = true, november(28)
	w.pay(gateway, event)
	for _, id := range []string{stall, other} {
		if got := fmt.Sprint(w.amounts(id)); got != "[-80000 80000]" {
			t.Errorf("a stall was paid %s", got)
		}
		w.wantDays(id)
	}
	w.wantFirstDay("")
	w.wantSound()
}

// TestTheProofKnowsTheDaysOfReversals writes a rollup as if a reversal counted on its own day, and is found out.
func TestTheProofKnowsTheDaysOfReversals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, code := w.gatewayStall("A1")
	gateway := w.gateway()
	event := gatewayEvent{ID: "tx-1", Memo: code, Reference: "PG-1", At: november(25)}
	w.pay(gateway, event)
	event.Void, event.At = true, november(28)
	w.pay(gateway, event)
	w.wantSound()
	for _, sql := range []string{
		`ALTER TABLE payments DISABLE TRIGGER payments_append_only`,
		`UPDATE payments SET occurred_at = '2026-11-28 08:00:00+07' WHERE reverses IS NOT NULL`,
		`INSERT INTO stall_days (tenancy_id, day, market_id, payments, amount, le_50k, le_200k, le_1m, over_1m)
			SELECT tenancy_id, '2026-11-28', market_id, -1, -80000, 0, -1, 0, 0 FROM stall_days`, // as the void's own date
		`UPDATE stall_days SET payments = 1, amount = 80000, le_200k = 1 WHERE day = '2026-11-25'`,
	} {
		must(t, w.execute(sql))
	}
	proof, err := ledger.Verify(t.Context(), w.db.Pool)
	must(t, err)
	rules := map[string]int{}
	for _, f := range proof.Faults {
		rules[f.Rule]++
	}
	if rules["day"] != 2 || rules["reversal's time"] != 1 {
		t.Errorf("the proof found %v", rules)
	}
}
