package cases_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"market40/merchants/platform/bizday"
	"market40/merchants/platform/seal"
	"market40/payments/banks"
	"market40/payments/money"
	"market40/payments/paymentstest"
)

// twoContents has a transfer to one stall, and another stall's transfer under the same id.
func (w *world) twoContents(t *testing.T) (connection, first, second, path string) {
	t.Helper()
	first, firstCode := w.Stall(w.Market, "A1", "970422", "1111111")
	second, secondCode := w.Stall(w.Market, "A2", "970422", "2222222")
	connection = w.SePay(nil)
	w.Accept(connection, transfer{ID: 7, Account: "1111111", Memo: firstCode, Amount: 30000, Reference: "3079"})
	w.Accept(connection, transfer{
		ID: 7, Account: "2222222", Memo: secondCode, Amount: 40000, Reference: "3079",
		Date: "2026-11-21 09:00:00",
	})
	return connection, first, second, "/api/v1/cases/" + w.WantCases("conflict", 1)[0].Text("id")
}

// TestConflictPostsTheLaterContent shows both contents in the case, and two people post the second
// one to its own stall.
func TestConflictPostsTheLaterContent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, first, second, path := w.twoContents(t)
	c := w.OpenCases("conflict")[0]
	contents := c["contents"].([]any)
	if len(contents) != 2 {
		t.Fatalf("the case shows %v", contents)
	}
	one, two := object(contents[0].(map[string]any)), object(contents[1].(map[string]any))
	for _, want := range []struct{ got, want string }{
		{
			one.Text("amount") + " " + one.Text("stall_id") + " " + one.Text("reference") + " " + one.Text("posted"),
			"30000 " + first + " 3079 true",
		},
		{
			two.Text("amount") + " " + two.Text("stall_id") + " " + two.Text("reference") + " " + two.Text("posted"),
			"40000 " + second + " 3079 false",
		},
		{one.Text("notice_id"), c.Text("notice_id")},
		{c.Text("market.name") + " " + fmt.Sprint(c["proposal"]), "Chợ CHODAM <nil>"},
	} {
		if want.got != want.want {
			t.Errorf("the case shows %s, want %s", want.got, want.want)
		}
	}
	if two.Text("conflict_id") == "" || two.Text("occurred_at") == one.Text("occurred_at") {
		t.Errorf("the later content is %v", two)
	}

	manager, other := w.Key("manager", "market:CHODAM"), w.Key("admin", "")
	wish := object{"action": "assign", "reason": "hai khoản khác nhau"}
	w.Call(manager, "POST", path+"/resolve", object{
		"action": "assign", "content": one.Text("notice_id"),
		"stall_id": second, "reason": "nhầm",
	}, 409)
	w.Call(manager, "POST", path+"/resolve", object{
		"action": "assign", "content": paymentstest.NewID(),
		"reason": "nhầm",
	}, 422)
	proposed := w.Call(manager, "POST", path+"/resolve", wish, 200)
	if got := proposed.Text("proposal.action") + " " + proposed.Text("proposal.stall_id") + " " +
		proposed.Text("proposal.content") + " " + proposed.Text("proposal.reason"); got !=
		"assign "+second+" "+two.Text("conflict_id")+" hai khoản khác nhau" || proposed.Text("proposal.by.id") == "" ||
		proposed.Text("proposal.by.name") != t.Name() {
		t.Errorf("the proposal is %v", proposed["proposal"])
	}
	w.Call(manager, "POST", path+"/resolve", wish, 409)
	done := w.Call(other, "POST", path+"/resolve", wish, 200)
	if done.Text("state") != "assigned" || done["proposal"] != nil {
		t.Errorf("the case is %v", done)
	}
	w.WantPaid(first, "30000")
	w.WantPaid(second, "40000")
	w.WantDays(second, "2026-11-21 1 40000")
	w.VerifyBooks()

	w.Call(manager, "POST", path+"/reopen", object{"reason": "nhầm"}, 200)
	w.WantPaid(first, "30000")
	w.WantPaid(second, "-40000", "40000")
	w.Call(manager, "POST", path+"/resolve", object{"action": "return", "reason": "ngân hàng hoàn"}, 200)
	w.Call(other, "POST", path+"/resolve", object{"action": "return", "reason": "ngân hàng hoàn"}, 200)
	w.WantPaid(first, "30000")
	w.WantPaid(second, "-40000", "40000")
	w.VerifyBooks()
}

