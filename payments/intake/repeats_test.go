package intake_test

import (
	"crypto/hmac"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"net/url"
	"strconv"
	"testing"
	"time"

	"market40/payments/paymentstest"
)

// TestAnswerTimeIsNotContent checks that a retry with another time of the answer is a repeat: MoMo
// stamps each answer, SePay's gateway each event.
func TestAnswerTimeIsNotContent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i, c := range []struct{ account, store string }{{"MERCHANT1", ""}, {"MERCHANT2", "STORE-7"}} {
		stall := w.wallet(fmt.Sprint("W", i), c.account)
		momo := w.NewFeed("momo")
		paid := paymentstest.Credit("4400123456", c.account, 60000)
		paid.VirtualAccount = c.store
		momo.Play(paid)
		paid.OccurredAt = paid.OccurredAt.Add(61 * time.Second)
		momo.Play(paid)
		momo.WantStates("4400123456", "posted account")
		w.WantPaid(stall, "60000")
	}
	stall := w.wallet("W9", "SEPAY_PG")
	gateway := w.NewGateway()
	for _, stamp := range []int64{1795000000, 1795000061} {
		body := fmt.Sprintf(
			`{"notification_type":"ORDER_PAID","timestamp":%d,"order":{},"transaction":{"id":"t1","transaction_id":"R1",
			"transaction_status":"APPROVED","transaction_amount":"80000","transaction_currency":"VND"}}`,
			stamp,
		)
		w.PostGateway(gateway, body)
	}
	w.WantPaid(stall, "80000")
	w.WantCases("conflict", 0)
	w.VerifyBooks()
}

// TestRepeatOfAnEarlierProgramsNotice checks a digest that was made with the time of MoMo's answer.
func TestRepeatOfAnEarlierProgramsNotice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall := w.wallet("W1", "MERCHANT1")
	momo := w.NewFeed("momo")
	paid := paymentstest.Credit("4400123456", "MERCHANT1", 60000)
	momo.Play(paid)
	digest := w.Keys.Index("notice", "MERCHANT1\n\nin\n60000\nVND\n"+strconv.FormatInt(paid.OccurredAt.UnixMilli(), 10)+
		"\n4400123456")
	_, err := w.DB.Pool.Exec(t.Context(), `ALTER TABLE notice_keys DISABLE TRIGGER USER`)
	must(t, err)
	_, err = w.DB.Pool.Exec(t.Context(), `UPDATE notice_keys SET digest = $1 WHERE external_id = '4400123456'`, digest)
	must(t, err)
	paid.OccurredAt = paid.OccurredAt.Add(61 * time.Second)
	momo.Play(paid)
	w.WantPaid(stall, "60000")
	w.WantCases("conflict", 0)
}

// TestConflictOfOneTransferIsNotAssigned checks a conflict with the account, amount and reference
// of the first notice.
func TestConflictOfOneTransferIsNotAssigned(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall, code := w.Stall(w.Market, "A1", "970422", "1111111")
	c := w.SePay(nil)
	w.Accept(c, transfer{ID: 7, Account: "1111111", Memo: code, Amount: 30000, Reference: "3079"})
	w.Accept(c, transfer{
		ID: 7, Account: "1111111", Memo: code, Amount: 30000, Reference: "3079",
		Date: "2026-11-20 10:15:00",
	})
	found := w.WantCases("conflict", 1)[0]
	if later := object(found["contents"].([]any)[1].(map[string]any)); later.Text("stall_id") != "" {
		t.Errorf("the case proposes %v", later)
	}
	path := "/api/v1/cases/" + found.Text("id") + "/resolve"
	for _, action := range []object{paymentstest.AssignTo(stall), {"action": "return", "reason": "ngân hàng đã hoàn"}} {
		if got := w.Call(w.Admin, "POST", path, action, 409).Text("code"); got != "same_transfer" {
			t.Errorf("refused as %q", got)
		}
	}
	w.Call(w.Admin, "POST", path, object{"action": "dismiss", "reason": "một khoản báo hai lần"}, 200)
	w.WantPaid(stall, "30000")
	w.VerifyBooks()
}

