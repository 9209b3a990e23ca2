package intake_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"market40/payments/paymentstest"
)

// TestAmountsAsText checks that no amount in a text is read as another one: "45.000" means 45,000
// in Vietnam.
func TestAmountsAsText(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall, _ := w.Stall(w.Market, "A1", "970422", "1111111")
	c := w.SePay(nil)
	wrong := []any{
		"45.000", "1.000", "100.000", "45.0000", "1.5", "1e5", "４５０００", " 45000", "+5", "-5",
		"12345678901234", "45,000", "",
	}
	for _, amount := range wrong {
		raw, err := json.Marshal(transfer{ID: 77, Account: "1111111", Amount: amount}.Body())
		must(t, err)
		if status, answer := w.Hook("/webhooks/sepay/"+c, "Apikey "+paymentstest.SePayKey, raw); status != 400 {
			t.Errorf("a webhook's amount %q answered %d: %s", amount, status, answer)
		}
		for path, body := range map[string]object{
			"/api/v1/orders": {"stall_id": stall, "amount": amount},
			"/api/v1/stalls/" + stall + "/confirmations": {
				"amount":      amount,
				"occurred_at": "2026-11-20T10:11:12+07:00",
			},
		} {
			answer := w.Call(w.Admin, http.MethodPost, path, body, 422)
			errors, _ := answer["errors"].([]any)
			if len(errors) != 1 || answer.Text("code") != "amount_form" ||
				errors[0].(map[string]any)["field"] != "amount" {
				t.Errorf("%s with %q answered %v", path, amount, answer)
			}
		}
	}
	w.WantPaid(stall)
	for i, amount := range []any{
		"45000", "45000.0", "45000.00", 45000, json.Number("45000.000"),
		json.Number("4.5e4"),
	} {
		w.Accept(c, transfer{ID: 100 + i, Account: "1111111", Amount: amount})
		if _, text := amount.(string); text {
			if made := w.Call(w.Admin, http.MethodPost, "/api/v1/orders", object{"stall_id": stall, "amount": amount},
				201); made.Text("amount") != "45000" {
				t.Errorf("an order of %v is of %s", amount, made.Text("amount"))
			}
		}
	}
	w.WantPaid(stall, "45000", "45000", "45000", "45000", "45000", "45000")
}
