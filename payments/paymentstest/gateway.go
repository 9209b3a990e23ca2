package paymentstest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// GatewayKey is the secret of SePay's payment gateway.
const GatewayKey = "gateway-test-key"

// GatewayAccount is what the gateway's notices name as their account.
const GatewayAccount = "SEPAY_PG"

// GatewayStall registers a stall that receives through SePay's payment gateway.
func (w *World) GatewayStall(number string) (id, code string) {
	w.T.Helper()
	w.Phones++
	made := w.Call(w.Admin, "POST", "/api/v1/markets/"+w.Market+"/stalls", object{
		"number": number, "kind": "stall", "zone": "A", "goods_group": "hai_san",
		"merchant": object{"full_name": "Người bán " + number, "phone": fmt.Sprintf("0905%06d", w.Phones)},
		"account": object{
			"kind": "ewallet", "account_number": GatewayAccount, "holder_name": "NGUOI BAN",
			"holder_kind": "ca_nhan",
		},
	}, 201)
	return made.Text("id"), made.Text("code.code")
}

// GatewayStallOf registers another stall of a stall's merchant, which also receives through the
// gateway.
func (w *World) GatewayStallOf(number, first string) (id, code string) {
	w.T.Helper()
	var merchant string
	must(w.T, w.DB.Pool.QueryRow(w.T.Context(), `SELECT merchant_id FROM tenancies WHERE stall_id = $1`, first).
		Scan(&merchant))
	made := w.Call(w.Admin, "POST", "/api/v1/markets/"+w.Market+"/stalls", object{
		"number": number, "kind": "stall", "zone": "A", "goods_group": "hai_san", "merchant": object{"id": merchant},
		"account": object{
			"kind": "ewallet", "account_number": GatewayAccount, "holder_name": "NGUOI BAN",
			"holder_kind": "ca_nhan",
		},
	}, 201)
	return made.Text("id"), made.Text("code.code")
}

// NewGateway creates a connection of SePay's payment gateway.
func (w *World) NewGateway() string {
	w.T.Helper()
	return w.Call(w.Admin, "POST", "/api/v1/bank-connections", object{
		"provider": "sepay_pg", "name": "Cổng SePay", "secrets": object{"secret_key": GatewayKey},
	}, 201).Text("id")
}

// GatewayEvent is a payment through the gateway, by default of 80,000, or the void of one.
type GatewayEvent struct {
	ID, Memo, Reference string
	Amount              int
	Void                bool
	At                  time.Time
}

// SendGateway posts an event as the gateway does.
func (w *World) SendGateway(gateway string, e GatewayEvent) {
	w.T.Helper()
	kind := "ORDER_PAID"
	if e.Void {
		kind = "TRANSACTION_VOID"
	}
	raw, err := json.Marshal(object{
		"notification_type": kind, "timestamp": e.At.Unix(), "order": object{
			"order_description":    e.Memo,
			"order_invoice_number": e.ID,
		},
		"transaction": object{
			"id": e.ID, "transaction_id": e.Reference, "transaction_status": "APPROVED",
			"transaction_amount":   strconv.Itoa(cmp.Or(e.Amount, 80000)),
			"transaction_currency": "VND", "transaction_date": e.At.Format(time.DateTime),
		},
	})
	must(w.T, err)
	w.PostGateway(gateway, string(raw))
}

// PostGateway posts a body as the gateway does, and checks that it succeeds.
func (w *World) PostGateway(gateway, body string) {
	w.T.Helper()
	w.Call("", http.MethodPost, "/webhooks/sepay_pg/"+gateway, []byte(body), 200, "X-Secret-Key", GatewayKey)
}