// TestVoidedPaymentIsNotAssigned checks a payment that waited in the inbox when the bank took it
// back. An earlier proposal is not approved, and no new one is accepted.
func TestVoidedPaymentIsNotAssigned(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other, _ := w.Stall(w.Market, "A1", "970436", "2222222")
	gateway := w.NewGateway()
	// no stall receives on the gateway
	event := paymentstest.GatewayEvent{ID: "tx-1", Memo: "mua ca", Reference: "PG-1", At: novemberDay(25)}
	w.SendGateway(gateway, event)
	path := "/api/v1/cases/" + w.WantCases("unknown_account", 1)[0].Text("id") + "/resolve"
	w.Call(w.Admin, "POST", path, paymentstest.AssignTo(other), 200)
	event.Void, event.At = true, novemberDay(26)
	w.SendGateway(gateway, event)
	// no proposal to return it exists
	for _, action := range []object{
		paymentstest.AssignTo(other),
		{"action": "return", "reason": "ngân hàng đã hoàn"},
	} {
		if got := w.Call(w.Key("admin", ""), "POST", path, action, 409).Text("code"); got != "taken_back" {
			t.Errorf("refused as %q", got)
		}
	}
	w.WantPaid(other)
	w.VerifyBooks()
}

// TestOtherCurrencyIsNeverPosted checks the notice and the later content with its id.
func TestOtherCurrencyIsNeverPosted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall, _ := w.Stall(w.Market, "A1", "970422", "1111111")
	f := w.NewFeed("standard")
	dollars, dong := paymentstest.Credit("n-1", "1111111", 100), paymentstest.Credit("n-2", "1111111", 60000)
	dollars.Currency = "USD"
	f.Play(dollars)
	f.Play(dong)
	dong.Currency = "USD"
	f.Play(dong)
	for _, kind := range []string{"other_currency", "conflict"} {
		c := w.WantCases(kind, 1)[0]
		contents := c["contents"].([]any)
		if got := object(contents[len(contents)-1].(map[string]any)).Text("currency"); got != "USD" {
			t.Errorf("the content of %s is in %q", kind, got)
		}
		path := "/api/v1/cases/" + c.Text("id") + "/resolve"
		for _, action := range []object{
			paymentstest.AssignTo(stall),
			{"action": "return", "reason": "ngân hàng trả lại"},
		} {
			if got := w.Call(w.Admin, "POST", path, action, 422).Text("code"); got != "other_currency" {
				t.Errorf("refused as %q", got)
			}
		}
		w.Call(w.Admin, "POST", path, object{"action": "dismiss", "reason": "không phải đồng"}, 200)
	}
	w.WantPaid(stall, "60000")
	w.VerifyBooks()
}

// TestUnreadableItemsHaveACaseEach checks that two items with the same fault are two items.
func TestUnreadableItemsHaveACaseEach(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Stall(w.Market, "A1", "970422", "1111111")
	const pay2s = `{"transactions":[{"id":"g%[1]d","gateway":"MBBank","transactionDate":"2026-11-20 10:11:12","accountNumber":"1111111",` +
		`"content":"x","transferType":"IN","transferAmount":%[1]d},{"gateway":"MBBank","transactionDate":"2026-11-20 10:11:12",` +
		`"accountNumber":"1111111","content":"x","transferType":"IN","transferAmount":%[1]d}]}`
	f := w.NewFeed("pay2s")
	for _, amount := range []int{1000, 2000, 2000} {
		if status, answer := w.Hook(f.Path, "Bearer "+f.Secrets["token"], fmt.Appendf(nil, pay2s,
			amount)); status != 200 {
			t.Fatalf("answered %d: %s", status, answer)
		}
	}
	w.WantCases("unreadable_item", 2)
}