// TestConflictIsPostedByDecision posts the later content to the stall that people name, or not at
// all.
func TestConflictIsPostedByDecision(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	connection, first, second, path := w.twoContents(t)
	w.Call(w.Admin, "POST", path+"/resolve", object{"action": "dismiss", "reason": "một khoản báo hai lần"}, 200)
	w.WantPaid(first, "30000")
	w.WantPaid(second)

	// an unregistered account
	w.Accept(connection, transfer{ID: 7, Account: "9999999", Memo: "tien rau", Amount: 50000, Reference: "3080"})
	named := "/api/v1/cases/" + w.WantCases("conflict", 1)[0].Text("id") + "/resolve"
	w.Call(w.Admin, "POST", named, object{"action": "assign", "reason": "thiếu sạp"}, 422)
	w.Call(w.Admin, "POST", named, paymentstest.AssignTo(first), 200)
	w.Call(w.Key("admin", ""), "POST", named, paymentstest.AssignTo(first), 200)
	w.WantPaid(first, "50000", "30000")
	w.VerifyBooks()
}

// TestConflictIsOneTransfer refuses later content that another connection has posted.
func TestConflictIsOneTransfer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall, code := w.Stall(w.Market, "A1", "970422", "1111111")
	c, other := w.SePay(nil), w.SePay(nil)
	later := transfer{ID: 7, Account: "1111111", Memo: code, Amount: 40000, Reference: sharedReference}
	w.Accept(c, transfer{ID: 7, Account: "1111111", Memo: code, Amount: 30000, Reference: "3079"})
	w.Accept(c, later)
	w.Accept(other, later)
	path := "/api/v1/cases/" + w.WantCases("conflict", 1)[0].Text("id") + "/resolve"
	w.Call(w.Admin, "POST", path, object{"action": "assign", "reason": "hai khoản"}, 200)
	w.Call(w.Key("admin", ""), "POST", path, object{"action": "assign", "reason": "hai khoản"}, 409)
	w.WantPaid(stall, "40000", "30000")
	w.VerifyBooks()
}

// TestConflictIsAReport posts a conflict with a weak reference before another connection reports
// the transfer, or after, with its day only.
func TestConflictIsAReport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall, code := w.Stall(w.Market, "A1", "970436", "1111111")
	c, casso, second := w.SePay(nil), w.NewFeed("casso_v1"), w.Key("admin", "")
	midnight := time.Date(2026, 11, 20, 0, 0, 0, 0, bizday.Vietnam)
	w.Accept(c, transfer{
		ID: 7, Gateway: "Vietcombank", Account: "1111111", Memo: code, Amount: 30000,
		Reference: "5243.1",
	})
	w.SendVietcombank(c, nil, 7, code, paymentstest.BankTime)
	path := "/api/v1/cases/" + w.WantCases("conflict", 1)[0].Text("id") + "/resolve"
	w.Call(w.Admin, "POST", path, paymentstest.AssignTo(stall), 200)
	w.Call(second, "POST", path, paymentstest.AssignTo(stall), 200)
	w.SendVietcombank(c, casso, 1, code, midnight)
	w.WantPaid(stall, "45000", "30000")
	w.WantCases("told_twice", 1)

	other := banks.Notice{
		ExternalID: "2", BankBIN: "970436", Account: "1111111", Direction: banks.In, Amount: money.FromDong(20000),
		Currency: money.Currency,
		Memo:     code, Reference: "5243.2", OccurredAt: midnight.AddDate(0, 0, -3), Precision: banks.Day,
	}
	casso.Play(other)
	w.SendVietcombank(c, nil, 8, code, paymentstest.BankTime.AddDate(0, 0, -3))
	w.SendVietcombank(c, casso, 2, code, midnight.AddDate(0, 0, -3))
	path = "/api/v1/cases/" + w.WantCases("conflict", 1)[0].Text("id") + "/resolve"
	w.Call(w.Admin, "POST", path, paymentstest.AssignTo(stall), 200)
	if got := w.Call(second, "POST", path, paymentstest.AssignTo(stall), 409).Text("code"); got != "told_already" {
		t.Errorf("refused as %q", got)
	}
	w.WantPaid(stall, "45000", "20000", "45000", "30000")
	w.VerifyBooks()
}

