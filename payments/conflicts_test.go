package payments_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"market40/merchants/seal"
	"market40/payments/banks"
	"market40/payments/money"
)

// twoContents has a transfer to one stall, and another stall's transfer under the same id.
func (w *world) twoContents(t *testing.T) (connection, first, second, path string) {
	t.Helper()
	first, firstCode := w.stall(w.market, "A1", "970422", "1111111")
	second, secondCode := w.stall(w.market, "A2", "970422", "2222222")
	connection = w.sepay(nil)
	w.accept(connection, transfer{ID: 7, Account: "1111111", Memo: firstCode, Amount: 30000, Reference: "3079"})
	w.accept(connection, transfer{ID: 7, Account: "2222222", Memo: secondCode, Amount: 40000, Reference: "3079", Date: "2026-11-21 09:00:00"})
	return connection, first, second, "/api/v1/cases/" + w.wantCases("conflict", 1)[0].text("id")
}

// TestAConflictPostsWhatCameLater: the case shows both contents, and two people post the second one to its own stall.
func TestAConflictPostsWhatCameLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, first, second, path := w.twoContents(t)
	c := w.openCases("conflict")[0]
	contents := c["contents"].([]any)
	if len(contents) != 2 {
		t.Fatalf("the case shows %v", contents)
	}
	one, two := object(contents[0].(map[string]any)), object(contents[1].(map[string]any))
	for _, want := range []struct{ got, want string }{
		{one.text("amount") + " " + one.text("stall_id") + " " + one.text("reference") + " " + one.text("posted"), "30000 " + first + " 3079 true"},
		{two.text("amount") + " " + two.text("stall_id") + " " + two.text("reference") + " " + two.text("posted"), "40000 " + second + " 3079 false"},
		{one.text("notice_id"), c.text("notice_id")},
		{c.text("market.name") + " " + fmt.Sprint(c["proposal"]), "Chợ CHODAM <nil>"},
	} {
		if want.got != want.want {
			t.Errorf("the case shows %s, want %s", want.got, want.want)
		}
	}
	if two.text("conflict_id") == "" || two.text("occurred_at") == one.text("occurred_at") {
		t.Errorf("the later content is %v", two)
	}

	manager, other := w.key("manager", "market:CHODAM"), w.key("admin", "")
	wish := object{"action": "assign", "reason": "hai khoản khác nhau"}
	w.call(manager, "POST", path+"/resolve", object{"action": "assign", "content": one.text("notice_id"), "stall_id": second, "reason": "nhầm"}, 409)
	w.call(manager, "POST", path+"/resolve", object{"action": "assign", "content": newID(), "reason": "nhầm"}, 422)
	proposed := w.call(manager, "POST", path+"/resolve", wish, 200)
	if got := proposed.text("proposal.action") + " " + proposed.text("proposal.stall_id") + " " + proposed.text("proposal.content") + " " + proposed.text("proposal.reason"); got !=
		"assign "+second+" "+two.text("conflict_id")+" hai khoản khác nhau" || proposed.text("proposal.by.id") == "" || proposed.text("proposal.by.name") != t.Name() {
		t.Errorf("the proposal is %v", proposed["proposal"])
	}
	w.call(manager, "POST", path+"/resolve", wish, 409)
	done := w.call(other, "POST", path+"/resolve", wish, 200)
	if done.text("state") != "assigned" || done["proposal"] != nil {
		t.Errorf("the case is %v", done)
	}
	w.wantPaid(first, "30000")
	w.wantPaid(second, "40000")
	w.wantDays(second, "2026-11-21 1 40000")
	w.wantSound()

	w.call(manager, "POST", path+"/reopen", object{"reason": "nhầm"}, 200)
	w.wantPaid(first, "30000")
	w.wantPaid(second, "-40000", "40000")
	w.call(manager, "POST", path+"/resolve", object{"action": "return", "reason": "ngân hàng hoàn"}, 200)
	w.call(other, "POST", path+"/resolve", object{"action": "return", "reason": "ngân hàng hoàn"}, 200)
	w.wantPaid(first, "30000")
	w.wantPaid(second, "-40000", "40000")
	w.wantSound()
}

// TestAConflictIsPostedWherePeopleSay: to the stall that they name, or not at all.
func TestAConflictIsPostedWherePeopleSay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	connection, first, second, path := w.twoContents(t)
	w.call(w.admin, "POST", path+"/resolve", object{"action": "dismiss", "reason": "một khoản báo hai lần"}, 200)
	w.wantPaid(first, "30000")
	w.wantPaid(second)

	w.accept(connection, transfer{ID: 7, Account: "9999999", Memo: "tien rau", Amount: 50000, Reference: "3080"}) // nobody's account
	named := "/api/v1/cases/" + w.wantCases("conflict", 1)[0].text("id") + "/resolve"
	w.call(w.admin, "POST", named, object{"action": "assign", "reason": "thiếu sạp"}, 422)
	w.call(w.admin, "POST", named, assignTo(first), 200)
	w.call(w.key("admin", ""), "POST", named, assignTo(first), 200)
	w.wantPaid(first, "50000", "30000")
	w.wantSound()
}