// TestSuccessWithoutADate checks that the time of receipt is used: VNPAY's table calls vnp_PayDate
// optional.
func TestSuccessWithoutADate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall := w.wallet("W1", "MERCHANT3")
	f := w.NewFeed("vnpay")
	for range 2 {
		r, err := f.Provider.Compose(paymentstest.Credit("14000001", "MERCHANT3", 60000), f.Secrets, time.Now())
		must(t, err)
		values, err := url.ParseQuery(r.RawQuery)
		must(t, err)
		values.Del("vnp_PayDate")
		values.Del("vnp_SecureHash")
		mac := hmac.New(sha512.New, []byte(f.Secrets["hash_secret"]))
		mac.Write([]byte(values.Encode()))
		r.RawQuery = values.Encode() + "&vnp_SecureHash=" + hex.EncodeToString(mac.Sum(nil))
		f.Deliver(r)
	}
	f.Play(paymentstest.Credit("14000001", "MERCHANT3", 60000)) // and with it
	w.WantPaid(stall, "60000")
	w.WantCases("conflict", 0)
	w.VerifyBooks()
}

// TestOneNumberIsOneID checks all forms in which JSON may write a number; true and false are not
// ids.
func TestOneNumberIsOneID(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall, _ := w.Stall(w.Market, "A1", "970422", "1111111")
	c, casso, pay2s := w.SePay(nil), w.NewFeed("casso_v1"), w.NewFeed("pay2s")
	send := func(id string) []int {
		one, _ := w.Hook("/webhooks/sepay/"+c, "Apikey "+paymentstest.SePayKey,
			fmt.Appendf(nil, `{"id":%s,"gateway":"MBBank","transactionDate":"2026-11-20 10:11:12",`+
				`"accountNumber":"1111111","content":"x","transferType":"in","transferAmount":1000}`, id))
		two, _ := w.Hook(pay2s.Path, "Bearer "+pay2s.Secrets["token"],
			fmt.Appendf(nil, `{"transactions":[{"id":%s,"gateway":"MBBank",`+
				`"transactionDate":"2026-11-20 10:11:12","accountNumber":"1111111","content":"x","transferType":"IN","transferAmount":2000}]}`, id))
		r, err := casso.Provider.Compose(paymentstest.Credit("0", "1111111", 3000), casso.Secrets, time.Now())
		must(t, err)
		r.Body = fmt.Appendf(
			nil,
			`{"error":0,"data":[{"id":%s,"tid":"","description":"x","amount":3000,"when":"2026-11-20 10:11:12","bank_sub_acc_id":"1111111"}]}`,
			id,
		)
		three, _ := casso.Send(r)
		return []int{one, two, three}
	}
	for _, id := range []string{"18", "18.0", "1.8e1", "180E-1", `"18"`} {
		if got := send(id); fmt.Sprint(got) != "[200 200 200]" {
			t.Errorf("id %s is answered %v", id, got)
		}
	}
	for _, id := range []string{"true", "false", "null", `""`} {
		if got := send(id); fmt.Sprint(got) != "[400 400 400]" {
			t.Errorf("id %s is answered %v", id, got)
		}
	}
	w.WantPaid(stall, "3000", "2000", "1000")
	w.VerifyBooks()
}

// TestFormsOfADate reads forms of 20 November 2026, 10:11 or 10:11:12 in Vietnam.
func TestFormsOfADate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Stall(w.Market, "A1", "970436", "1111111")
	c := w.SePay(nil)
	for i, date := range []string{
		"2026-11-20 10:11", "2026-11-20T10:11", "2026-11-20 10:11+07:00", "2026-11-20 03:11Z",
		"2026-11-20 10:11:12+07:00", "2026-11-20 10:11:12 +07:00",
		"2026-11-20T10:11:12+0700", "2026-11-20 10:11:12+07", "2026-11-20T10:11:12.000+07:00", "2026-11-20 10:11:12.5",
		"2026-11-20T03:11:12Z", "2026-11-20 10:11:12",
	} {
		w.Accept(c, transfer{
			ID: i + 1, Gateway: "Vietcombank", Account: "1111111", Memo: "x", Amount: 1000 + i,
			Date: date,
		})
		at, err := time.Parse(time.RFC3339, w.Notice(c, i+1).Text("occurred_at"))
		must(t, err)
		if !at.Truncate(time.Minute).Equal(paymentstest.BankTime) {
			t.Errorf("%q is read as %v", date, at)
		}
	}
	w.VerifyBooks()
}