// TestConflictOfAnEarlierProgram reads a conflict of a debit: its row does not say so, its delivery
// does.
func TestConflictOfAnEarlierProgram(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall, code := w.Stall(w.Market, "A1", "970422", "1111111")
	c := w.SePay(nil)
	w.Accept(c, transfer{ID: 7, Account: "1111111", Memo: code, Amount: 30000, Reference: "3079"})
	w.Accept(c, transfer{ID: 8, Account: "1111111", Memo: code, Amount: 40000, Reference: "3079", Type: "out"})
	debit := uuid.MustParse(w.Notice(c, 8).Text("id"))
	sealed, err := w.Keys.Seal(t.Context(), seal.Place{Table: "notices", Column: "particulars", ID: debit},
		fmt.Appendf(nil, `{"bank_bin":"970422","account":"1111111","memo":%q}`, code))
	must(t, err)
	_, err = w.DB.Pool.Exec(t.Context(), `WITH f AS (INSERT INTO notice_conflicts (id, notice_id, delivery_id, digest,
		amount, occurred_at, reference, particulars, recorded_at)
			SELECT n.id, $2, n.delivery_id, k.digest, n.amount, n.occurred_at, n.reference, $3, n.recorded_at
			FROM notices n JOIN notice_keys k ON k.notice_id = n.id WHERE n.id = $1 RETURNING id)
		INSERT INTO cases (id, kind, state, notice_id, opened_at, conflict_id) SELECT gen_random_uuid(), 'conflict',
		'open', $2, now(), id FROM f`,
		debit, w.Notice(c, 7).Text("id"), sealed)
	must(t, err)
	path := "/api/v1/cases/" + w.WantCases("conflict", 1)[0].Text("id") + "/resolve"
	w.Call(w.Admin, "POST", path, paymentstest.AssignTo(stall), 422)
	w.Call(w.Admin, "POST", path, object{"action": "dismiss", "reason": "tiền ra"}, 200)
	w.WantPaid(stall, "30000")
}

// TestOtherCurrencyCanOnlyBeDismissed checks a case about dollars.
func TestOtherCurrencyCanOnlyBeDismissed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, _ := w.Stall(w.Market, "A1", "970422", "1111111")
	c := w.SePay(nil)
	w.Accept(c, transfer{ID: 1, Account: "9999999", Memo: "x", Amount: 100})
	unknown := "/api/v1/cases/" + w.WantCases("unknown_account", 1)[0].Text("id")
	_, err := w.DB.Pool.Exec(t.Context(), `UPDATE notices SET currency = 'USD'`)
	must(t, err)
	wish := object{"action": "assign", "stall_id": first, "reason": "tiền đô"}
	if answer := w.Call(w.Admin, "POST", unknown+"/resolve", wish, 422); answer.Text("code") != "other_currency" {
		t.Errorf("dollars are assigned: %v", answer)
	}
	w.Call(w.Admin, "POST", unknown+"/resolve", object{"action": "dismiss", "reason": "không phải đồng"}, 200)
	w.WantPaid(first)
	w.VerifyBooks()
}