// TestAConflictIsOneTransferToo: what came later is not posted when another connection has posted it.
func TestAConflictIsOneTransferToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall, code := w.stall(w.market, "A1", "970422", "1111111")
	c, other := w.sepay(nil), w.sepay(nil)
	later := transfer{ID: 7, Account: "1111111", Memo: code, Amount: 40000, Reference: sharedReference}
	w.accept(c, transfer{ID: 7, Account: "1111111", Memo: code, Amount: 30000, Reference: "3079"})
	w.accept(c, later)
	w.accept(other, later)
	path := "/api/v1/cases/" + w.wantCases("conflict", 1)[0].text("id") + "/resolve"
	w.call(w.admin, "POST", path, object{"action": "assign", "reason": "hai khoản"}, 200)
	w.call(w.key("admin", ""), "POST", path, object{"action": "assign", "reason": "hai khoản"}, 409)
	w.wantPaid(stall, "40000", "30000")
	w.wantSound()
}

// TestAConflictIsATellingToo: its reference is weak. People posted it before another connection told it, or after, by its day alone.
func TestAConflictIsATellingToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall, code := w.stall(w.market, "A1", "970436", "1111111")
	c, casso, second := w.sepay(nil), w.feed("casso_v1"), w.key("admin", "")
	midnight := time.Date(2026, 11, 20, 0, 0, 0, 0, vietnam)
	w.accept(c, transfer{ID: 7, Gateway: "Vietcombank", Account: "1111111", Memo: code, Amount: 30000, Reference: "5243.1"})
	w.toldBy(c, nil, 7, code, bankTime)
	path := "/api/v1/cases/" + w.wantCases("conflict", 1)[0].text("id") + "/resolve"
	w.call(w.admin, "POST", path, assignTo(stall), 200)
	w.call(second, "POST", path, assignTo(stall), 200)
	w.toldBy(c, casso, 1, code, midnight)
	w.wantPaid(stall, "45000", "30000")
	w.wantCases("told_twice", 1)

	other := banks.Notice{
		ExternalID: "2", BankBIN: "970436", Account: "1111111", Direction: banks.In, Amount: money.FromDong(20000), Currency: money.Currency,
		Memo: code, Reference: "5243.2", OccurredAt: midnight.AddDate(0, 0, -3), Precision: banks.Day,
	}
	casso.play(other)
	w.toldBy(c, nil, 8, code, bankTime.AddDate(0, 0, -3))
	w.toldBy(c, casso, 2, code, midnight.AddDate(0, 0, -3))
	path = "/api/v1/cases/" + w.wantCases("conflict", 1)[0].text("id") + "/resolve"
	w.call(w.admin, "POST", path, assignTo(stall), 200)
	if got := w.call(second, "POST", path, assignTo(stall), 409).text("code"); got != "told_already" {
		t.Errorf("refused as %q", got)
	}
	w.wantPaid(stall, "45000", "20000", "45000", "30000")
	w.wantSound()
}

// TestAConflictOfAnEarlierProgram: its row says not that the later content is a debit; the delivery does.
func TestAConflictOfAnEarlierProgram(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall, code := w.stall(w.market, "A1", "970422", "1111111")
	c := w.sepay(nil)
	w.accept(c, transfer{ID: 7, Account: "1111111", Memo: code, Amount: 30000, Reference: "3079"})
	w.accept(c, transfer{ID: 8, Account: "1111111", Memo: code, Amount: 40000, Reference: "3079", Type: "out"})
	debit := uuid.MustParse(w.notice(c, 8).text("id"))
	sealed, err := w.keys.Seal(t.Context(), seal.Place{Table: "notices", Column: "particulars", ID: debit}, fmt.Appendf(nil, `{"bank_bin":"970422","account":"1111111","memo":%q}`, code))
	must(t, err)
	_, err = w.db.Pool.Exec(t.Context(), `WITH f AS (INSERT INTO notice_conflicts (id, notice_id, delivery_id, digest, amount, occurred_at, reference, particulars, recorded_at)
			SELECT n.id, $2, n.delivery_id, k.digest, n.amount, n.occurred_at, n.reference, $3, n.recorded_at FROM notices n JOIN notice_keys k ON k.notice_id = n.id WHERE n.id = $1 RETURNING id)
		INSERT INTO cases (id, kind, state, notice_id, opened_at, conflict_id) SELECT gen_random_uuid(), 'conflict', 'open', $2, now(), id FROM f`,
		debit, w.notice(c, 7).text("id"), sealed)
	must(t, err)
	path := "/api/v1/cases/" + w.wantCases("conflict", 1)[0].text("id") + "/resolve"
	w.call(w.admin, "POST", path, assignTo(stall), 422)
	w.call(w.admin, "POST", path, object{"action": "dismiss", "reason": "tiền ra"}, 200)
	w.wantPaid(stall, "30000")
}

// TestMoneyOfAnotherCurrencyIsNeverPosted: a case about dollars can only be dismissed.
func TestMoneyOfAnotherCurrencyIsNeverPosted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, _ := w.stall(w.market, "A1", "970422", "1111111")
	c := w.sepay(nil)
	w.accept(c, transfer{ID: 1, Account: "9999999", Memo: "x", Amount: 100})
	unknown := "/api/v1/cases/" + w.wantCases("unknown_account", 1)[0].text("id")
	_, err := w.db.Pool.Exec(t.Context(), `UPDATE notices SET currency = 'USD'`)
	must(t, err)
	wish := object{"action": "assign", "stall_id": first, "reason": "tiền đô"}
	if answer := w.call(w.admin, "POST", unknown+"/resolve", wish, 422); answer.text("code") != "other_currency" {
		t.Errorf("dollars are assigned: %v", answer)
	}
	w.call(w.admin, "POST", unknown+"/resolve", object{"action": "dismiss", "reason": "không phải đồng"}, 200)
	w.wantPaid(first)
	w.wantSound()
}
