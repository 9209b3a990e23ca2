package cases_test

import (
	"testing"
)

// TestAssignmentNeedsTwoPeopleAndCanBeReversed follows the money from suspense to a stall and back.
func TestAssignmentNeedsTwoPeopleAndCanBeReversed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.SePay(nil)
	a, _ := w.Stall(w.Market, "A1", "970422", "1111111")
	_, codeB := w.Stall(w.Market, "A2", "970436", "2222222")
	w.Accept(c, transfer{ID: 1, Account: "1111111", Memo: codeB, Amount: 5000, Reference: "FT26253000030653"})
	found := w.WantCases("foreign_account", 1)
	path := "/api/v1/cases/" + found[0].Text("id")
	second := w.Key("manager", "market:CHODAM")
	wish := object{"action": "assign", "stall_id": a, "reason": "người bán xác nhận"}

	if got := w.Call(w.Admin, "POST", path+"/resolve", wish, 200).Text("state"); got != "proposed" {
		t.Fatalf("after one person the case is %s", got)
	}
	w.WantPaid(a)
	w.Call(w.Admin, "POST", path+"/resolve", wish, 409)
	// Two keys of one person are one person.
	_, err := w.DB.Pool.Exec(t.Context(), `WITH person AS (INSERT INTO actors (id, role)
		VALUES (gen_random_uuid(), 'admin') RETURNING id)
		INSERT INTO users (id, login, full_name, role, scope_kind, created_at) SELECT id, 'lan', 'Lan', 'admin', 'all',
		now() FROM person`)
	must(t, err)
	third := w.Key("admin", "")
	_, err = w.DB.Pool.Exec(t.Context(), `UPDATE api_keys SET owner_id = (SELECT id FROM users) WHERE role = 'admin'`)
	must(t, err)
	w.Call(third, "POST", path+"/resolve", wish, 409)
	if got := w.Call(second, "POST", path+"/resolve", wish, 200).Text("state"); got != "assigned" {
		t.Fatalf("after two people the case is %s", got)
	}
	w.WantPaid(a, "5000")
	w.WantNotice(c, 1, "posted", "case")
	w.VerifyBooks()
	w.Call(w.Admin, "POST", path+"/resolve", wish, 409)

	w.Call(second, "POST", path+"/reopen", object{"reason": "nhầm"}, 409)
	if got := w.Call(w.Admin, "POST", path+"/reopen", object{"reason": "nhầm sạp"}, 200).Text("state"); got != "open" {
		t.Fatalf("taken back, the case is %s", got)
	}
	w.WantPaid(a, "-5000", "5000")
	if states := []string{w.Paid(a)[0].Text("state"), w.Paid(a)[1].Text("state")}; states[0] != "reversal" ||
		states[1] != "reversed" {
		t.Errorf("states are %v", states)
	}
	w.WantNotice(c, 1, "unmatched", "reopened")
	w.VerifyBooks()
}

func TestInboxMoneyIsAssignedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.SePay(nil)
	a, _ := w.Stall(w.Market, "A1", "970422", "1111111")
	w.Accept(c, transfer{ID: 1, Account: "5555555", Memo: "tien rau", Amount: 7000})
	path := "/api/v1/cases/" + w.WantCases("unknown_account", 1)[0].Text("id") + "/resolve"
	wish := object{"action": "assign", "stall_id": a, "reason": "chuyển nhầm tài khoản cũ"}
	other := w.Key("admin", "")
	w.Call(w.Admin, "POST", path, wish, 200)
	w.Call(other, "POST", path, wish, 200)
	w.WantPaid(a, "7000")
	w.VerifyBooks()
}

func TestDismissIsRecordedAndCanBeReopened(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.SePay(nil)
	w.Accept(c, transfer{ID: 1, Account: "5555555", Memo: "tien rau", Amount: 7000})
	path := "/api/v1/cases/" + w.WantCases("unknown_account", 1)[0].Text("id")
	if got := w.Call(w.Admin, "POST", path+"/resolve", object{"action": "dismiss", "reason": "không phải của chợ"},
		200).Text("state"); got != "dismissed" {
		t.Fatalf("the case is %s", got)
	}
	if got := w.Call(w.Admin, "POST", path+"/reopen", object{"reason": "xem lại"}, 200).Text("state"); got != "open" {
		t.Fatalf("the case is %s", got)
	}
	w.Call(w.Admin, "POST", path+"/resolve", object{"action": "assign", "reason": "thiếu sạp"}, 422)
	w.Call(w.Admin, "POST", path+"/resolve", object{"action": "give", "reason": "không có"}, 422)
}

// TestCasesWithinTheScope checks which callers see which cases.
func TestCasesWithinTheScope(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.SePay(nil)
	there := w.RegisterMarket(w.Admin, "CHOBANGOI", "22366")
	w.Stall(w.Market, "A1", "970422", "1111111")
	_, codeB := w.Stall(there, "B1", "970422", "2222222")
	w.Accept(c, transfer{ID: 1, Account: "1111111", Memo: codeB, Amount: 5000})
	id := w.WantCases("foreign_account", 1)[0].Text("id")
	foreign := w.Key("manager", "market:CHOBANGOI")
	if items := w.Call(foreign, "GET", "/api/v1/cases", nil, 200).Items(); len(items) != 0 {
		t.Errorf("a foreign manager sees %v", items)
	}
	w.Call(foreign, "POST", "/api/v1/cases/"+id+"/resolve", object{"action": "dismiss", "reason": "không phải"}, 404)
	auditor := w.Key("auditor", "")
	w.Call(auditor, "POST", "/api/v1/cases/"+id+"/resolve", object{"action": "dismiss", "reason": "không phải"}, 403)
}

// TestOneTransferInTwoInboxesIsAssignedOnce reports one transfer by two connections, on an
// unregistered account.
func TestOneTransferInTwoInboxesIsAssignedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, _ := w.Stall(w.Market, "A1", "970422", "1111111")
	other := w.Key("admin", "")
	for range 2 {
		w.Accept(w.SePay(nil), transfer{
			ID: 1, Account: "5555555", Memo: "tien rau", Amount: 7000,
			Reference: "FT26253000030653",
		})
	}
	wish := object{"action": "assign", "stall_id": a, "reason": "tài khoản cũ của sạp"}
	for i, c := range w.WantCases("unknown_account", 2) {
		path := "/api/v1/cases/" + c.Text("id") + "/resolve"
		w.Call(w.Admin, "POST", path, wish, 200)
		w.Call(other, "POST", path, wish, []int{200, 409}[i])
	}
	w.WantPaid(a, "7000")
	w.VerifyBooks()
}

func TestConnectionsAreForTheWholePlatform(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	narrow := w.Key("admin", "market:CHODAM")
	w.Call(narrow, "GET", "/api/v1/bank-connections", nil, 403)
	w.Call(narrow, "GET", "/api/v1/deliveries/unreadable", nil, 403)
	w.Call(narrow, "POST", "/api/v1/bank-connections", object{
		"provider": "sepay", "name": "x",
		"secrets": object{"api_key": "k"},
	}, 403)
	w.Call(w.Admin, "GET", "/api/v1/bank-connections", nil, 200)
}
