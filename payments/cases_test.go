package payments_test

import "testing"

// TestAssignmentNeedsTwoPeopleAndCanBeTakenBack follows the money from suspense to a stall and back.
func TestAssignmentNeedsTwoPeopleAndCanBeTakenBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.sepay(nil)
	a, _ := w.stall(w.market, "A1", "970422", "1111111")
	_, codeB := w.stall(w.market, "A2", "970436", "2222222")
	w.accept(c, transfer{ID: 1, Account: "1111111", Memo: codeB, Amount: 5000, Reference: "FT26253000030653"})
	found := w.wantCases("foreign_account", 1)
	path := "/api/v1/cases/" + found[0].text("id")
	second := w.key("manager", "market:CHODAM")
	wish := object{"action": "assign", "stall_id": a, "reason": "người bán xác nhận"}

	if got := w.call(w.admin, "POST", path+"/resolve", wish, 200).text("state"); got != "proposed" {
		t.Fatalf("after one person the case is %s", got)
	}
	w.wantPaid(a)
	w.call(w.admin, "POST", path+"/resolve", wish, 409)
	// Two keys of one person are one person.
	_, err := w.db.Pool.Exec(t.Context(), `WITH person AS (INSERT INTO actors (id, role) VALUES (gen_random_uuid(), 'admin') RETURNING id)
		INSERT INTO users (id, login, full_name, role, scope_kind, created_at) SELECT id, 'lan', 'Lan', 'admin', 'all', now() FROM person`)
	must(t, err)
	third := w.key("admin", "")
	_, err = w.db.Pool.Exec(t.Context(), `UPDATE api_keys SET owner_id = (SELECT id FROM users) WHERE role = 'admin'`)
	must(t, err)
	w.call(third, "POST", path+"/resolve", wish, 409)
	if got := w.call(second, "POST", path+"/resolve", wish, 200).text("state"); got != "assigned" {
		t.Fatalf("after two people the case is %s", got)
	}
	w.wantPaid(a, "5000")
	w.wantNotice(c, 1, "posted", "case")
	w.wantSound()
	w.call(w.admin, "POST", path+"/resolve", wish, 409)

	w.call(second, "POST", path+"/reopen", object{"reason": "nhầm"}, 409)
	if got := w.call(w.admin, "POST", path+"/reopen", object{"reason": "nhầm sạp"}, 200).text("state"); got != "open" {
		t.Fatalf("taken back, the case is %s", got)
	}
	w.wantPaid(a, "-5000", "5000")
	if states := []string{w.paid(a)[0].text("state"), w.paid(a)[1].text("state")}; states[0] != "reversal" || states[1] != "reversed" {
		t.Errorf("states are %v", states)
	}
	w.wantNotice(c, 1, "unmatched", "reopened")
	w.wantSound()
}

func TestInboxMoneyIsAssignedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.sepay(nil)
	a, _ := w.stall(w.market, "A1", "970422", "1111111")
	w.accept(c, transfer{ID: 1, Account: "5555555", Memo: "tien rau", Amount: 7000})
	path := "/api/v1/cases/" + w.wantCases("unknown_account", 1)[0].text("id") + "/resolve"
	wish := object{"action": "assign", "stall_id": a, "reason": "chuyển nhầm tài khoản cũ"}
	other := w.key("admin", "")
	w.call(w.admin, "POST", path, wish, 200)
	w.call(other, "POST", path, wish, 200)
	w.wantPaid(a, "7000")
	w.wantSound()
}

func TestDismissIsRecordedAndCanBeReopened(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.sepay(nil)
	w.accept(c, transfer{ID: 1, Account: "5555555", Memo: "tien rau", Amount: 7000})
	path := "/api/v1/cases/" + w.wantCases("unknown_account", 1)[0].text("id")
	if got := w.call(w.admin, "POST", path+"/resolve", object{"action": "dismiss", "reason": "không phải của chợ"}, 200).text("state"); got != "dismissed" {
		t.Fatalf("the case is %s", got)
	}
	if got := w.call(w.admin, "POST", path+"/reopen", object{"reason": "xem lại"}, 200).text("state"); got != "open" {
		t.Fatalf("the case is %s", got)
	}
	w.call(w.admin, "POST", path+"/resolve", object{"action": "assign", "reason": "thiếu sạp"}, 422)
	w.call(w.admin, "POST", path+"/resolve", object{"action": "give", "reason": "không có"}, 422)
}

func TestCasesKeepToTheirScope(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.sepay(nil)
	there := w.newMarket("CHOBANGOI")
	w.stall(w.market, "A1", "970422", "1111111")
	_, codeB := w.stall(there, "B1", "970422", "2222222")
	w.accept(c, transfer{ID: 1, Account: "1111111", Memo: codeB, Amount: 5000})
	id := w.wantCases("foreign_account", 1)[0].text("id")
	foreign := w.key("manager", "market:CHOBANGOI")
	if items := w.call(foreign, "GET", "/api/v1/cases", nil, 200).items(); len(items) != 0 {
		t.Errorf("a foreign manager sees %v", items)
	}
	w.call(foreign, "POST", "/api/v1/cases/"+id+"/resolve", object{"action": "dismiss", "reason": "không phải"}, 404)
	auditor := w.key("auditor", "")
	w.call(auditor, "POST", "/api/v1/cases/"+id+"/resolve", object{"action": "dismiss", "reason": "không phải"}, 403)
}

// TestOneTransferInTwoInboxesIsAssignedOnce: two connections told one transfer on an account nobody registered.
func TestOneTransferInTwoInboxesIsAssignedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, _ := w.stall(w.market, "A1", "970422", "1111111")
	other := w.key("admin", "")
	for range 2 {
		w.accept(w.sepay(nil), transfer{ID: 1, Account: "5555555", Memo: "tien rau", Amount: 7000, Reference: "FT26253000030653"})
	}
	wish := object{"action": "assign", "stall_id": a, "reason": "tài khoản cũ của sạp"}
	for i, c := range w.wantCases("unknown_account", 2) {
		path := "/api/v1/cases/" + c.text("id") + "/resolve"
		w.call(w.admin, "POST", path, wish, 200)
		w.call(other, "POST", path, wish, []int{200, 409}[i])
	}
	w.wantPaid(a, "7000")
	w.wantSound()
}

func TestConnectionsAreForTheWholePlatform(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	narrow := w.key("admin", "market:CHODAM")
	w.call(narrow, "GET", "/api/v1/bank-connections", nil, 403)
	w.call(narrow, "GET", "/api/v1/deliveries/unreadable", nil, 403)
	w.call(narrow, "POST", "/api/v1/bank-connections", object{"provider": "sepay", "name": "x", "secrets": object{"api_key": "k"}}, 403)
	w.call(w.admin, "GET", "/api/v1/bank-connections", nil, 200)
}
